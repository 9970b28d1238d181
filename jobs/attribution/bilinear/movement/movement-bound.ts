import type { GradientRows } from '../gradient-rows.ts'

/** What accounts let events do: M of docs/attribution.md step 4. */
export interface MovementBound {
  /** M is in units of 2^−exponent. */
  readonly exponent: number
  /** M of each event: at least what one unit of its weight adds to, or takes from, the scores of all accounts together. */
  of(events: GradientRows): Promise<BigInt64Array>
}

/** What is the same for all events of a period. */
export type EventShape = Pick<GradientRows, 'rank' | 'classes' | 'errorSumMax'>
