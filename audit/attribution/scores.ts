import { classProduct, type Gradients } from './gradients.ts'
import type { Group } from './groups.ts'
import { minimum, shifted } from './integers.ts'

/** The groups of one account; undefined where it has no such items. */
export interface AccountGroups {
  readonly kept: Group | undefined
  readonly withdrawn: Group | undefined
}

const HALF_BITS = 26
const HALF = 2 ** HALF_BITS
/** u ≤ 2^20, each half of w below 2^28: so many products stay below 2^53. */
const ROWS_BETWEEN_FLUSHES = 16

/**
 * Step 7: s of each account from V, in units of 2^−k.
 *
 * @param shift k − k_V
 */
export function scoreAccounts(
  accounts: readonly AccountGroups[],
  items: Gradients,
  multipliers: Float64Array,
  v: Int32Array,
  shift: number,
): bigint[] {
  const sumOf = (group: Group | undefined) =>
    group === undefined ? 0n : shifted(scoreGroup(group, items, multipliers, v), shift)
  return accounts.map(({ kept, withdrawn }) => sumOf(kept) + minimum(0n, sumOf(withdrawn)))
}

/** Σ w_i·u_i, w_i = Σ_class err_i[class]·⟨a_i, V[class]⟩, exactly. */
function scoreGroup({ first, end }: Group, items: Gradients, multipliers: Float64Array, v: Int32Array): bigint {
  const { classes, errors } = items
  let exact = 0n
  for (let start = first; start < end; start += ROWS_BETWEEN_FLUSHES) {
    let high = 0
    let low = 0
    for (let row = start; row < Math.min(end, start + ROWS_BETWEEN_FLUSHES); row++) {
      // Errors of one sign at a time: with both, w itself could just pass 2^53.
      let above = 0
      let below = 0
      for (let c = 0; c < classes; c++) {
        const error = errors[row * classes + c]!
        if (error > 0) above += error * classProduct(items, row, v, c)
        else if (error < 0) below += error * classProduct(items, row, v, c)
      }
      const aboveHigh = Math.floor(above / HALF)
      const belowHigh = Math.floor(below / HALF)
      high += (aboveHigh + belowHigh) * multipliers[row]!
      low += (above - aboveHigh * HALF + (below - belowHigh * HALF)) * multipliers[row]!
    }
    exact += (BigInt(high) << BigInt(HALF_BITS)) + BigInt(low)
  }
  return exact
}
