import { attributePeriod } from '../bilinear/attribute-period.ts'
import type { AttributionMethod } from '../method.ts'

/** `influence/factored@2`: README.md beside this file. */
export const influenceFactored: AttributionMethod = {
  name: 'influence/factored@2',
  kind: 'factored',
  attribute: (input) => attributePeriod(input, 'softmax'),
}
