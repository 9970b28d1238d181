import { topEigenvectors } from '../../extractors/eigen.ts'
import { NumericError } from '../../extractors/errors.ts'
import { type Seed, Xoshiro128 } from '../../extractors/random.ts'
import { PIXELS } from './dataset.ts'

/** An input is the 784 pixels / 255 and a constant 1, the bias. */
const INPUTS = PIXELS + 1

/** The orthonormal directions in which images are looked at. */
export interface Projection {
  rank: number
  /** INPUTS rows of `rank`: column k is the k-th eigenvector. Row by row by input, so that blank pixels are skipped. */
  basis: Float64Array
}

/**
 * The top `rank` eigenvectors of the inputs' second moment Σ x xᵀ / N (not of the covariance: the bias takes the mean's place).
 *
 * @param seed only starts the solver; the result depends on it within rounding
 * @throws {@link NumericError} without images, or when rank > 785
 */
export function fitProjection(images: readonly Uint8Array[], rank: number, seed: Seed): Projection {
  if (images.length === 0)
    throw new NumericError('No images.', { images: 0 }, 'Fit the projection on at least one image.')
  const random = Xoshiro128.fromSeed(seed).fork('eigenvectors')
  const { vectors } = topEigenvectors(secondMoment(images), INPUTS, rank, random)
  const basis = new Float64Array(INPUTS * rank)
  for (let k = 0; k < rank; k++) {
    for (let input = 0; input < INPUTS; input++) basis[input * rank + k] = vectors[k * INPUTS + input]!
  }
  return { rank, basis }
}

/** Writes the `rank` coordinates of an image into `out`. Pixels are summed in order, so that the bits do not vary. */
export function projectImage(projection: Projection, image: Uint8Array, out: Float64Array): void {
  const { rank, basis } = projection
  const bias = PIXELS * rank
  for (let k = 0; k < rank; k++) out[k] = basis[bias + k]!
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    if (image[pixel] === 0) continue
    const grey = image[pixel]! / 255
    const row = pixel * rank
    for (let k = 0; k < rank; k++) out[k]! += grey * basis[row + k]!
  }
}

/** All images, one row of `rank` each. */
export function projectImages(projection: Projection, images: readonly Uint8Array[]): Float64Array {
  const { rank } = projection
  const out = new Float64Array(images.length * rank)
  images.forEach((image, index) => {
    projectImage(projection, image, out.subarray(index * rank, (index + 1) * rank))
  })
  return out
}

/** Sums whole numbers (greys 0 … 255, bias 255) and scales once at the end: exact in any order below 138 billion images. */
function secondMoment(images: readonly Uint8Array[]): Float64Array {
  const sums = new Float64Array(INPUTS * INPUTS)
  const lit = new Int32Array(INPUTS)
  const grey = new Float64Array(INPUTS)
  for (const image of images) {
    let count = 0
    for (let pixel = 0; pixel < PIXELS; pixel++) if (image[pixel] !== 0) lit[count++] = pixel
    lit[count++] = PIXELS
    for (let i = 0; i < count; i++) grey[i] = image[lit[i]!] ?? 255
    for (let i = 0; i < count; i++) {
      const row = lit[i]! * INPUTS
      const value = grey[i]!
      for (let j = 0; j <= i; j++) sums[row + lit[j]!]! += value * grey[j]!
    }
  }
  const scale = 1 / (255 * 255 * images.length)
  for (let i = 0; i < INPUTS; i++) {
    for (let j = 0; j <= i; j++) {
      const value = sums[i * INPUTS + j]! * scale
      sums[i * INPUTS + j] = value
      sums[j * INPUTS + i] = value
    }
  }
  return sums
}
