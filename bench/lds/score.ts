/** True or predicted losses of events, one row an event, one column a subset. */
export interface Losses {
  readonly events: number
  readonly subsets: number
  readonly values: Float64Array
}

/** Events from … to − 1 of those that have true losses. */
export interface EventRange {
  readonly from: number
  readonly to: number
}

/**
 * The linear datamodeling score (Park et al. 2023, TRAK): Spearman's correlation between true and predicted losses over the
 * subsets, averaged over events.
 *
 * @param predicted of the events in `range` alone
 */
export function linearDatamodelingScore(truth: Losses, predicted: Losses, { from, to }: EventRange): number {
  let sum = 0
  for (let event = from; event < to; event++) sum += spearman(rowOf(truth, event), rowOf(predicted, event - from))
  return sum / (to - from)
}

/** Pearson's correlation of ranks, ties sharing their mean rank; 0 when one side is constant. */
export function spearman(a: Float64Array, b: Float64Array): number {
  return pearson(ranks(a), ranks(b))
}

export function pearson(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}

export function mean(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function rowOf({ subsets, values }: Losses, event: number): Float64Array {
  return values.subarray(event * subsets, (event + 1) * subsets)
}

function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!)
  const out = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let at = from; at < to; at++) out[order[at]!] = (from + to - 1) / 2
    from = to
  }
  return out
}
