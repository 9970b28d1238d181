import { attributePeriod } from '../bilinear/attribute-period.ts'
import { noCurvature } from '../bilinear/curvature.ts'
import type { AttributionMethod } from '../method.ts'
import type { FeatureRows } from '../rows.ts'

/** `gradient-dot@1`: README.md beside this file. */
export const gradientDot: AttributionMethod = {
  name: 'gradient-dot@1',
  kinds: ['factored', 'dense'],
  attribute: (input) => attributePeriod(input, async ({ items }) => noCurvature(cellsOf(items.rows))),
}

function cellsOf(rows: FeatureRows): number {
  return rows.kind === 'dense' ? rows.rank : rows.rank * rows.classes
}
