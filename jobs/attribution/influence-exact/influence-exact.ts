import { attributePeriod } from '../bilinear/attribute-period.ts'
import { noCurvature } from '../bilinear/curvature.ts'
import type { AttributionMethod } from '../method.ts'

/** `influence/exact@1`: README.md beside this file. */
export const influenceExact: AttributionMethod = {
  name: 'influence/exact@1',
  kinds: ['dense'],
  attribute: (input) => attributePeriod(input, async ({ items }) => noCurvature(items.rows.rank)),
}
