import { FeatureKindError, UnknownMethodError } from './errors.ts'
import { gradientDot } from './gradient-dot/gradient-dot.ts'
import { influenceDense } from './influence-dense/influence-dense.ts'
import { influenceExact } from './influence-exact/influence-exact.ts'
import { influenceFactored } from './influence-factored/influence-factored.ts'
import { knnShapley } from './knn-shapley/knn-shapley.ts'
import type { AttributionMethod } from './method.ts'
import type { FeatureRows } from './rows.ts'
import { trakEnsemble } from './trak-ensemble/trak-ensemble.ts'

/**
 * Every method that can be tried, compared and explained, the default first. A policy may name only those in `METHODS` of
 * schemas/limits.ts, which have a record of passed gates (docs/gates/).
 */
export const METHODS: readonly AttributionMethod[] = [
  influenceFactored,
  influenceDense,
  influenceExact,
  trakEnsemble,
  knnShapley,
  gradientDot,
]

/** @throws UnknownMethodError, FeatureKindError */
export function methodFor(name: string, kind: FeatureRows['kind']): AttributionMethod {
  const method = METHODS.find((each) => each.name === name)
  if (method === undefined)
    throw new UnknownMethodError({ method: name, known: METHODS.map((each) => each.name).join(', ') })
  if (!method.kinds.includes(kind)) throw new FeatureKindError({ method: name, kind, kinds: method.kinds.join(' or ') })
  return method
}
