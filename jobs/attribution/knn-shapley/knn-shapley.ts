import type { AttributionMethod } from '../method.ts'
import { attributePairs, type PairScores } from '../pairwise/attribute-period.ts'
import type { FactoredRows, FeatureRows } from '../rows.ts'

/** K of the vote. */
export const NEIGHBOURS = 10
const EXPONENT = 30
/** z = (a · ua) >> 4 stays below 2^18, so that squared distances in 1,000 dimensions stay below 2^49. */
const INPUT_SHIFT = 4

/** `knn-shapley@1`: README.md beside this file. */
export const knnShapley: AttributionMethod = {
  name: 'knn-shapley@1',
  kinds: ['factored'],
  attribute: (input) => attributePairs(input, neighbourScores(input.items.rows, input.events.rows)),
}

/** The Shapley value of every stored row for the vote on each asked one, in 2^−30. */
export function neighbourScores(stored: FeatureRows, asked: FeatureRows): PairScores {
  if (stored.kind !== 'factored' || asked.kind !== 'factored') throw new TypeError('knn-shapley@1 takes factored rows.')
  const inputs = inputsOf(stored)
  const queries = inputsOf(asked)
  const distances = new Float64Array(stored.count)
  const order = new Uint32Array(stored.count)
  return {
    exponent: EXPONENT,
    scoresOf(event, out) {
      const query = queries.subarray(event * asked.rank, (event + 1) * asked.rank)
      for (let item = 0; item < stored.count; item++) distances[item] = distance(inputs, item * stored.rank, query)
      for (let item = 0; item < order.length; item++) order[item] = item
      order.sort((a, b) => distances[a]! - distances[b]! || a - b)
      shapleyValues(order, stored.labels, asked.labels[event]!, out)
    },
  }
}

/** Jia et al. 2019, theorem 1, from the farthest to the nearest; the farthest one's value is over max(N, K). */
function shapleyValues(order: Uint32Array, labels: Uint16Array, label: number, out: Float64Array): void {
  const count = order.length
  const matches = (place: number) => (labels[order[place]!] === label ? 1 : 0)
  let value = matches(count - 1) * Math.floor(2 ** EXPONENT / Math.max(count, NEIGHBOURS))
  out[order[count - 1]!] = value
  for (let place = count - 2; place >= 0; place--) {
    const nearest = place + 1
    const step = Math.floor((2 ** EXPONENT * Math.min(NEIGHBOURS, nearest)) / (NEIGHBOURS * nearest))
    value += (matches(place) - matches(place + 1)) * step
    out[order[place]!] = value
  }
}

function distance(inputs: Int32Array, at: number, query: Int32Array): number {
  let sum = 0
  for (let j = 0; j < query.length; j++) {
    const difference = inputs[at + j]! - query[j]!
    sum += difference * difference
  }
  return sum
}

function inputsOf({ count, rank, factors, multipliers }: FactoredRows): Int32Array {
  return Int32Array.from(
    factors,
    (factor, at) => (factor * multipliers[Math.floor(at / rank)]!) >> INPUT_SHIFT,
  ).subarray(0, count * rank)
}
