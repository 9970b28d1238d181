import { spearman } from '../statistics.ts'

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

function rowOf({ subsets, values }: Losses, event: number): Float64Array {
  return values.subarray(event * subsets, (event + 1) * subsets)
}
