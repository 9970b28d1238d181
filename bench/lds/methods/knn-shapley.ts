import type { FactoredRows } from '../../../jobs/attribution/rows.ts'
import type { Setting } from '../protocol.ts'
import { linearDatamodelingScore } from '../score.ts'
import type { Recorded } from './engine.ts'
import { heldOutEvents, lossesFromPairs, type Prediction, testedEvents } from './method.ts'

/** Neighbours among which K is chosen. */
const NEIGHBOURS = [1, 3, 5, 10, 20, 50, 100]

/** Exact Shapley values of a K-nearest-neighbour classifier on the recorded int8 coordinates: no model is asked. */
export function predictKnnShapley(setting: Setting, { items, events }: Recorded<FactoredRows>): Prediction {
  const orders = Array.from({ length: events.count }, (_, event) => byDistance(items, events, event))
  const predict = (neighbours: number, range = testedEvents(setting)) =>
    lossesFromPairs(setting, range, (event) =>
      knnShapley(orders[event]!, items.labels, events.labels[event]!, neighbours),
    )
  const range = heldOutEvents(setting)
  const scores = NEIGHBOURS.map((neighbours) =>
    linearDatamodelingScore(setting.truth, predict(neighbours, range), range),
  )
  const neighbours = NEIGHBOURS[scores.indexOf(Math.max(...scores))]!
  return {
    name: 'KNN-Shapley int8, r = 100',
    bytes: items.rank + 2 + 2,
    predicted: predict(neighbours),
    chosen: { neighbours },
  }
}

/**
 * Shapley values for one event (Jia et al. 2019, theorem 1), from the farthest sample to the nearest. The farthest counts
 * 1/max(N, K): with 1/N, as the paper has it for N ≥ K, fewer samples than neighbours would be overpaid.
 *
 * @param order samples, the nearest first
 */
export function knnShapley(
  order: Uint32Array,
  labels: ArrayLike<number>,
  label: number,
  neighbours: number,
): Float64Array {
  const n = order.length
  const values = new Float64Array(n)
  const matches = (place: number) => (labels[order[place]!] === label ? 1 : 0)
  let value = matches(n - 1) / Math.max(n, neighbours)
  values[order[n - 1]!] = value
  for (let place = n - 2; place >= 0; place--) {
    const rank = place + 1
    value += ((matches(place) - matches(place + 1)) / neighbours) * (Math.min(neighbours, rank) / rank)
    values[order[place]!] = value
  }
  return values
}

function byDistance(items: FactoredRows, events: FactoredRows, event: number): Uint32Array {
  const { rank, factors, multipliers } = items
  const point = Float64Array.from(
    events.factors.subarray(event * rank, (event + 1) * rank),
    (factor) => factor * events.multipliers[event]!,
  )
  const distances = new Float64Array(items.count)
  for (let item = 0; item < items.count; item++) {
    let sum = 0
    for (let k = 0; k < rank; k++) {
      const difference = factors[item * rank + k]! * multipliers[item]! - point[k]!
      sum += difference * difference
    }
    distances[item] = sum
  }
  return Uint32Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b)
}
