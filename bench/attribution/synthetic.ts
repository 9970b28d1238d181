import type { DenseRows, FactoredRows, FeatureRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'

/** Shape of the features of a bench. */
export interface BenchShape {
  readonly kind: 'factored' | 'dense'
  readonly rank: number
  readonly classes: number
  /** Members of the ensemble whose probabilities come along. */
  readonly checkpointCount: number
}

const FACTOR_MAX = 63
const THOUSAND = 1_000

/** Random whole numbers below a limit, from a seed (xorshift32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0 || 1
  }

  below(limit: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state % limit
  }
}

/** Rows as an extractor gives them: a sure class and a tail that halves from class to class. */
export function syntheticRows(shape: BenchShape, count: number, dice: Dice): FeatureRows {
  const { rank, classes, checkpointCount } = shape
  const factors = new Int8Array(new SharedArrayBuffer(count * rank))
  for (let at = 0; at < factors.length; at++) factors[at] = dice.below(2 * FACTOR_MAX + 1) - FACTOR_MAX
  const multipliers = Uint16Array.from({ length: count }, () => 20_000 + dice.below(40_000))
  const dense: DenseRows = { kind: 'dense', count, rank, factors, multipliers }
  if (shape.kind === 'dense') return dense
  const rows: FactoredRows = {
    ...dense,
    kind: 'factored',
    classes,
    checkpointCount,
    probabilities: new Uint16Array(count * classes),
    checkpoints: new Uint16Array(count * checkpointCount * classes),
    labels: new Uint16Array(count),
  }
  for (let row = 0; row < count; row++) {
    const sure = dice.below(classes)
    rows.labels[row] = dice.below(8) === 0 ? dice.below(classes) : sure
    fillProbabilities(rows.probabilities, row * classes, classes, sure, dice)
    for (let member = 0; member < checkpointCount; member++)
      fillProbabilities(rows.checkpoints, (row * checkpointCount + member) * classes, classes, sure, dice)
  }
  return rows
}

function fillProbabilities(into: Uint16Array, from: number, classes: number, sure: number, dice: Dice): void {
  let rest = dice.below(600)
  into[from + sure] = THOUSAND - rest
  for (let step = 1; step < classes; step++) {
    const part = step === classes - 1 ? rest : rest >> 1
    into[from + ((sure + step) % classes)] = part
    rest -= part
  }
}

export function syntheticItems(rows: FeatureRows, accounts: number, dice: Dice): PeriodItems {
  const account = Uint32Array.from({ length: rows.count }, () => dice.below(accounts))
  return { rows, account, withdrawn: new Uint8Array(rows.count) }
}

export function syntheticEvents(rows: FeatureRows, dice: Dice): PeriodEvents {
  return {
    rows,
    p16: Uint16Array.from({ length: rows.count }, () => 30_000 + dice.below(35_000)),
    fees: Float64Array.from({ length: rows.count }, () => 1_000_000 + dice.below(50_000_000)),
    own: new Uint8Array(rows.count),
  }
}
