import { describe, expect, test } from '@jest/globals'
import { principalBasis, project, rademacherBasis, randomRotation, turned } from '../../extractors/basis.ts'
import { denseRows } from '../../extractors/dense-rows.ts'
import { mlpCurvature, rotate } from '../../extractors/ekfac.ts'
import { FeatureOverflowError, NumericError } from '../../extractors/errors.ts'
import { mlpPairs, quantiseRows, restored } from '../../extractors/factor-pairs.ts'
import { factoredRows, unitExponentOf } from '../../extractors/factored-rows.ts'
import { activate, hiddenErrors, newActivations, trainMlp } from '../../extractors/mlp.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { withBias } from '../../extractors/sparse-rows.ts'

const COUNT = 40
const SIZE = 8
const random = Xoshiro128.fromSeed('features')
const rows = Array.from({ length: COUNT }, () =>
  Float64Array.from({ length: SIZE }, (_, k) => (random.nextInt(3) === 0 ? 0 : random.gaussian() * (SIZE - k))),
)
const inputs = withBias(rows, SIZE)

describe('bases', () => {
  test('the principal one keeps the most of the inputs, and all of them at full rank', () => {
    const kept = (rank: number) => energy(project(principalBasis(inputs, rank, random.fork('basis')), inputs))
    const whole = energy(inputs.values)
    expect(kept(SIZE + 1) / whole).toBeCloseTo(1, 9)
    const chance = energy(
      project(turned(principalBasis(inputs, SIZE + 1, random), randomRotation(9, random)), inputs).filter(
        (_, at) => at % 9 < 3,
      ),
    )
    expect(kept(3)).toBeGreaterThan(1.2 * chance)
    expect(kept(3)).toBeLessThan(whole)
  })

  test('turning keeps lengths and evens coordinates out', () => {
    const plain = project(principalBasis(inputs, SIZE, random.fork('basis')), inputs)
    const even = project(
      turned(principalBasis(inputs, SIZE, random.fork('basis')), randomRotation(SIZE, random)),
      inputs,
    )
    for (let row = 0; row < COUNT; row++) {
      const part = (all: Float64Array) => energy(all.subarray(row * SIZE, (row + 1) * SIZE))
      expect(part(even)).toBeCloseTo(part(plain), 8)
    }
    const first = (all: Float64Array) => energy(all.filter((_, at) => at % SIZE === 0)) / energy(all)
    expect(first(even)).toBeLessThan(first(plain))
  })

  test('random signs keep lengths on average', () => {
    const rank = 2_000
    const projected = project(rademacherBasis(3, SIZE + 1, rank), inputs)
    expect(energy(projected) / energy(inputs.values)).toBeCloseTo(1, 1)
  })
})

describe('rows for attribution', () => {
  const coordinates = project(principalBasis(inputs, SIZE, random.fork('basis')), inputs)
  const outputs = {
    rank: SIZE,
    classes: 2,
    coordinates,
    probabilities: Float64Array.from({ length: 2 * COUNT }, (_, at) => (at % 2 === 0 ? 0.3004 : 0.6996)),
    checkpoints: [new Float64Array(2 * COUNT).fill(0.5), new Float64Array(2 * COUNT).fill(0.25)],
    labels: Uint8Array.from({ length: COUNT }, (_, row) => row % 2),
  }

  test('factored rows stand for their coordinates and hold probabilities in thousandths', () => {
    const unit = unitExponentOf(coordinates)
    const made = factoredRows(outputs, unit)
    coordinates.forEach((value, at) => {
      const multiplier = made.multipliers[Math.floor(at / SIZE)]!
      expect(Math.abs(made.factors[at]! * multiplier * 2 ** -unit - value)).toBeLessThanOrEqual(
        0.5001 * multiplier * 2 ** -unit,
      )
    })
    expect([...made.probabilities.subarray(0, 2)]).toEqual([300, 700])
    expect([...made.checkpoints.subarray(0, 4)]).toEqual([500, 500, 250, 250])
    expect([made.count, made.checkpointCount, made.labels[1]]).toEqual([COUNT, 2, 1])
    expect(() => factoredRows(outputs, unit + 1)).toThrow(FeatureOverflowError)
    expect(() =>
      factoredRows({ ...outputs, coordinates: coordinates.map((z, at) => (at < SIZE ? 0 : z)) }, unit),
    ).toThrow(NumericError)
  })

  test('a dense row may round to nothing, and then has no multiplier', () => {
    const gradients = Float64Array.of(1, -2, 3, 1e-9, 0, -1e-9)
    const made = denseRows(gradients, 3, unitExponentOf(gradients))
    expect([...made.factors]).toEqual([21, -42, 63, 0, 0, 0])
    expect(made.multipliers[0]).toBeGreaterThan(32_767)
    expect(made.multipliers[1]).toBe(0)
  })
})

describe('network', () => {
  const classes = 3
  const hidden = 5
  const shape = { inputs: SIZE + 1, hidden, classes }
  const labels = Uint8Array.from({ length: COUNT }, (_, row) => row % classes)
  const recipe = { passes: 5, batch: 10, stepSize: 0.02, momentum: 0.9, decay: 0, schedule: 'constant' } as const
  const all = [...Array(COUNT).keys()]
  const weights = trainMlp({ inputs, labels, classes }, all, { hidden, recipe }, Xoshiro128.fromSeed('net'))
  const basis = principalBasis(inputs, SIZE + 1, random.fork('whole'))
  const coordinates = quantiseRows(project(basis, inputs), SIZE + 1)

  test('the pairs of both layers are the slopes of the loss', () => {
    const [first, second] = mlpPairs(weights, shape, inputs, labels, coordinates)
    const lit = newActivations(shape)
    const lossOf = (changed: Float64Array, row: number) => {
      activate(changed, shape, inputs, row, lit)
      return -Math.log(lit.probabilities[labels[row]!]!)
    }
    const slope = (row: number, w: number) => {
      const at = (by: number) =>
        lossOf(
          weights.map((value, other) => (other === w ? value + by : value)),
          row,
        )
      return (at(1e-5) - at(-1e-5)) / 2e-5
    }
    const [a, delta, h, error] = [first.inputs, first.errors, second.inputs, second.errors].map(restored)
    for (const row of [0, 7, 23]) {
      const scale = Math.max(...weights.map((_, w) => Math.abs(slope(row, w))))
      for (let input = 0; input <= SIZE; input++) {
        // Back from the basis, which is orthonormal: Σ_k direction_k[input] · a_k.
        let x = 0
        for (let k = 0; k <= SIZE; k++) x += basis.directions[input * (SIZE + 1) + k]! * a![row * (SIZE + 1) + k]!
        for (let unit = 0; unit < hidden; unit++) {
          expect(Math.abs(x * delta![row * hidden + unit]! - slope(row, input * hidden + unit))).toBeLessThan(
            0.05 * scale,
          )
        }
      }
      for (let unit = 0; unit <= hidden; unit++) {
        for (let c = 0; c < classes; c++) {
          const expected = slope(row, (SIZE + 1) * hidden + unit * classes + c)
          const found = h![row * (hidden + 1) + unit]! * error![row * classes + c]!
          expect(Math.abs(found - expected)).toBeLessThan(0.05 * scale)
        }
      }
    }
  })

  test('EK-FAC: eigenvectors are orthonormal, and values the second moments of the gradient along their products', () => {
    const looked = { coordinates: restored(coordinates), rank: SIZE + 1 }
    const [first] = mlpCurvature(weights, shape, inputs, COUNT, looked, random)
    for (const [vectors, size] of [
      [first.inputVectors, SIZE + 1],
      [first.errorVectors, hidden],
    ] as const) {
      const identity = rotate(vectors, vectors, size)
      identity.forEach((value, at) => {
        expect(value).toBeCloseTo(at % (size + 1) === 0 ? 1 : 0, 9)
      })
    }
    const [k, j] = [1, 2]
    let sum = 0
    const lit = newActivations(shape)
    const back = new Float64Array(hidden)
    for (let row = 0; row < COUNT; row++) {
      const along = dotAt(first.inputVectors, j, looked.coordinates, row, SIZE + 1)
      for (let label = 0; label < classes; label++) {
        activate(weights, shape, inputs, row, lit)
        const p = lit.probabilities[label]!
        lit.probabilities[label]! -= 1
        hiddenErrors(weights, shape, lit.hidden, lit.probabilities, back)
        sum += (p * (dotAt(first.errorVectors, k, back, 0, hidden) * along) ** 2) / COUNT
      }
    }
    expect(sum).toBeGreaterThan(0)
    expect(first.values[k * (SIZE + 1) + j]! / sum).toBeCloseTo(1, 9)
  })
})

function energy(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0)
}

function dotAt(vectors: Float64Array, index: number, values: Float64Array, row: number, size: number): number {
  let sum = 0
  for (let at = 0; at < size; at++) sum += vectors[index * size + at]! * values[row * size + at]!
  return sum
}
