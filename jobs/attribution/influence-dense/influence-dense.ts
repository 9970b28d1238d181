import { attributePeriod } from '../bilinear/attribute-period.ts'
import type { AttributionMethod } from '../method.ts'

/** `influence/dense@1`: README.md beside this file. */
export const influenceDense: AttributionMethod = {
  name: 'influence/dense@1',
  kind: 'dense',
  attribute: (input) => attributePeriod(input, 'gram'),
}
