import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { GradientRows } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { FeatureRows } from '../../jobs/attribution/rows.ts'
import { type Numbers, numbers } from './kernel-numbers.ts'

/** Shapes that end inside a panel, a tile, a pair and a chunk, and ones that need several blocks. */
const SHAPES = [
  { count: 1, rank: 1, classes: 1 },
  { count: 7, rank: 3, classes: 2 },
  { count: 100, rank: 17, classes: 5 },
  { count: 1_500, rank: 20, classes: 10 },
  { count: 33, rank: 1_031, classes: 1 },
  { count: 2_100, rank: 9, classes: 3 },
]

describe.each([1, 2, 3])('kernels in WebAssembly on %i thread(s) give the bits of the plain ones', (threads) => {
  let kernels: Kernels
  beforeAll(() => {
    kernels = openKernels({ threads })
  })
  afterAll(() => kernels.close())

  test.each(SHAPES)('movements of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(11)
    const rows = randomRows(random, shape)
    const vectors = random.int16(21 * shape.rank * shape.classes, 32_767)
    const shifts = Uint8Array.from({ length: 21 }, () => random.below(11))
    expectSame(await kernels.movements(rows, vectors, shifts), await plainKernels.movements(rows, vectors, shifts))
  })

  test.each(SHAPES)('squares of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(12)
    const rows = randomRows(random, shape)
    const vectors = random.int16(13 * shape.rank * shape.classes, 32_767)
    for (const shift of [18, 21, 30])
      expectSame(await kernels.squares(rows, vectors, shift), await plainKernels.squares(rows, vectors, shift))
  })

  test.each(SHAPES)('project of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(13)
    const rows = randomRows(random, shape)
    const v = Int32Array.from({ length: shape.rank * shape.classes }, () => random.between(-(2 ** 24) + 1, 2 ** 24 - 1))
    expectSame(await kernels.project(rows, v), await plainKernels.project(rows, v))
  })

  test.each(SHAPES)('weightedSums of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(14)
    const rows = randomRows(random, shape)
    const limb = () => Float64Array.from({ length: shape.count }, () => random.below(2 ** 24) * random.below(2))
    for (const m of [
      [limb(), limb(), limb()],
      [limb(), zeros(shape), zeros(shape)],
    ] as const)
      for (const buckets of [1, 10])
        expect(await kernels.weightedSums(rows, m, buckets)).toEqual(await plainKernels.weightedSums(rows, m, buckets))
  })

  test.each(SHAPES)('groupGradients of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(15)
    const rows = randomRows(random, shape)
    const u = Uint32Array.from({ length: shape.count }, () => random.below(2 ** 21))
    const groups = 9
    const mixed = Uint32Array.from({ length: shape.count }, () => random.below(groups + 1))
    for (const group of [mixed, mixed.slice().sort(), new Uint32Array(shape.count)])
      expectSame(
        await kernels.groupGradients(rows, u, group, groups),
        await plainKernels.groupGradients(rows, u, group, groups),
      )
  })

  test.each([
    { count: 1, size: 1 },
    { count: 5, size: 6 },
    { count: 700, size: 33 },
  ])('outer products of $count vectors of $size', async ({ count, size }) => {
    const random = numbers(18)
    const y = Float64Array.from({ length: count * size }, () => random.between(-(2 ** 20), 2 ** 20) * random.below(2))
    expectSame(await kernels.outerSum(y, size), await plainKernels.outerSum(y, size))
  })

  test.each(SHAPES)('pairs of $count rows, rank $rank, $classes classes', async (shape) => {
    const random = numbers(17)
    const rows = randomRows(random, shape)
    const segments = 5
    const query = {
      vectors: random.int16(19 * shape.rank * shape.classes, 32_767),
      weights: Uint32Array.from({ length: shape.count }, () => random.below(2 ** 21 + 1)),
      segmentOf: Uint32Array.from({ length: shape.count }, () => random.below(segments)),
      segments,
      top: 10,
    }
    const equal = { ...query, vectors: new Int16Array(query.vectors.length) }
    for (const each of [query, equal, { ...query, top: 0 }]) {
      const found = await kernels.scorePairs(rows, each)
      const wanted = await plainKernels.scorePairs(rows, each)
      for (const part of ['topRows', 'topScores', 'absolute', 'segments'] as const)
        expectSame(found[part], wanted[part])
    }
  })

  test.each(SHAPES.filter(({ rank }) => rank < 1_000))(
    'curvature of $count rows, rank $rank, $classes classes',
    async (shape) => {
      const random = numbers(16)
      const factored = randomFeatures(random, shape)
      const { count, rank, factors, multipliers } = factored
      const dense: FeatureRows = { kind: 'dense', count, rank, factors, multipliers }
      for (const [kind, rows] of [
        ['softmax', factored],
        ['gram', dense],
      ] as const)
        for (const [from, to] of [
          [0, count],
          [Math.floor(count / 3), count - 1],
        ] as const)
          expectSame(await kernels.curvature(rows, kind, from, to), await plainKernels.curvature(rows, kind, from, to))
    },
  )
})

describe('sums as large as they can be', () => {
  const kernels = openKernels({ threads: 1 })
  afterAll(() => kernels.close())
  /** Every factor and every error at its limit, all with one sign. */
  const largest = (shape: { count: number; rank: number; classes: number }): GradientRows => ({
    ...shape,
    factors: new Int8Array(shape.count * shape.rank).fill(-63),
    multipliers: new Uint16Array(shape.count).fill(65_535),
    errors: new Int16Array(shape.count * shape.classes).fill(20_000),
    errorSumMax: 20_000 * shape.classes,
  })

  test('over the dimensions of long vectors', async () => {
    const rows = largest({ count: 5, rank: 4_096, classes: 1 })
    rows.errors.fill(1)
    const vectors = new Int16Array(3 * 4_096).fill(-32_767)
    const shifts = Uint8Array.of(0, 10, 10)
    expectSame(await kernels.movements(rows, vectors, shifts), await plainKernels.movements(rows, vectors, shifts))
    const v = new Int32Array(4_096).fill(-(2 ** 24) + 1)
    expectSame(await kernels.project(rows, v), await plainKernels.project(rows, v))
  })

  test('over many rows', async () => {
    const rows = largest({ count: 2_100, rank: 3, classes: 2 })
    const limb = new Float64Array(rows.count).fill(2 ** 24 - 1)
    const m = [limb, limb, limb] as const
    expect(await kernels.weightedSum(rows, m)).toEqual(await plainKernels.weightedSum(rows, m))
    const u = new Uint32Array(rows.count).fill(2 ** 21 - 1)
    const group = new Uint32Array(rows.count)
    expectSame(await kernels.groupGradients(rows, u, group, 1), await plainKernels.groupGradients(rows, u, group, 1))
  })

  test('in the curvature', async () => {
    const { count, rank, factors, multipliers } = largest({ count: 1_100, rank: 5, classes: 2 })
    const dense: FeatureRows = { kind: 'dense', count, rank, factors, multipliers }
    const factored: FeatureRows = {
      ...dense,
      kind: 'factored',
      classes: 2,
      probabilities: new Uint16Array(count * 2).fill(500),
      labels: new Uint16Array(count),
      checkpointCount: 0,
      checkpoints: new Uint16Array(),
    }
    expectSame(await kernels.curvature(dense, 'gram', 0, count), await plainKernels.curvature(dense, 'gram', 0, count))
    expectSame(
      await kernels.curvature(factored, 'softmax', 0, count),
      await plainKernels.curvature(factored, 'softmax', 0, count),
    )
    // Weights of more than 15 bits: the plain kernel takes over.
    const wide = { ...factored, probabilities: new Uint16Array(count * 2).fill(1_500) }
    expectSame(await kernels.curvature(wide, 'softmax', 0, 9), await plainKernels.curvature(wide, 'softmax', 0, 9))
  })
})

/** As toEqual, which takes minutes for a million numbers. */
function expectSame<T extends BigInt64Array | Float64Array | Uint32Array>(found: T, wanted: T): void {
  expect(found.constructor).toBe(wanted.constructor)
  const differing = found.findIndex((value: bigint | number, at: number) => value !== wanted[at])
  expect({ length: found.length, differing }).toEqual({ length: wanted.length, differing: -1 })
}

function zeros({ count }: { count: number }): Float64Array {
  return new Float64Array(count)
}

/** Some errors are 0, as those of a model that is sure; some as large as they can be. */
function randomRows(
  random: Numbers,
  { count, rank, classes }: { count: number; rank: number; classes: number },
): GradientRows {
  return {
    count,
    rank,
    classes,
    errorSumMax: 20_000 * classes,
    factors: Int8Array.from({ length: count * rank }, () => random.between(-63, 63)),
    multipliers: Uint16Array.from({ length: count }, () => random.below(65_536)),
    errors: Int16Array.from(
      { length: count * classes },
      () => [0, random.between(-1_000, 1_000), 20_000, -20_000][random.below(4)]!,
    ),
  }
}

function randomFeatures(random: Numbers, shape: { count: number; rank: number; classes: number }): FeatureRows {
  const { count, classes } = shape
  const probabilities = new Uint16Array(count * classes)
  for (let row = 0; row < count; row++) {
    // Sure of one class, or of none.
    const sure = random.below(2) * 900
    for (let c = 0; c < classes; c++) probabilities[row * classes + c] = Math.floor((1000 - sure) / classes)
    probabilities[row * classes + random.below(classes)]! += sure
  }
  const { rank, factors, multipliers } = randomRows(random, shape)
  const labels = new Uint16Array(count)
  return {
    kind: 'factored',
    count,
    rank,
    classes,
    factors,
    multipliers,
    probabilities,
    labels,
    checkpointCount: 0,
    checkpoints: new Uint16Array(),
  }
}
