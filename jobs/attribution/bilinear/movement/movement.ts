import type { Kernels } from '../../kernel/kernels.ts'
import type { Factor } from '../curvature.ts'
import type { GradientRows } from '../gradient-rows.ts'
import type { GroupSums } from '../group-sums.ts'
import { boundEach } from './bound-each.ts'
import { boundTogether } from './bound-together.ts'

/** So many groups are always bounded one by one; up to 16 times as many where that costs little. */
const GROUPS_MIN = 1_024
const GROUPS_MAX = 16_384
/** Products of an event with a group's vector. */
const PRODUCTS_MAX = 2 ** 27
/** Cells of all groups' vectors: 128 MiB of float64. */
const CELLS_MAX = 2 ** 24

/** How far each event can move what all accounts get. */
export interface Movement {
  /** M, one an event, in units of 2^−exponent. */
  readonly m: BigInt64Array
  readonly exponent: number
}

/**
 * M of docs/attribution.md step 4: at least what one unit of an event's weight adds to, or takes from, the scores of all
 * accounts together.
 *
 * @param sums Ψ of each account and of what each account withdrew
 * @returns undefined when nobody has a gradient
 */
export async function movementOf(
  kernels: Kernels,
  events: GradientRows,
  sums: GroupSums,
  factor: Factor,
): Promise<Movement | undefined> {
  const { count, size } = sums
  const isEach =
    count <= GROUPS_MIN || (count <= GROUPS_MAX && count * events.count <= PRODUCTS_MAX && count * size <= CELLS_MAX)
  return isEach ? boundEach(kernels, events, sums, factor) : boundTogether(kernels, events, sums, factor)
}
