import { type Group, psiOf } from './groups.ts'
import { movementByForm } from './movement-by-form.ts'
import { movementByGroup } from './movement-by-group.ts'
import type { Movement, MovementInput } from './movement-input.ts'

const GROUPS_MAX = 1_024

/**
 * Step 4 by 4a or 4b.
 *
 * @param groups all that have items
 * @returns      undefined when every Ψ is 0: there is nothing to move
 */
export function movementOf(groups: readonly Group[], input: Omit<MovementInput, 'groups'>): Movement | undefined {
  const moving = groups.filter((group) => psiOf(input.items, input.multipliers, group).some((value) => value !== 0n))
  if (moving.length === 0) return undefined
  return (groups.length <= GROUPS_MAX ? movementByGroup : movementByForm)({ ...input, groups: moving })
}
