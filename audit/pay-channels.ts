import { apportion } from './apportion.ts'
import type { FundedUse } from './funding.ts'
import { compareText } from './order.ts'
import { periodKey, type SettlementLine } from './pools.ts'
import { addTo } from './sums.ts'

/** What a use brings is divided in so many parts. */
export const MILLION = 1_000_000n

/** A use of which a channel divides the data part, or some of it. */
export interface BroughtUse {
  readonly use: FundedUse
  /** Millionths of its data part. */
  readonly parts: number
}

/** By account, of {@link MILLION}: what of a use is whose; what they do not have together is nobody's. */
export type Weigh = (use: FundedUse) => ReadonlyMap<string, bigint>

interface Pool {
  readonly model: string
  readonly token: string
  readonly weights: Map<string, bigint>
  lost: bigint
}

/**
 * What a channel without periods pays in an epoch (docs/formats.md#channels): each (model, token) is a pool that the uses divide by what
 * they bring, each as its own weights say.
 *
 * @param parts by {@link periodKey}: what is to be divided
 * @returns     lines, and by token what is nobody's
 */
export function payChannel(
  kind: 'retrieval' | 'text',
  uses: readonly BroughtUse[],
  parts: ReadonlyMap<string, bigint>,
  weigh: Weigh,
): { readonly lines: readonly SettlementLine[]; readonly nobodys: ReadonlyMap<string, bigint> } {
  const pools = poolsOf(uses, weigh)
  const lines: SettlementLine[] = []
  const nobodys = new Map<string, bigint>()
  for (const [key, amount] of parts) {
    const pool = pools.get(key)
    if (pool === undefined || amount === 0n) continue
    const payees = [...pool.weights].sort(([a], [b]) => compareText(a, b))
    const amounts = apportion(amount, [...payees.map(([, weight]) => weight), pool.lost])
    const { model: asset, token } = pool
    for (const [index, [account]] of payees.entries())
      lines.push({ account, token, kind, asset, amount: amounts[index]! })
    addTo(nobodys, token, amounts.at(-1)!)
  }
  return { lines, nobodys }
}

function poolsOf(uses: readonly BroughtUse[], weigh: Weigh): Map<string, Pool> {
  const pools = new Map<string, Pool>()
  for (const { use, parts } of uses) {
    const { model, token, fee, dataParts } = use
    const key = periodKey(model, token)
    const pool = pools.get(key) ?? { model, token, weights: new Map<string, bigint>(), lost: 0n }
    pools.set(key, pool)
    const brings = fee * BigInt(dataParts) * BigInt(parts)
    let lost = MILLION
    for (const [account, share] of weigh(use)) {
      addTo(pool.weights, account, brings * share)
      lost -= share
    }
    pool.lost += brings * lost
  }
  return pools
}
