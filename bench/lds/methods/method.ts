import type { Setting } from '../protocol.ts'
import type { EventRange, Losses } from '../score.ts'

/** What a method says of the tested events. */
export interface Prediction {
  readonly name: string
  /** Stored for one contribution. */
  readonly bytes: number
  readonly predicted: Losses
  /** What was chosen on held-out events, if anything. */
  readonly chosen?: Readonly<Record<string, number>>
}

export function testedEvents({ data: { parts } }: Setting): EventRange {
  return { from: parts.heldOut, to: parts.heldOut + parts.test }
}

export function heldOutEvents({ data: { parts } }: Setting): EventRange {
  return { from: 0, to: parts.heldOut }
}

/**
 * Losses from scores of pairs: what a subset's members are said to do for an event, summed, lowers its loss.
 *
 * @param scoresOf one score a training sample, for an event
 */
export function lossesFromPairs(
  { subsets }: Setting,
  { from, to }: EventRange,
  scoresOf: (event: number) => Float64Array,
): Losses {
  const values = new Float64Array((to - from) * subsets.length)
  for (let event = from; event < to; event++) {
    const scores = scoresOf(event)
    subsets.forEach((members, subset) => {
      let sum = 0
      for (const member of members) sum += scores[member]!
      values[(event - from) * subsets.length + subset] = -sum
    })
  }
  return { events: to - from, subsets: subsets.length, values }
}
