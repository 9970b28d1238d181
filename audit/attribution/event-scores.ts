import type { AccountScore } from './account-scores.ts'
import { maximum, shifted } from './integers.ts'
import { errorOf, type PeriodEvent, type Shape } from './period.ts'

/** T of all events and accounts. */
export interface EventScores {
  /** Greatest k of the accounts that have a score. */
  readonly kMax: number
  /** By event, then by account that has a score: the sum before its shift. Whole numbers below 2^53. */
  readonly unshifted: Float64Array
  /** kMax − k of each account that has a score. */
  readonly shifts: readonly number[]
  /** M_e. */
  readonly moved: readonly bigint[]
}

/** Step 4: T_ec = (Σ_class err_e[class]·⟨b_e, Ŝ_c[class]⟩)·2^(kMax − k_c) and M_e = 1 + max(Σ T⁺, Σ T⁻). */
export function scoreEvents(
  events: readonly PeriodEvent[],
  scores: readonly AccountScore[],
  { rank, classes }: Shape,
): EventScores {
  const kMax = Math.max(...scores.map(({ k }) => k))
  const shifts = scores.map(({ k }) => kMax - k)
  const unshifted = new Float64Array(events.length * scores.length)
  const gradient = new Float64Array(rank * classes)
  for (const [e, event] of events.entries()) {
    const error = errorOf(event.p, event.label)
    for (let c = 0; c < classes; c++) {
      for (let j = 0; j < rank; j++) gradient[c * rank + j] = error[c]! * event.b[j]!
    }
    // At most 4,096 products of 63,000 and 32,767: below 2^43 in any order.
    for (const [a, { sHat }] of scores.entries()) {
      let sum = 0
      for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * sHat[i]!
      unshifted[e * scores.length + a] = sum
    }
  }
  return {
    kMax,
    unshifted,
    shifts,
    moved: events.map((_, e) => movedBy(unshifted.subarray(e * scores.length, (e + 1) * scores.length), shifts)),
  }
}

function movedBy(row: Float64Array, shifts: readonly number[]): bigint {
  let helped = 0n
  let harmed = 0n
  for (const [a, value] of row.entries()) {
    if (value > 0) helped += shifted(BigInt(value), shifts[a]!)
    else harmed += shifted(BigInt(-value), shifts[a]!)
  }
  return 1n + maximum(helped, harmed)
}
