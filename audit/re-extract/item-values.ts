import { cappedMultipliers } from '../attribution/caps.ts'
import { clusterContributions } from '../attribution/clusters.ts'
import { classProduct, gradientsOfItems } from '../attribution/gradients.ts'
import type { Contribution, Shape } from '../attribution/period.ts'

/** An item with its value in a period. */
export interface ValuedItem {
  readonly contribution: Contribution
  readonly value: bigint
}

const VALUE_SHIFT = 21n

/** Step 7 of docs/attribution.md: v_i = (w_i·u_i) >> 21 of each item, in accept order. Duplicates are no items. */
export function valuesOf(contributions: readonly Contribution[], shape: Shape, v: Int32Array): ValuedItem[] {
  const items = clusterContributions(contributions).flatMap(({ kept, withdrawn }) => [...kept, ...withdrawn])
  const multipliers = cappedMultipliers(items)
  const gradients = gradientsOfItems(items, shape)
  const valued = items.map((contribution, row) => {
    let w = 0n
    for (let c = 0; c < gradients.classes; c++)
      w += BigInt(gradients.errors[row * gradients.classes + c]!) * BigInt(classProduct(gradients, row, v, c))
    return { contribution, value: (w * BigInt(multipliers[row]!)) >> VALUE_SHIFT }
  })
  return valued.sort(({ contribution: a }, { contribution: b }) => a.batchRank - b.batchRank || a.index - b.index)
}
