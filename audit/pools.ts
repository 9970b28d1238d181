import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { apportion } from './apportion.ts'
import { type FundedUse, hasFeatures } from './funding.ts'
import type { History } from './history.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** What one account is paid for one cause. */
export interface SettlementLine {
  readonly account: string
  readonly token: string
  readonly kind: 'data' | 'infrastructure' | 'model' | 'treasury'
  readonly asset: string
  readonly amount: bigint
}

export interface Pools {
  /** Lines of kinds model, infrastructure and treasury; one (account, token, kind, asset) may stand here several times. */
  readonly lines: readonly SettlementLine[]
  /** Data parts of sums with features, by {@link periodKey}; a sum with data part 0 stands here too. */
  readonly dataParts: ReadonlyMap<string, bigint>
  /** Data parts of sums without features; one (model, token) may stand here several times. */
  readonly unfeatured: readonly DataPart[]
}

export interface DataPart {
  readonly model: string
  readonly token: string
  readonly part: bigint
}

/** (model, token) as one text; the token first, because its length is fixed. */
export function periodKey(model: string, token: string): string {
  return token + model
}

interface FeeSum {
  readonly model: string
  readonly infrastructure: string
  readonly token: string
  readonly isFeatured: boolean
  fees: bigint
}

/** Step 3 of settlement: fees summed by (model, infrastructure, token, featured), each sum split by the policy. */
export function splitPools(funded: readonly FundedUse[], policy: Policy, history: History): Pools {
  const lines: SettlementLine[] = []
  const dataParts = new Map<string, bigint>()
  const unfeatured: DataPart[] = []
  for (const { model, infrastructure, token, isFeatured, fees } of feeSums(funded)) {
    const [data, toModel, toInfrastructure, toTreasury] = apportion(fees, [
      BigInt(policy.dataParts),
      BigInt(policy.modelParts),
      BigInt(policy.infrastructureParts),
      BigInt(policy.treasuryParts),
    ]) as [bigint, bigint, bigint, bigint]
    if (isFeatured) addTo(dataParts, periodKey(model, token), data)
    else unfeatured.push({ model, token, part: data })
    lines.push(...ownerLines(history, model, 'model', token, toModel))
    lines.push(...ownerLines(history, infrastructure, 'infrastructure', token, toInfrastructure))
    lines.push({ account: toHex(policy.treasury), token, kind: 'treasury', asset: policy.policy, amount: toTreasury })
  }
  return { lines, dataParts, unfeatured }
}

function feeSums(funded: readonly FundedUse[]): FeeSum[] {
  const sums = new Map<string, FeeSum>()
  let last: FeeSum | undefined
  for (const use of funded) {
    const isFeatured = hasFeatures(use)
    // Most uses are of what the one before was of.
    if (last === undefined || !isSumOf(last, use, isFeatured)) {
      const { model, infrastructure, token } = use
      const key = JSON.stringify([model, infrastructure, token, isFeatured])
      last = sums.get(key) ?? { model, infrastructure, token, isFeatured, fees: 0n }
      sums.set(key, last)
    }
    last.fees += use.fee
  }
  return [...sums.values()]
}

function isSumOf(sum: FeeSum, { model, infrastructure, token }: FundedUse, isFeatured: boolean): boolean {
  const isOfSame = sum.model === model && sum.infrastructure === infrastructure && sum.token === token
  return isOfSame && sum.isFeatured === isFeatured
}

/** Owners stand in the asset's record ascending by account, which is the order that ties go by. */
function ownerLines(
  history: History,
  asset: string,
  kind: 'model' | 'infrastructure',
  token: string,
  part: bigint,
): SettlementLine[] {
  const owners = history.assets.get(asset)!.body.owners
  const amounts = apportion(
    part,
    owners.map((owner) => BigInt(owner.parts)),
  )
  return owners.map((owner, index) => ({ account: toHex(owner.account), token, kind, asset, amount: amounts[index]! }))
}
