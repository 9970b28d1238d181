import type { Contribution, PeriodEvent, Shape } from './period.ts'

/** One row an item or event: its gradient is errors ⊗ vector, D = classes · rank whole numbers. */
export interface Gradients {
  readonly count: number
  readonly rank: number
  readonly classes: number
  /** count × classes. */
  readonly errors: Float64Array
  /** count × rank. */
  readonly vectors: Int8Array
}

/** Step 3, without the multiplier: 18·(P − 1000·onehot) + 2·((1000 div n) − 1000·onehot), a. */
export function gradientsOfItems(items: readonly Contribution[], shape: Shape): Gradients {
  const uniform = Math.floor(1000 / shape.classes)
  return gradientsOf(
    items.map(({ a }) => a),
    (row, c) => {
      const { p, label } = items[row]!
      const onehot = c === label ? 1000 : 0
      return 18 * (p[c]! - onehot) + 2 * (uniform - onehot)
    },
    shape,
  )
}

/** Step 4: P − 1000·onehot, b. */
export function gradientsOfEvents(events: readonly PeriodEvent[], shape: Shape): Gradients {
  return gradientsOf(
    events.map(({ b }) => b),
    (row, c) => events[row]!.p[c]! - (c === events[row]!.label ? 1000 : 0),
    shape,
  )
}

function gradientsOf(
  rows: readonly Int8Array[],
  errorOf: (row: number, c: number) => number,
  { kind, rank, classes }: Shape,
): Gradients {
  const errors = new Float64Array(rows.length * classes)
  const vectors = new Int8Array(rows.length * rank)
  for (const [row, vector] of rows.entries()) {
    vectors.set(vector, row * rank)
    for (let c = 0; c < classes; c++) errors[row * classes + c] = kind === 'dense' ? 1 : errorOf(row, c)
  }
  return { count: rows.length, rank, classes, errors, vectors }
}

/** ⟨vector of a row, one class of `other`⟩. Exact as long as other's entries are below 2^37. */
export function classProduct(
  { rank, vectors }: Gradients,
  row: number,
  other: Int16Array | Int32Array,
  c: number,
): number {
  const start = row * rank
  const offset = c * rank
  let sum = 0
  for (let j = 0; j < rank; j++) sum += vectors[start + j]! * other[offset + j]!
  return sum
}

/** ⟨gradient of a row, other⟩; the caller knows that it stays below 2^53. */
export function product(gradients: Gradients, row: number, other: Int16Array | Int32Array): number {
  let sum = 0
  for (let c = 0; c < gradients.classes; c++) {
    const error = gradients.errors[row * gradients.classes + c]!
    if (error !== 0) sum += error * classProduct(gradients, row, other, c)
  }
  return sum
}

/** |g|₁ of a row's gradient. */
export function normOf({ rank, classes, errors, vectors }: Gradients, row: number): number {
  return absoluteSum(errors, row, classes) * absoluteSum(vectors, row, rank)
}

function absoluteSum(values: Float64Array | Int8Array, row: number, width: number): number {
  let sum = 0
  for (let at = row * width; at < (row + 1) * width; at++) sum += Math.abs(values[at]!)
  return sum
}
