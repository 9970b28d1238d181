import { setImmediate as nextTurn } from 'node:timers/promises'
import { averagedWeights } from '../../extractors/ensemble.ts'
import { NumericError } from '../../extractors/errors.ts'
import { LogisticRegression } from '../../extractors/logistic-regression.ts'
import { type Seed, Xoshiro128 } from '../../extractors/random.ts'
import { argmax, softmax } from '../../extractors/softmax.ts'
import { denseAsRows } from '../../extractors/sparse-rows.ts'
import { CLASSES, checkImage, checkLabel, type LabelledImages } from './dataset.ts'
import { type Projection, projectImage, projectImages } from './projection.ts'

/** Members of the ensemble. */
export const CHECKPOINTS = 5

/** How every checkpoint is trained; published with the model, because another recipe is another model. */
export const RECIPE = { passes: 12, batch: 50, stepSize: 0.01, momentum: 0.9, decay: 1e-3 } as const

/**
 * Ten-class logistic regression over projected images: logits = W z, z = the image's `rank` coordinates (bias included).
 * The projection is the model's fixed first layer, so a loss gradient is exactly error ⊗ z, and features that record
 * both lose nothing but rounding. It is not the same model as one over all 785 inputs: with rank 100 it finds .2 to .5
 * points fewer of the held-out digits, in an eighth of the time.
 */
export interface DigitModel {
  projection: Projection
  /** 10 rows of `rank`: the mean of the checkpoints. This is what serves. */
  weights: Float64Array
  /** The five members, each shaped like `weights`; they differ by the data they drew. */
  checkpoints: readonly Float64Array[]
}

export interface TrainingOptions {
  projection: Projection
  seed: Seed
  /** Fine-tunes this model, which has the same projection. Default: trains from nothing. */
  base?: DigitModel
  /** Called after each pass with passes done and passes in all. The event loop turns in between, so a display can move. */
  onProgress?: (done: number, total: number) => void
}

/**
 * Trains the ensemble on everything it is given, wrong labels included: what an operator accepted is what it pays for.
 * Each checkpoint sees its own bootstrap sample (Efron 1979; averaged as in Breiman's bagging, 1996) in its own order.
 * Only so do they differ: the loss is convex, and other orders of the same data end at nearly the same weights.
 *
 * @throws {@link DigitRangeError} for an image or label out of range
 * @throws {@link NumericError} without data, or when the weights are not finite
 */
export async function trainModel(data: LabelledImages, options: TrainingOptions): Promise<DigitModel> {
  checkTrainingData(data)
  const { projection, seed, base, onProgress } = options
  const inputs = denseAsRows(projectImages(projection, data.images), projection.rank)
  const recipe = { ...RECIPE, schedule: 'linear' } as const
  const total = CHECKPOINTS * RECIPE.passes
  const checkpoints: Float64Array[] = []
  for (let member = 0; member < CHECKPOINTS; member++) {
    const random = Xoshiro128.fromSeed(seed).fork(`checkpoint ${member}`)
    const sample = Array.from(data.labels, () => random.nextInt(data.labels.length))
    const before = base?.checkpoints[member]
    const start = before ? byInput(before, projection.rank) : new Float64Array(projection.rank * CLASSES)
    const training = new LogisticRegression({ inputs, labels: data.labels, classes: CLASSES }, start)
    for (let pass = 0; pass < RECIPE.passes; pass++) {
      training.pass(random.shuffle(sample), recipe, pass)
      onProgress?.(member * RECIPE.passes + pass + 1, total)
      await nextTurn()
    }
    checkpoints.push(byClass(training.weights, projection.rank))
  }
  const weights = averagedWeights(checkpoints)
  if (!weights.every(Number.isFinite)) {
    throw new NumericError(
      'The training diverged.',
      { samples: data.labels.length },
      'Check the inputs: this recipe is stable for pixels / 255.',
    )
  }
  return { projection, weights, checkpoints }
}

/** Writes softmax(W z) into `out`. */
export function probabilities(weights: Float64Array, z: Float64Array, out: Float64Array): void {
  const rank = z.length
  for (let c = 0; c < CLASSES; c++) {
    let logit = 0
    for (let k = 0, w = c * rank; k < rank; k++, w++) logit += weights[w]! * z[k]!
    out[c] = logit
  }
  softmax(out)
}

/** The digit that the model sees. */
export function classify(model: DigitModel, image: Uint8Array): number {
  checkImage(image)
  const z = new Float64Array(model.projection.rank)
  const p = new Float64Array(CLASSES)
  projectImage(model.projection, image, z)
  probabilities(model.weights, z, p)
  return argmax(p)
}

/** Share of images whose label the model finds, 0 … 1. */
export function accuracy(model: DigitModel, data: { image: Uint8Array; label: number }[]): number {
  if (data.length === 0) throw new NumericError('No images to judge by.', { images: 0 }, 'Give held-out digits.')
  return data.filter(({ image, label }) => classify(model, image) === label).length / data.length
}

/** Training holds weights input by input, the model class by class. */
function byClass(weights: Float64Array, rank: number): Float64Array {
  return Float64Array.from(weights, (_, at) => weights[(at % rank) * CLASSES + Math.floor(at / rank)]!)
}

/** The reverse of {@link byClass}. */
function byInput(weights: Float64Array, rank: number): Float64Array {
  return Float64Array.from(weights, (_, at) => weights[(at % CLASSES) * rank + Math.floor(at / CLASSES)]!)
}

function checkTrainingData({ images, labels }: LabelledImages): void {
  if (images.length === 0 || images.length !== labels.length) {
    throw new NumericError(
      `${images.length} images with ${labels.length} labels cannot be trained on.`,
      { images: images.length, labels: labels.length },
      'Give one label for each image, and at least one image.',
    )
  }
  for (const image of images) checkImage(image)
  for (const label of labels) checkLabel(label)
}
