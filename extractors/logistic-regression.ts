import type { Xoshiro128 } from './random.ts'
import { descend, type Recipe, stepSize } from './recipe.ts'
import { softmax } from './softmax.ts'
import { addOuterProduct, addProduct, type SparseRows } from './sparse-rows.ts'

export interface LabelledRows {
  readonly inputs: SparseRows
  readonly labels: Uint8Array
  readonly classes: number
}

/**
 * Softmax regression while it is trained: logits = Wᵀ x. Weights lie input by input, entry input · classes + class, so that
 * what an input does not light costs nothing.
 */
export class LogisticRegression {
  readonly weights: Float64Array
  readonly #data: LabelledRows
  readonly #velocity: Float64Array
  readonly #gradient: Float64Array

  /** @param weights where to start, inputs × classes; kept, not copied */
  constructor(data: LabelledRows, weights: Float64Array) {
    this.weights = weights
    this.#data = data
    this.#velocity = new Float64Array(weights.length)
    this.#gradient = new Float64Array(weights.length)
  }

  /** One pass over the rows named by `order`, in batches. */
  pass(order: readonly number[], recipe: Recipe, pass: number): void {
    const { inputs, labels, classes } = this.#data
    const error = new Float64Array(classes)
    const step = stepSize(recipe, pass)
    for (let start = 0; start < order.length; start += recipe.batch) {
      const end = Math.min(order.length, start + recipe.batch)
      this.#gradient.fill(0)
      for (let i = start; i < end; i++) {
        const row = order[i]!
        probabilities(this.weights, inputs, row, error)
        error[labels[row]!]! -= 1
        addOuterProduct(inputs, row, error, this.#gradient)
      }
      descend({ weights: this.weights, velocity: this.#velocity, gradient: this.#gradient }, recipe, step, end - start)
    }
  }
}

/** Trains on the rows named by `members`, in an order drawn anew for each pass. @returns inputs × classes */
export function trainLogisticRegression(
  data: LabelledRows,
  members: readonly number[],
  recipe: Recipe,
  random: Xoshiro128,
): Float64Array {
  const model = new LogisticRegression(data, uniformWeights(data.inputs.size, data.classes, random.fork('weights')))
  for (let pass = 0; pass < recipe.passes; pass++) model.pass(random.shuffle(members), recipe, pass)
  return model.weights
}

/** Uniform in ± 1/√inputs, as the layers of PyTorch begin. */
export function uniformWeights(inputs: number, outputs: number, random: Xoshiro128): Float64Array {
  const bound = 1 / Math.sqrt(inputs)
  return Float64Array.from({ length: inputs * outputs }, () => (2 * random.nextFloat() - 1) * bound)
}

/** Writes softmax(Wᵀ x) of one row into `out`. */
export function probabilities(weights: Float64Array, inputs: SparseRows, row: number, out: Float64Array): void {
  out.fill(0)
  addProduct(inputs, row, weights, out)
  softmax(out)
}
