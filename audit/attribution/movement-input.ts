import type { Gradients } from './gradients.ts'
import type { Group } from './groups.ts'
import type { Shape } from './period.ts'
import type { Solver } from './solve.ts'

/** Step 4: what one unit of an event's weight can add to, or take from, all scores together, in units of 2^−exponent. */
export interface Movement {
  /** k. */
  readonly exponent: number
  /** M of each event. */
  readonly moved: readonly bigint[]
}

export interface MovementInput {
  /** Those with Ψ ≠ 0. */
  readonly groups: readonly Group[]
  /** N: all that have items. */
  readonly groupCount: number
  readonly items: Gradients
  readonly multipliers: Float64Array
  readonly events: Gradients
  readonly solver: Solver
  readonly shape: Shape
}
