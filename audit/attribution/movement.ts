import { type Group, psiOf } from './groups.ts'
import { movementByForm } from './movement-by-form.ts'
import { movementByGroup } from './movement-by-group.ts'
import type { Movement, MovementInput } from './movement-input.ts'

const ITEMS_MAX = 2 ** 20
const GROUPS_EACH = 1_024
const GROUPS_EACH_MAX = 16_384
const PRODUCTS_MAX = 2 ** 27
const CELLS_MAX = 2 ** 24

/**
 * Step 4 by 4a or 4b.
 *
 * @param whole all groups that have items
 * @returns      undefined when every Ψ is 0: there is nothing to move
 */
export function movementOf(
  whole: readonly Group[],
  input: Omit<MovementInput, 'groups' | 'groupCount'>,
): Movement | undefined {
  const groups = whole.flatMap(partsOf)
  const moving = groups.filter((group) => psiOf(input.items, input.multipliers, group).some((value) => value !== 0n))
  if (moving.length === 0) return undefined
  const bound = isBoundByGroup(groups.length, input) ? movementByGroup : movementByForm
  return bound({ ...input, groups: moving, groupCount: groups.length })
}

/** Of a large group each 2^20 items, in order, count as one. */
function partsOf({ first, end }: Group): Group[] {
  return Array.from({ length: Math.ceil((end - first) / ITEMS_MAX) }, (_, part) => {
    const start = first + part * ITEMS_MAX
    return { first: start, end: Math.min(end, start + ITEMS_MAX) }
  })
}

function isBoundByGroup(count: number, { events, shape }: Pick<MovementInput, 'events' | 'shape'>): boolean {
  if (count <= GROUPS_EACH) return true
  const size = shape.rank * shape.classes
  return count <= GROUPS_EACH_MAX && count * events.count <= PRODUCTS_MAX && count * size <= CELLS_MAX
}
