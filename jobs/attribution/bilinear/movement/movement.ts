import type { Kernels } from '../../kernel/kernels.ts'
import type { Factor } from '../curvature.ts'
import type { GroupSums } from '../group-sums.ts'
import { boundEach } from './bound-each.ts'
import { boundTogether } from './bound-together.ts'
import type { EventShape, MovementBound } from './movement-bound.ts'

/** So many groups are always bounded one by one; up to 16 times as many where that costs little. */
const GROUPS_MIN = 1_024
const GROUPS_MAX = 16_384
/** Products of an event with a group's vector. */
const PRODUCTS_MAX = 2 ** 27
/** Cells of all groups' vectors: 128 MiB of float64. */
const CELLS_MAX = 2 ** 24

/**
 * @param events how many the period has, and their shape
 * @param sums   Ψ of each account and of what each account withdrew
 * @returns undefined when nobody has a gradient
 */
export async function movementBound(
  kernels: Kernels,
  events: EventShape & { readonly count: number },
  sums: GroupSums,
  factor: Factor,
): Promise<MovementBound | undefined> {
  const { count, size } = sums
  const isEach =
    count <= GROUPS_MIN || (count <= GROUPS_MAX && count * events.count <= PRODUCTS_MAX && count * size <= CELLS_MAX)
  return isEach ? boundEach(kernels, sums, factor) : boundTogether(kernels, events, sums, factor)
}
