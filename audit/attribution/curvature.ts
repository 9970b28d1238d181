import { differ } from '../difference.ts'
import { type Contribution, EXACT_LIMIT, type Shape } from './period.ts'

export interface Curvature {
  /** D. */
  readonly size: number
  /** D × D, symmetric, whole numbers below 2^53. */
  readonly k: Float64Array
  readonly lambda: bigint
}

/** Items taken together, so that the sums are loaded and stored once for four of them. */
const GROUP = 4

/** Σ over items of coefficient × pair of dimensions, for one pair of classes after another. */
interface BlockSums {
  /** Pairs of dims (i ≥ j), packed by rows. */
  readonly pairs: number
  readonly sums: Float64Array
}

/**
 * Step 1: K = Σ (w·diag(P8) − P8·P8ᵀ) ⊗ ah·ahᵀ over the kept items, and λ. All sums are whole numbers below 2^53, so float64
 * holds them exactly and their order does not matter.
 *
 * @throws DifferenceFound when K could exceed 2^53
 */
export function curvatureOf(items: readonly Contribution[], { rank, classes }: Shape): Curvature {
  assertWidth(items.length)
  const blocks = sumBlocks(items, rank, classes)
  const size = rank * classes
  const k = new Float64Array(size * size)
  let block = 0
  for (let c = 0; c < classes; c++) {
    for (let d = 0; d <= c; d++, block++) {
      let at = block * blocks.pairs
      for (let i = 0; i < rank; i++) {
        for (let j = 0; j <= i; j++, at++) {
          const value = blocks.sums[at]!
          // Each block is symmetric by itself, and so is the matrix of blocks.
          k[(c * rank + i) * size + d * rank + j] = value
          k[(c * rank + j) * size + d * rank + i] = value
          k[(d * rank + i) * size + c * rank + j] = value
          k[(d * rank + j) * size + c * rank + i] = value
        }
      }
    }
  }
  return { size, k, lambda: lambdaOf(k, size) }
}

/** An entry of one item is below 2^38: w·P8 < 2^16, ah² < 2^22. */
function assertWidth(items: number): void {
  if (items * 2 ** 38 >= EXACT_LIMIT) {
    differ('attribution', 'curvature of the kept items', `fewer than ${EXACT_LIMIT / 2 ** 38} items`, items)
  }
}

function lambdaOf(k: Float64Array, size: number): bigint {
  let trace = 0n
  for (let i = 0; i < size; i++) trace += BigInt(k[i * size + i]!)
  const lambda = (3n * trace) / (10n * BigInt(size))
  return lambda > 1n ? lambda : 1n
}

function sumBlocks(items: readonly Contribution[], rank: number, classes: number): BlockSums {
  const pairs = (rank * (rank + 1)) / 2
  const blockCount = (classes * (classes + 1)) / 2
  const sums = new Float64Array(blockCount * pairs)
  const outer = Array.from({ length: GROUP }, () => new Float64Array(pairs))
  const weights = Array.from({ length: GROUP }, () => new Float64Array(blockCount))
  for (let first = 0; first < items.length; first += GROUP) {
    for (let lane = 0; lane < GROUP; lane++) {
      const item = items[first + lane]
      if (item === undefined) weights[lane]!.fill(0)
      else fillLane(item, outer[lane]!, weights[lane]!)
    }
    addGroup(sums, outer, weights, pairs, blockCount)
  }
  return { pairs, sums }
}

function fillLane(item: Contribution, outer: Float64Array, weights: Float64Array): void {
  const ah = Float64Array.from(item.a, (value) => (value * item.ua) >> 11)
  let at = 0
  for (let i = 0; i < ah.length; i++) for (let j = 0; j <= i; j++) outer[at++] = ah[i]! * ah[j]!
  const p8 = item.p.map((p) => Math.floor((256 * p + 500) / 1000))
  const w = p8.reduce((sum, p) => sum + p, 0)
  let block = 0
  for (let c = 0; c < p8.length; c++) {
    for (let d = 0; d <= c; d++) weights[block++] = (c === d ? w * p8[c]! : 0) - p8[c]! * p8[d]!
  }
}

function addGroup(
  sums: Float64Array,
  outer: readonly Float64Array[],
  weights: readonly Float64Array[],
  pairs: number,
  blockCount: number,
): void {
  const [o0, o1, o2, o3] = outer as [Float64Array, Float64Array, Float64Array, Float64Array]
  for (let block = 0; block < blockCount; block++) {
    const w0 = weights[0]![block]!
    const w1 = weights[1]![block]!
    const w2 = weights[2]![block]!
    const w3 = weights[3]![block]!
    if (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0) continue
    const start = block * pairs
    for (let t = 0; t < pairs; t++) {
      sums[start + t]! += w0 * o0[t]! + w1 * o1[t]! + w2 * o2[t]! + w3 * o3[t]!
    }
  }
}
