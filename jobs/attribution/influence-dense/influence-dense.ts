import { attributePeriod } from '../bilinear/attribute-period.ts'
import { fullCurvature } from '../bilinear/curvature.ts'
import type { AttributionMethod } from '../method.ts'

/** `influence/dense@1`: README.md beside this file. */
export const influenceDense: AttributionMethod = {
  name: 'influence/dense@1',
  kinds: ['dense'],
  attribute: (input) =>
    attributePeriod(input, async ({ kernels, items: { rows }, curvature }) => {
      const k = curvature ?? (await kernels.curvature(rows, 'gram', 0, rows.count))
      return fullCurvature(k, rows.rank)
    }),
}
