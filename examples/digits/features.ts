import { NumericError } from '../../extractors/errors.ts'
import { quantiseInput, roundHalfEven, thousandths, unitExponentFor } from '../../extractors/quantise.ts'
import { argmax } from '../../extractors/softmax.ts'
import { CLASSES, checkImage, checkLabel } from './dataset.ts'
import { CHECKPOINTS, type DigitModel, probabilities } from './model.ts'
import { type Projection, projectImage, projectImages } from './projection.ts'

/**
 * How an image becomes small integers: kind `factored`, for a layer whose gradient is the outer product error ⊗ z.
 * z is the image's `rank` coordinates, the model's own input, and z ≈ a · ua · 2^−unitExponent.
 */
export interface FeatureMap {
  kind: 'factored'
  rank: number
  classes: typeof CLASSES
  checkpoints: typeof CHECKPOINTS
  /** One power of two for the whole map. */
  unitExponent: number
  projection: Projection
}

/** Probabilities of one image, in thousandths: by the model and by each of its five checkpoints. A row sums to 1000 ± 10. */
interface Probabilities {
  p: number[]
  checkpoints: number[][]
}

/** What stands for a contributed image. */
export interface ContributionFeatures extends Probabilities {
  /** `rank` factors in [−63, 63]. */
  a: Int8Array
  /** The row's multiplier, 1 … 65,535. */
  ua: number
  /** The contributor's label. */
  label: number
}

/** What stands for an image that was asked about. */
export interface InferenceFeatures extends Probabilities {
  /** As {@link ContributionFeatures.a} and `ua`. */
  b: Int8Array
  ub: number
  /** The digit that was answered. */
  served: number
  /** round(65,535 · probability of what was served). */
  p16: number
  /** By what the answer is judged. */
  label: number
  /** `served` where the truth is not known: shares then change, so it is recorded. */
  labelKind: 'true' | 'served'
}

/**
 * Fixes the unit of a feature map: the finest power of two at which the strongest of `images` still fits 16 bits.
 * An image more than that strong is refused later, by {@link FeatureOverflowError}.
 *
 * @param images the images that the model was trained on
 * @throws {@link NumericError} without images
 */
export function makeFeatureMap(projection: Projection, images: readonly Uint8Array[]): FeatureMap {
  if (images.length === 0)
    throw new NumericError('No images.', { images: 0 }, 'Give the images the model was trained on.')
  let largest = 0
  for (const coordinate of projectImages(projection, images)) largest = Math.max(largest, Math.abs(coordinate))
  return {
    kind: 'factored',
    rank: projection.rank,
    classes: CLASSES,
    checkpoints: CHECKPOINTS,
    unitExponent: unitExponentFor(largest),
    projection,
  }
}

/**
 * @throws {@link DigitRangeError} for an image or a label out of range
 * @throws {@link FeatureOverflowError} for an image far stronger than those of the map
 */
export function extractContributionFeatures(
  map: FeatureMap,
  model: DigitModel,
  image: Uint8Array,
  label: number,
): ContributionFeatures {
  checkLabel(label)
  return { ...extractFeatures(map, model, image), label }
}

/** What does not depend on a label. Errors as {@link extractContributionFeatures}. */
export function extractFeatures(
  map: FeatureMap,
  model: DigitModel,
  image: Uint8Array,
): Omit<ContributionFeatures, 'label'> {
  const z = coordinates(map, image)
  const { factors, multiplier } = quantiseInput(z, map.unitExponent)
  return { a: factors, ua: multiplier, ...quantisedProbabilities(model, z) }
}

/**
 * @param trueLabel when it is known; otherwise the answer is judged by itself
 * @throws as {@link extractContributionFeatures}
 */
export function extractInferenceFeatures(
  map: FeatureMap,
  model: DigitModel,
  image: Uint8Array,
  trueLabel?: number,
): InferenceFeatures {
  if (trueLabel !== undefined) checkLabel(trueLabel)
  const z = coordinates(map, image)
  const { factors, multiplier } = quantiseInput(z, map.unitExponent)
  const p = new Float64Array(CLASSES)
  probabilities(model.weights, z, p)
  const served = argmax(p)
  return {
    b: factors,
    ub: multiplier,
    ...quantisedProbabilities(model, z),
    served,
    p16: roundHalfEven(65_535 * p[served]!),
    label: trueLabel ?? served,
    labelKind: trueLabel === undefined ? 'served' : 'true',
  }
}

function coordinates(map: FeatureMap, image: Uint8Array): Float64Array {
  checkImage(image)
  const z = new Float64Array(map.rank)
  projectImage(map.projection, image, z)
  return z
}

function quantisedProbabilities(model: DigitModel, z: Float64Array): Probabilities {
  return {
    p: thousandthsOf(model.weights, z),
    checkpoints: model.checkpoints.map((weights) => thousandthsOf(weights, z)),
  }
}

function thousandthsOf(weights: Float64Array, z: Float64Array): number[] {
  const p = new Float64Array(CLASSES)
  probabilities(weights, z, p)
  return thousandths(p)
}
