import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type DigitSample, splitDigits } from '../../examples/digits/accounts.ts'
import { loadDigits } from '../../examples/digits/dataset.ts'
import { DigitRangeError } from '../../examples/digits/errors.ts'
import { digitArtefact, openDigitExtractor } from '../../examples/digits/extractor.ts'
import {
  extractContributionFeatures,
  extractInferenceFeatures,
  type FeatureMap,
  makeFeatureMap,
} from '../../examples/digits/features.ts'
import { accuracy, classify, type DigitModel, trainModel } from '../../examples/digits/model.ts'
import { fitProjection, projectImage } from '../../examples/digits/projection.ts'
import { topEigenvectors } from '../../extractors/eigen.ts'
import { ArtefactError, FeatureOverflowError, NumericError } from '../../extractors/errors.ts'
import { roundHalfEven } from '../../extractors/quantise.ts'
import { Xoshiro128 } from '../../extractors/random.ts'

const SEED = 'tally'
const RANK = 100
let contributions: DigitSample[]
let heldOut: DigitSample[]
let model: DigitModel
let map: FeatureMap
const progress: number[] = []

beforeAll(async () => {
  const split = splitDigits(await loadDigits(), SEED)
  contributions = split.accounts.flatMap((account) => account.contributions)
  heldOut = [...split.heldOut(0), ...split.heldOut(1)]
  const projection = fitProjection(imagesOf(contributions), RANK, SEED)
  const onProgress = (done: number, total: number) => progress.push(done / total)
  model = await trainModel(trainingSet(contributions), { projection, seed: SEED, onProgress })
  map = makeFeatureMap(projection, imagesOf(contributions))
})

describe('eigenvectors', () => {
  test('of a matrix made from known ones come back, orthonormal and in order', () => {
    const n = 40
    const random = Xoshiro128.fromSeed('matrix')
    const basis = orthonormalRows(n, random)
    const values = Float64Array.from({ length: n }, (_, k) => 100 / (k + 1) ** 2)
    const found = topEigenvectors(recompose(basis, values, n), n, 10, random)
    for (let k = 0; k < 10; k++) {
      expect(found.values[k]!).toBeCloseTo(values[k]!, 9)
      for (let j = 0; j <= k; j++) {
        expect(dot(rowOf(found.vectors, n, j), rowOf(found.vectors, n, k))).toBeCloseTo(j === k ? 1 : 0, 10)
      }
      expect(Math.abs(dot(rowOf(found.vectors, n, k), rowOf(basis, n, k)))).toBeCloseTo(1, 8)
    }
  })

  test('exist even where the data fill fewer dimensions than asked for', () => {
    const images = imagesOf(contributions).slice(0, 5)
    const projection = fitProjection(images, 20, 1)
    const columns = Array.from({ length: 20 }, (_, k) => projection.basis.filter((_, at) => at % 20 === k))
    columns.forEach((column, k) => {
      for (const [j, other] of columns.slice(0, k + 1).entries())
        expect(dot(column, other)).toBeCloseTo(j === k ? 1 : 0, 9)
    })
  })

  test('more than there are dimensions, or of nothing, are refused', () => {
    expect(() => topEigenvectors(new Float64Array(4), 2, 3, Xoshiro128.fromSeed(1))).toThrow(NumericError)
    expect(() => fitProjection([], RANK, 1)).toThrow(NumericError)
  })
})

describe('model', () => {
  test('finds at least 85 % of held-out digits, although three of ten accounts attack it', () => {
    expect(accuracy(model, heldOut)).toBeGreaterThanOrEqual(0.85)
  })

  test('its checkpoints differ, and its weights are their mean', () => {
    expect(new Set(model.checkpoints.map((weights) => weights.join())).size).toBe(5)
    model.weights.forEach((weight, w) => {
      const sum = model.checkpoints.reduce((total, member) => total + member[w]!, 0)
      expect(weight).toBeCloseTo(sum / 5, 12)
    })
  })

  test('progress rises to the end', () => {
    expect(progress.at(-1)).toBe(1)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.length).toBeGreaterThanOrEqual(5)
  })

  test('the same seed and data give the same bytes; another seed or another label others', async () => {
    const part = contributions.slice(0, 300)
    const reference = await hashOfTraining(part, 1)
    expect(await hashOfTraining(part, 1)).toBe(reference)
    expect(await hashOfTraining(part, 2)).not.toBe(reference)
    const relabelled = part.map((item, i) => (i === 7 ? { ...item, label: (item.label + 1) % 10 } : item))
    expect(await hashOfTraining(relabelled, 1)).not.toBe(reference)
  })

  test('serialised weights hold the mean and five checkpoints, little-endian', () => {
    const bytes = digitArtefact(map, model).weights
    expect(bytes).toHaveLength(8 * 6 * 10 * RANK)
    const view = new DataView(bytes.buffer)
    expect(view.getFloat64(8 * 17, true)).toBe(model.weights[17])
    expect(view.getFloat64(8 * (5 * 10 * RANK + 3), true)).toBe(model.checkpoints[4]![3])
  })

  test('wrong training data are refused by type', async () => {
    const options = { projection: model.projection, seed: 1 }
    const image = contributions[0]!.image
    await expect(trainModel({ images: [], labels: new Uint8Array(0) }, options)).rejects.toThrow(NumericError)
    await expect(trainModel({ images: [image], labels: Uint8Array.of(1, 2) }, options)).rejects.toThrow(NumericError)
    await expect(trainModel({ images: [image], labels: Uint8Array.of(10) }, options)).rejects.toThrow(DigitRangeError)
    await expect(trainModel({ images: [new Uint8Array(3)], labels: Uint8Array.of(1) }, options)).rejects.toThrow(
      DigitRangeError,
    )
    expect(() => accuracy(model, [])).toThrow(NumericError)
  })
})

describe('features', () => {
  test('of all contributions are in range and stand for their coordinates', () => {
    const z = new Float64Array(RANK)
    const errors: number[] = []
    for (const { image, label } of contributions) {
      const features = extractContributionFeatures(map, model, image, label)
      expectInRange(features.a, features.ua, features)
      expect(features.label).toBe(label)
      projectImage(map.projection, image, z)
      expect(largestError(features.a, features.ua, z)).toBeLessThanOrEqual(
        0.5001 * features.ua * 2 ** -map.unitExponent,
      )
      errors.push(relativeError(features.a, features.ua, z))
    }
    // One step is 1/63 of the largest coordinate: √100 · step / √12 bounds the norm of evenly spread rounding.
    expect(Math.max(...errors)).toBeLessThan(10 / 63 / Math.sqrt(12))
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.03)
  })

  test('the strongest contribution uses the sixteenth bit, so that no precision is given away', () => {
    const strongest = Math.max(...contributions.map((item) => featuresOf(item).ua))
    expect(strongest).toBeGreaterThan(32_767)
    expect(strongest).toBeLessThanOrEqual(65_535)
  })

  test('of inferences are in range and say what was served, how surely, and by what it is judged', () => {
    for (const { image, label } of heldOut.slice(0, 2_500)) {
      const features = extractInferenceFeatures(map, model, image, label)
      expectInRange(features.b, features.ub, features)
      expect(features.served).toBe(classify(model, image))
      expect(features.p[features.served]).toBe(Math.max(...features.p))
      expect(Math.abs(features.p16 / 65_535 - features.p[features.served]! / 1000)).toBeLessThanOrEqual(0.00051)
      expect([features.label, features.labelKind]).toEqual([label, 'true'])
    }
    const unknown = extractInferenceFeatures(map, model, heldOut[0]!.image)
    expect([unknown.label, unknown.labelKind]).toEqual([unknown.served, 'served'])
  })

  test('a question has the same vector as the same image contributed', () => {
    const { image, label } = contributions[3]!
    const asked = extractInferenceFeatures(map, model, image, label)
    const given = extractContributionFeatures(map, model, image, label)
    expect([asked.b, asked.ub, asked.p, asked.checkpoints]).toEqual([given.a, given.ua, given.p, given.checkpoints])
  })

  test('a blank image has features: the bias speaks', () => {
    const { a, ua, p } = extractContributionFeatures(map, model, new Uint8Array(784), 0)
    expect(ua).toBeGreaterThan(0)
    expect(a.some((factor) => factor !== 0)).toBe(true)
    expectSum(p)
  })

  test('inputs out of range are refused by type', () => {
    const image = contributions[0]!.image
    expect(() => extractContributionFeatures(map, model, image, 10)).toThrow(DigitRangeError)
    expect(() => extractContributionFeatures(map, model, new Uint8Array(785), 1)).toThrow(DigitRangeError)
    expect(() => extractInferenceFeatures(map, model, image, -1)).toThrow(DigitRangeError)
    const tooBright = new Float64Array(784).fill(3) as unknown as Uint8Array
    expect(() => extractInferenceFeatures(map, model, tooBright)).toThrow(DigitRangeError)
    expect(() => extractInferenceFeatures(map, model, new Uint8Array(784).fill(255))).toThrow(FeatureOverflowError)
    expect(() => makeFeatureMap(map.projection, [])).toThrow(NumericError)
  })

  test('the basis has one hashable form', () => {
    const { basis } = digitArtefact(map, model)
    expect(basis).toHaveLength(8 * 785 * RANK)
    expect(new DataView(basis.buffer).getFloat64(8 * 1234, true)).toBe(map.projection.basis[1234])
  })

  test('an extractor opened from its bytes extracts the same; bytes that do not fit are refused', () => {
    const artefact = digitArtefact(map, model)
    const { extract } = openDigitExtractor(artefact)
    for (const { image, label } of contributions.slice(0, 20)) {
      const { a, ua, p, checkpoints } = extractContributionFeatures(map, model, image, label)
      expect(extract(image)).toEqual({ a, ua, p, checkpoints: checkpoints.flat() })
    }
    const other = (part: object) => () => openDigitExtractor({ ...artefact, ...part })
    expect(other({ weights: artefact.weights.subarray(8) })).toThrow(ArtefactError)
    expect(other({ basis: artefact.basis.slice().fill(0xff) })).toThrow('a number is not finite')
    expect(other({ code: Buffer.from('{') })).toThrow('it is no JSON')
    const renamed = Buffer.from(Buffer.from(artefact.code).toString().replace('digits@1', 'digits@2'))
    expect(other({ code: renamed })).toThrow('it names examples/digits@2')
  })

  test('ties round to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999, -2.6].map((x) => roundHalfEven(x) + 0)).toEqual([
      0, 2, 2, 0, -2, -2, 2, -3,
    ])
  })
})

function featuresOf({ image, label }: DigitSample) {
  return extractContributionFeatures(map, model, image, label)
}

function expectInRange(
  factors: Int8Array,
  multiplier: number,
  { p, checkpoints }: { p: number[]; checkpoints: number[][] },
) {
  if (factors.length !== RANK) throw new Error(`${factors.length} factors`)
  if (Math.max(...factors.map(Math.abs)) !== 63) throw new Error(`largest factor is not 63: ${factors.join()}`)
  if (!Number.isInteger(multiplier) || multiplier < 1 || multiplier > 65_535)
    throw new Error(`multiplier ${multiplier}`)
  if (checkpoints.length !== 5) throw new Error(`${checkpoints.length} checkpoints`)
  for (const row of [p, ...checkpoints]) expectSum(row)
}

function expectSum(row: number[]): void {
  if (row.length !== 10 || !row.every((value) => Number.isInteger(value) && value >= 0 && value <= 1000)) {
    throw new Error(`not ten thousandths: ${row.join()}`)
  }
  const sum = row.reduce((total, value) => total + value, 0)
  if (Math.abs(sum - 1000) > 10) throw new Error(`sum ${sum}`)
}

function rebuilt(factors: Int8Array, multiplier: number): Float64Array {
  return Float64Array.from(factors, (factor) => factor * multiplier * 2 ** -map.unitExponent)
}

function largestError(factors: Int8Array, multiplier: number, z: Float64Array): number {
  return Math.max(...rebuilt(factors, multiplier).map((value, k) => Math.abs(value - z[k]!)))
}

function relativeError(factors: Int8Array, multiplier: number, z: Float64Array): number {
  const difference = rebuilt(factors, multiplier).map((value, k) => value - z[k]!)
  return Math.sqrt(dot(difference, difference) / dot(z, z))
}

async function hashOfTraining(part: DigitSample[], seed: number): Promise<string> {
  const projection = fitProjection(imagesOf(part), 20, seed)
  const trained = await trainModel(trainingSet(part), { projection, seed })
  const { basis, weights } = digitArtefact(makeFeatureMap(projection, imagesOf(part)), trained)
  return createHash('sha256').update(basis).update(weights).digest('hex')
}

function trainingSet(samples: DigitSample[]) {
  return { images: imagesOf(samples), labels: Uint8Array.from(samples, ({ label }) => label) }
}

function imagesOf(samples: DigitSample[]): Uint8Array[] {
  return samples.map(({ image }) => image)
}

function orthonormalRows(n: number, random: Xoshiro128): Float64Array {
  const rows = Float64Array.from({ length: n * n }, () => random.gaussian())
  for (let i = 0; i < n; i++) {
    const row = rowOf(rows, n, i)
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const share = dot(row, rowOf(rows, n, j))
        for (let k = 0; k < n; k++) row[k]! -= share * rows[j * n + k]!
      }
    }
    const length = Math.sqrt(dot(row, row))
    for (let k = 0; k < n; k++) row[k]! /= length
  }
  return rows
}

function recompose(basis: Float64Array, values: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  values.forEach((value, v) => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) out[i * n + j]! += value * basis[v * n + i]! * basis[v * n + j]!
    }
  })
  return out
}

function rowOf(matrix: Float64Array, n: number, row: number): Float64Array {
  return matrix.subarray(row * n, (row + 1) * n)
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0)
}
