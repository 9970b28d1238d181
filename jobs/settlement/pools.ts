import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { OutcomePool, WaitingPart } from '../carry-state.ts'
import { firstUseFunded } from '../funding/held-fees.ts'
import type { Policy } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import { addTo, type LineKind, type Lines } from './lines.ts'
import { OutcomeParts } from './outcomes.ts'
import { Owners } from './owners.ts'
import { loadUpstream, UPSTREAM_WHOLE, type Upstream } from './upstream.ts'

const feeGroups = readSql(new URL('./fee-groups.sql', import.meta.url))
const feeGroupsByOwners = readSql(new URL('./fee-groups-by-owners.sql', import.meta.url))

export interface SplitFees {
  /** `model/token` → data part of featured fees. */
  readonly featured: ReadonlyMap<string, bigint>
  /** Data parts of fees without features, one a (model, token). */
  readonly waiting: readonly WaitingPart[]
  /** Outcome parts, one a (payer, token). */
  readonly outcomes: readonly OutcomePool[]
}

/** Fees that are split as one sum, by the places since which their owners were the same. */
interface FeeSum {
  readonly model: string
  readonly infrastructure: string
  /** Empty: none. */
  readonly agent: string
  readonly token: string
  readonly featured: boolean
  readonly portions: { readonly since: bigint; readonly fees: bigint }[]
}

/** What the owners of one asset share of one sum. */
interface Pool {
  readonly asset: string
  readonly kind: LineKind
  readonly amount: bigint
}

/**
 * Splits the epoch's funded fees by the policy (docs/formats.md#settlement rule 3): the owners' and the treasury's lines
 * are added to `lines`, the data and outcome parts are returned.
 */
export async function splitFees(warehouse: Database, epoch: number, policy: Policy, lines: Lines): Promise<SplitFees> {
  const sums = await loadSums(warehouse, epoch)
  const upstream = await loadUpstream(warehouse, epoch)
  const owners = await Owners.load(warehouse, epoch, assetsOf(sums, upstream))
  const outcomes = await OutcomeParts.load(warehouse, epoch, policy.outcomeParts)
  const featured = new Map<string, bigint>()
  const waiting = new Map<string, WaitingPart>()
  for (const sum of sums) {
    const fees = sum.portions.reduce((total, portion) => total + portion.fees, 0n)
    const { data, outcome, treasury, pools } = splitSum(sum, fees, policy, upstream)
    for (const pool of pools) payOwners(lines, owners, sum, pool)
    lines.add({ account: policy.treasury, token: sum.token, kind: 'treasury', asset: policy.policy }, treasury)
    outcomes.add(sum, outcome)
    if (sum.featured) addTo(featured, `${sum.model}/${sum.token}`, data)
    else addWaiting(waiting, { epoch, until: epoch + policy.featureWaitEpochs }, { ...sum, fees }, data)
  }
  const until = epoch + policy.outcomeWaitEpochs
  return { featured, waiting: [...waiting.values()], outcomes: outcomes.pools(epoch, until) }
}

/** Rows come ordered by place last, so the portions of a sum ascend. */
async function loadSums(warehouse: Database, epoch: number): Promise<FeeSum[]> {
  const rows = await warehouse.all<{
    model: string
    infrastructure: string
    agent: string
    token: string
    featured: boolean
    since: bigint
    fees: bigint
  }>((await hasTransfers(warehouse, epoch)) ? feeGroupsByOwners : feeGroups, {
    epoch,
    firstUse: await firstUseFunded(warehouse, epoch),
  })
  const sums = new Map<string, FeeSum>()
  for (const { since, fees, ...group } of rows) {
    const key = JSON.stringify(Object.values(group))
    const sum = sums.get(key) ?? { ...group, portions: [] }
    sums.set(key, sum)
    sum.portions.push({ since, fees })
  }
  return [...sums.values()]
}

/** Without one, as in most epochs, no owner changes between two fees. */
async function hasTransfers(warehouse: Database, epoch: number): Promise<boolean> {
  const query = 'SELECT 1 FROM ownership_change WHERE epoch = $epoch AND ordinal >= 0 LIMIT 1'
  return (await warehouse.one(query, { epoch })) !== undefined
}

function assetsOf(sums: readonly FeeSum[], upstream: Upstream): string[] {
  const assets = sums.flatMap(({ model, infrastructure, agent }) => [model, infrastructure, ...(agent ? [agent] : [])])
  for (const ancestors of upstream.values()) for (const { ancestor } of ancestors) assets.push(ancestor)
  return [...new Set(assets)]
}

interface SplitSum {
  readonly data: bigint
  /** For agents, by how they are rated. */
  readonly outcome: bigint
  readonly treasury: bigint
  readonly pools: readonly Pool[]
}

/** The seven parts of a sum; without an agent, its two are the model's, as is what nobody upstream has a share of. */
export function splitSum(
  { model: name, infrastructure: host, agent: worker }: Pick<FeeSum, 'model' | 'infrastructure' | 'agent'>,
  fees: bigint,
  policy: Policy,
  upstream: Upstream,
): SplitSum {
  const parts = [
    ...[policy.dataParts, policy.modelParts, policy.upstreamParts],
    ...[policy.agentParts, policy.outcomeParts, policy.infrastructureParts, policy.treasuryParts],
  ].map(BigInt)
  const [data, model, above, agent, outcome, infrastructure, treasury] = apportion(fees, parts) as [
    ...[bigint, bigint, bigint],
    ...[bigint, bigint, bigint, bigint],
  ]
  const ancestors = upstream.get(name) ?? []
  const kept = UPSTREAM_WHOLE - ancestors.reduce((sum, { net }) => sum + net, 0n)
  const royalties = apportion(above, [...ancestors.map(({ net }) => net), kept])
  const pools: Pool[] = [
    { asset: name, kind: 'model', amount: model + royalties.at(-1)! + (worker === '' ? agent + outcome : 0n) },
    { asset: host, kind: 'infrastructure', amount: infrastructure },
    ...ancestors.map(({ ancestor }, index) => ({
      asset: ancestor,
      kind: 'royalty' as const,
      amount: royalties[index]!,
    })),
  ]
  if (worker !== '') pools.push({ asset: worker, kind: 'agent', amount: agent })
  return { data, outcome: worker === '' ? 0n : outcome, treasury, pools }
}

/** First over the versions of the asset's ownership by their fees, then each over those who owned it then. */
function payOwners(lines: Lines, owners: Owners, { token, portions }: FeeSum, { asset, kind, amount }: Pool): void {
  const versions = new Map<bigint, bigint>()
  for (const { since, fees } of portions) {
    const version = owners.versionAt(asset, since)
    versions.set(version, (versions.get(version) ?? 0n) + fees)
  }
  // Portions ascend by place, and so do the versions.
  const shares = apportion(amount, [...versions.values()])
  let at = 0
  for (const table of owners.in(asset, [...versions.keys()])) {
    const amounts = apportion(
      shares[at++]!,
      table.map((owner) => owner.parts),
    )
    for (const [index, { account }] of table.entries()) lines.add({ account, token, kind, asset }, amounts[index]!)
  }
}

function addWaiting(
  waiting: Map<string, WaitingPart>,
  span: Pick<WaitingPart, 'epoch' | 'until'>,
  { model, token, fees }: { readonly model: string; readonly token: string; readonly fees: bigint },
  part: bigint,
): void {
  const key = `${model}/${token}`
  const sum = waiting.get(key) ?? { ...span, model, token, featured: '0', fees: '0', part: '0' }
  waiting.set(key, { ...sum, fees: `${BigInt(sum.fees) + fees}`, part: `${BigInt(sum.part) + part}` })
}
