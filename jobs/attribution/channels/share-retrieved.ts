import type { RetrievalRule } from '../../funding/policy.ts'
import { apportion } from '../../settlement/apportion.ts'
import { PARTS_WHOLE } from './weights.ts'

/** The least common multiple of 1 to 16, so that the first sixteen ranks divide it without a remainder. */
const RANK_WHOLE = 720_720

/**
 * How the retrieved contributions of one use share what it brings (docs/formats.md#channels).
 *
 * @param scores in rank order; when all are 0 the rank decides
 * @returns      parts of {@link PARTS_WHOLE}, same length and order; Σ is exact unless there are none
 */
export function shareRetrieved(scores: readonly number[], rule: RetrievalRule): number[] {
  const isByScore = rule === 'score' && scores.some((score) => score > 0)
  const weights = scores.map((score, place) => BigInt(isByScore ? score : Math.floor(RANK_WHOLE / (place + 1))))
  return apportion(BigInt(PARTS_WHOLE), weights).map(Number)
}
