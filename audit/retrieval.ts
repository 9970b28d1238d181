import { apportion } from './apportion.ts'
import type { FundedUse } from './funding.ts'
import { findBatchNumber, type History } from './history.ts'
import { compareText } from './order.ts'
import { periodKey, type SettlementLine } from './pools.ts'
import type { RetrievedItem } from './records/use-body.ts'
import { addTo } from './sums.ts'

const MILLION = 1_000_000
const RANK = 720_720

/** A use of which retrieved contributions share the data part, or some of it. */
export interface RetrievedUse {
  readonly use: FundedUse
  /** Millionths of its data part. */
  readonly parts: number
}

interface Pool {
  readonly model: string
  readonly token: string
  readonly weights: Map<string, bigint>
  lost: bigint
}

/**
 * What retrieval pays in an epoch (docs/formats.md#channels): each (model, token) is a pool that the uses divide by what they bring, each
 * as its own retrieved contributions say. Contributions are looked up as the history is at this cut.
 *
 * @param parts by {@link periodKey}: what is to be divided
 * @returns     lines, and by token what is nobody's
 */
export function payRetrieval(
  uses: readonly RetrievedUse[],
  parts: ReadonlyMap<string, bigint>,
  history: History,
): { readonly lines: readonly SettlementLine[]; readonly nobodys: ReadonlyMap<string, bigint> } {
  const pools = new Map<string, Pool>()
  for (const { use, parts: own } of uses) {
    const { model, token, fee, dataParts } = use
    const key = periodKey(model, token)
    const pool = pools.get(key) ?? { model, token, weights: new Map<string, bigint>(), lost: 0n }
    pools.set(key, pool)
    const brings = fee * BigInt(dataParts) * BigInt(own)
    for (const [place, share] of sharesOf(use).entries()) {
      const account = payeeOf(use.retrieved[place]!, history)
      if (account === undefined) pool.lost += brings * share
      else addTo(pool.weights, account, brings * share)
    }
  }
  const lines: SettlementLine[] = []
  const nobodys = new Map<string, bigint>()
  for (const [key, amount] of parts) {
    const pool = pools.get(key)
    if (pool === undefined || amount === 0n) continue
    const payees = [...pool.weights].sort(([a], [b]) => compareText(a, b))
    const amounts = apportion(amount, [...payees.map(([, weight]) => weight), pool.lost])
    const { model: asset, token } = pool
    for (const [index, [account]] of payees.entries())
      lines.push({ account, token, kind: 'retrieval', asset, amount: amounts[index]! })
    addTo(nobodys, token, amounts.at(-1)!)
  }
  return { lines, nobodys }
}

/** Of a million for each contribution, in rank order. */
function sharesOf({ retrieved, terms }: FundedUse): bigint[] {
  const byScore = retrieved.map(({ score }) => BigInt(score))
  const byRank = retrieved.map((_, place) => BigInt(Math.floor(RANK / (place + 1))))
  const isScored = terms.retrievalRule === 'score' && byScore.some((score) => score !== 0n)
  return apportion(BigInt(MILLION), isScored ? byScore : byRank)
}

/** Who contributed it; undefined when there is no such contribution, or no more. */
function payeeOf({ batch, index }: RetrievedItem, history: History): string | undefined {
  const found = history.batches[findBatchNumber(history, batch, 0)]
  if (found === undefined || index >= found.items) return undefined
  const isGone = found.withdrawn?.[index] === 1 || found.erased?.[index] === 1
  return isGone ? undefined : found.account
}
