import { attributePeriod } from '../bilinear/attribute-period.ts'
import { fullCurvature } from '../bilinear/curvature.ts'
import type { AttributionMethod } from '../method.ts'

/** `influence/factored@2`: README.md beside this file. */
export const influenceFactored: AttributionMethod = {
  name: 'influence/factored@2',
  kinds: ['factored'],
  attribute: (input) =>
    attributePeriod(input, async ({ kernels, items: { rows }, curvature }) => {
      const k = curvature ?? (await kernels.curvature(rows, 'softmax', 0, rows.count))
      return fullCurvature(k, Math.sqrt(k.length))
    }),
}
