import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { MILLIONTHS } from '../../schemas/limits.ts'
import { waitsForChannel } from '../attribution/channels/chains.ts'
import type { OutcomePool, WaitingPart } from '../carry-state.ts'
import { firstUseFunded } from '../funding/held-fees.ts'
import type { DataChannel, Policy } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import { ChannelParts } from './channel-parts.ts'
import { addTo, type LineKind, type Lines } from './lines.ts'
import { OutcomeParts } from './outcomes.ts'
import { Owners } from './owners.ts'
import { loadUpstream, UPSTREAM_WHOLE, type Upstream } from './upstream.ts'

const feeGroups = readSql(new URL('./fee-groups.sql', import.meta.url))
const feeGroupsByOwners = readSql(new URL('./fee-groups-by-owners.sql', import.meta.url))

export interface SplitFees {
  /** Data parts of fees that channels took. */
  readonly parts: ChannelParts
  /** Data parts of fees that no channel took and one may still take, one a (model, token, retrieved). */
  readonly waiting: readonly WaitingPart[]
  /** By token: data parts of fees that no channel will take. */
  readonly unattributed: ReadonlyMap<string, bigint>
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
  /** That took them in this epoch; empty: none did. */
  readonly channel: DataChannel | ''
  /** Whether something was retrieved for them. */
  readonly retrieved: boolean
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
 * are added to `lines`, the data and outcome parts are returned. Which channel took a use is decided before (`channel_use`).
 */
export async function splitFees(warehouse: Database, epoch: number, policy: Policy, lines: Lines): Promise<SplitFees> {
  const sums = await loadSums(warehouse, epoch)
  const upstream = await loadUpstream(warehouse, epoch)
  const owners = await Owners.load(warehouse, epoch, assetsOf(sums, upstream))
  const outcomes = await OutcomeParts.load(warehouse, epoch, policy.outcomeParts)
  const parts = new ChannelParts()
  const unattributed = new Map<string, bigint>()
  const waiting = new Map<string, WaitingPart>()
  for (const sum of sums) {
    const fees = sum.portions.reduce((total, portion) => total + portion.fees, 0n)
    const { data, outcome, treasury, pools } = splitSum(sum, fees, policy, upstream)
    for (const pool of pools) payOwners(lines, owners, sum, pool)
    lines.add({ account: policy.treasury, token: sum.token, kind: 'treasury', asset: policy.policy }, treasury)
    outcomes.add(sum, outcome)
    const { atOnce, rest } = splitData(data, sum.retrieved, policy)
    parts.add('retrieval', sum, atOnce)
    if (sum.channel !== '') parts.add(sum.channel, sum, rest)
    else if (!waitsForChannel(policy, sum.model)) addTo(unattributed, sum.token, rest)
    else addWaiting(waiting, { epoch, until: epoch + policy.featureWaitEpochs }, { ...sum, fees }, rest)
  }
  const until = epoch + policy.outcomeWaitEpochs
  return { parts, waiting: [...waiting.values()], unattributed, outcomes: outcomes.pools(epoch, until) }
}

/** Rows come ordered by place last, so the portions of a sum ascend. */
async function loadSums(warehouse: Database, epoch: number): Promise<FeeSum[]> {
  const rows = await warehouse.all<{
    model: string
    infrastructure: string
    agent: string
    token: string
    channel: DataChannel | ''
    retrieved: boolean
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

/** Of a data part, what the retrieved contributions share whatever happens, and what its channel divides. */
export function splitData(
  data: bigint,
  retrieved: boolean,
  { retrievalParts }: Pick<Policy, 'retrievalParts'>,
): { readonly atOnce: bigint; readonly rest: bigint } {
  if (!retrieved) return { atOnce: 0n, rest: data }
  const [atOnce, rest] = apportion(data, [BigInt(retrievalParts), BigInt(MILLIONTHS - retrievalParts)])
  return { atOnce: atOnce!, rest: rest! }
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
  { model, token, retrieved, fees }: Pick<FeeSum, 'model' | 'token' | 'retrieved'> & { readonly fees: bigint },
  part: bigint,
): void {
  const key = `${model}/${token}/${retrieved}`
  const sum = waiting.get(key) ?? { ...span, model, token, retrieved, taken: '0', fees: '0', part: '0' }
  waiting.set(key, { ...sum, fees: `${BigInt(sum.fees) + fees}`, part: `${BigInt(sum.part) + part}` })
}
