import { type LabelledRows, uniformWeights } from './logistic-regression.ts'
import type { Xoshiro128 } from './random.ts'
import { descend, type Recipe, stepSize } from './recipe.ts'
import { softmax } from './softmax.ts'
import { addOuterProduct, addProduct, type SparseRows } from './sparse-rows.ts'

/** A network with one hidden layer: p = softmax(W2ᵀ [relu(W1ᵀ x), 1]). */
export interface MlpShape {
  /** The bias among them. */
  readonly inputs: number
  readonly hidden: number
  readonly classes: number
}

/** Both layers in one array, so that one descent moves both: W1 input by input, then W2 hidden unit by hidden unit, its bias last. */
export type MlpWeights = Float64Array

/** What one sample lights in the network. */
export interface Activations {
  /** hidden + 1, the last one 1. */
  readonly hidden: Float64Array
  readonly probabilities: Float64Array
}

/** Trains on the rows named by `members`, in an order drawn anew for each pass. */
export function trainMlp(
  data: LabelledRows,
  members: readonly number[],
  { hidden, recipe }: { hidden: number; recipe: Recipe },
  random: Xoshiro128,
): MlpWeights {
  const { inputs, labels, classes } = data
  const shape = { inputs: inputs.size, hidden, classes }
  const weights = startWeights(shape, random)
  const velocity = new Float64Array(weights.length)
  const gradient = new Float64Array(weights.length)
  const lit = newActivations(shape)
  const back = new Float64Array(hidden)
  for (let pass = 0; pass < recipe.passes; pass++) {
    const order = random.shuffle(members)
    for (let start = 0; start < order.length; start += recipe.batch) {
      const end = Math.min(order.length, start + recipe.batch)
      gradient.fill(0)
      for (let i = start; i < end; i++) {
        const row = order[i]!
        activate(weights, shape, inputs, row, lit)
        lit.probabilities[labels[row]!]! -= 1
        hiddenErrors(weights, shape, lit.hidden, lit.probabilities, back)
        addGradient(gradient, shape, inputs, row, lit, back)
      }
      descend({ weights, velocity, gradient }, recipe, stepSize(recipe, pass), end - start)
    }
  }
  return weights
}

export function newActivations({ hidden, classes }: MlpShape): Activations {
  return { hidden: new Float64Array(hidden + 1), probabilities: new Float64Array(classes) }
}

/** Runs one row forward into `out`. */
export function activate(weights: MlpWeights, shape: MlpShape, rows: SparseRows, row: number, out: Activations): void {
  const { inputs, hidden, classes } = shape
  out.hidden.fill(0)
  addProduct(rows, row, weights, out.hidden.subarray(0, hidden))
  for (let h = 0; h < hidden; h++) if (out.hidden[h]! < 0) out.hidden[h] = 0
  out.hidden[hidden] = 1
  out.probabilities.fill(0)
  for (let h = 0, w = inputs * hidden; h <= hidden; h++) {
    const value = out.hidden[h]!
    for (let c = 0; c < classes; c++, w++) out.probabilities[c]! += weights[w]! * value
  }
  softmax(out.probabilities)
}

/** Errors of the hidden layer from those of the output: relu' ∘ W2 · errors. */
export function hiddenErrors(
  weights: MlpWeights,
  { inputs, hidden, classes }: MlpShape,
  active: Float64Array,
  errors: Float64Array,
  out: Float64Array,
): void {
  for (let h = 0; h < hidden; h++) {
    let sum = 0
    const from = inputs * hidden + h * classes
    for (let c = 0; c < classes; c++) sum += weights[from + c]! * errors[c]!
    out[h] = active[h]! > 0 ? sum : 0
  }
}

function startWeights({ inputs, hidden, classes }: MlpShape, random: Xoshiro128): MlpWeights {
  const first = uniformWeights(inputs, hidden, random.fork('hidden'))
  const second = uniformWeights(hidden + 1, classes, random.fork('output'))
  return Float64Array.from([...first, ...second])
}

/** @param lit the output's errors in place of its probabilities */
function addGradient(
  gradient: Float64Array,
  { inputs, hidden, classes }: MlpShape,
  rows: SparseRows,
  row: number,
  lit: Activations,
  back: Float64Array,
): void {
  addOuterProduct(rows, row, back, gradient)
  for (let h = 0, w = inputs * hidden; h <= hidden; h++) {
    const value = lit.hidden[h]!
    for (let c = 0; c < classes; c++, w++) gradient[w]! += lit.probabilities[c]! * value
  }
}
