import { apportion } from './apportion.ts'
import type { FundedUse } from './funding.ts'
import { findBatchNumber, type History } from './history.ts'
import { MILLION } from './pay-channels.ts'
import type { RetrievedItem } from './records/use-body.ts'
import { addTo } from './sums.ts'

/** Weight of the first rank. */
const RANK = 720_720

/** By account, what its retrieved contributions have of a use (docs/formats.md#channels); they are looked up as the history is now. */
export function weighRetrieved(use: FundedUse, history: History): ReadonlyMap<string, bigint> {
  const weights = new Map<string, bigint>()
  for (const [place, share] of sharesOf(use).entries()) {
    const account = payeeOf(use.retrieved[place]!, history)
    if (account !== undefined) addTo(weights, account, share)
  }
  return weights
}

/** Of a million for each contribution, in rank order. */
function sharesOf({ retrieved, terms }: FundedUse): bigint[] {
  const byScore = retrieved.map(({ score }) => BigInt(score))
  const byRank = retrieved.map((_, place) => BigInt(Math.floor(RANK / (place + 1))))
  const isScored = terms.retrievalRule === 'score' && byScore.some((score) => score !== 0n)
  return apportion(MILLION, isScored ? byScore : byRank)
}

/** Who contributed it; undefined when there is no such contribution, or no more. */
function payeeOf({ batch, index }: RetrievedItem, history: History): string | undefined {
  const found = history.batches[findBatchNumber(history, batch, 0)]
  if (found === undefined || index >= found.items) return undefined
  const isGone = found.withdrawn?.[index] === 1 || found.erased?.[index] === 1
  return isGone ? undefined : found.account
}
