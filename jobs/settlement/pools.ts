import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { WaitingPart } from '../carry-state.ts'
import type { Policy } from '../funding/policy.ts'
import { apportion } from './apportion.ts'
import { addTo, type Lines } from './lines.ts'

const feeGroups = readSql(new URL('./fee-groups.sql', import.meta.url))

export interface DataParts {
  /** `model/token` → data part of featured fees. */
  readonly featured: ReadonlyMap<string, bigint>
  /** Data parts of fees without features, one a (model, token). */
  readonly waiting: readonly WaitingPart[]
}

/**
 * Splits the epoch's funded fees by the policy (docs/formats.md#settlement rule 3): the owners' and the treasury's lines
 * are added to `lines`, the data parts are returned.
 */
export async function splitFees(warehouse: Database, epoch: number, policy: Policy, lines: Lines): Promise<DataParts> {
  const owners = await loadOwners(warehouse)
  const featured = new Map<string, bigint>()
  const waiting = new Map<string, WaitingPart>()
  const rows = await warehouse.all<{
    model: string
    infrastructure: string
    token: string
    featured: boolean
    fees: bigint
  }>(feeGroups, { epoch })
  for (const group of rows) {
    const parts = [policy.dataParts, policy.modelParts, policy.infrastructureParts, policy.treasuryParts].map(BigInt)
    const [data, model, infrastructure, treasury] = apportion(group.fees, parts) as [bigint, bigint, bigint, bigint]
    payOwners(lines, owners, group.token, 'model', group.model, model)
    payOwners(lines, owners, group.token, 'infrastructure', group.infrastructure, infrastructure)
    lines.add({ account: policy.treasury, token: group.token, kind: 'treasury', asset: policy.policy }, treasury)
    if (group.featured) addTo(featured, `${group.model}/${group.token}`, data)
    else addWaiting(waiting, { epoch, until: epoch + policy.featureWaitEpochs }, group, data)
  }
  return { featured, waiting: [...waiting.values()] }
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

interface Owner {
  readonly account: string
  readonly parts: bigint
}

function payOwners(
  lines: Lines,
  owners: ReadonlyMap<string, readonly Owner[]>,
  token: string,
  kind: 'model' | 'infrastructure',
  asset: string,
  amount: bigint,
): void {
  const table = owners.get(asset)!
  const amounts = apportion(
    amount,
    table.map((owner) => owner.parts),
  )
  for (const [index, owner] of table.entries())
    lines.add({ account: owner.account, token, kind, asset }, amounts[index]!)
}

async function loadOwners(warehouse: Database): Promise<Map<string, Owner[]>> {
  const owners = new Map<string, Owner[]>()
  for (const row of await warehouse.all<{ asset: string; account: string; parts: number }>(
    'SELECT asset, account, parts FROM asset_owner ORDER BY asset, account',
  )) {
    const table = owners.get(row.asset) ?? []
    owners.set(row.asset, table)
    table.push({ account: row.account, parts: BigInt(row.parts) })
  }
  return owners
}
