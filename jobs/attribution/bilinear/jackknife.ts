import type { Kernels, Weights } from '../kernel/kernels.ts'
import type { PeriodInput, ShareInterval } from '../method.ts'
import type { FactoredRows } from '../rows.ts'
import type { Factor } from './curvature.ts'
import { eventGradients, type GradientRows, itemGradients, vectorBits } from './gradient-rows.ts'
import { exponentFor, largestOf, toInt32 } from './scaled-vector.ts'

/** Two-sided 90 % of a normal distribution, in standard errors. */
const Z_90 = 1.645
const BUCKETS = 10
/** A probability is at most so many thousandths. */
const THOUSAND = 1_000

interface Jackknife {
  readonly input: PeriodInput
  readonly kernels: Kernels
  readonly curvature: { readonly factor: Factor }
  readonly items: GradientRows
  readonly u: Uint32Array
  readonly events: GradientRows
  readonly weights: { readonly limbs: Weights }
  readonly scores: readonly bigint[]
}

/**
 * Delete-one jackknife over the ensemble's members and ten buckets of events (docs/attribution.md, interval): how much an
 * account's share would move had the model been trained, or asked, a little differently. It is shown and decides nothing.
 */
export async function shareIntervals(setting: Jackknife): Promise<ShareInterval[]> {
  const whole = toShares(setting.scores.map(Number))
  const replicates = [await withoutBuckets(setting), await withoutMembers(setting)]
  return whole.map((value, account) => {
    const variance = replicates.reduce(
      (sum, each) => sum + jackknifeVariance(each.map((shares) => shares[account]!)),
      0,
    )
    const margin = Z_90 * Math.sqrt(variance)
    return { low: Math.max(0, value - margin), value, high: Math.min(1, value + margin) }
  })
}

/** What all buckets demand less what one of them does: one pass over the events. */
async function withoutBuckets(setting: Jackknife): Promise<number[][]> {
  const { kernels, events, items, weights } = setting
  const parts = await kernels.weightedSums(events, weights.limbs, BUCKETS)
  const whole = parts.reduce((sum, part) => sum.map((value, cell) => value + part[cell]!))
  const replicates: number[][] = []
  for (const part of parts)
    replicates.push(
      await sharesOf(
        setting,
        items,
        whole.map((value, cell) => value - part[cell]!),
      ),
    )
  return replicates
}

async function withoutMembers(setting: Jackknife): Promise<number[][]> {
  const { items, events } = setting.input
  if (items.rows.kind === 'dense' || events.rows.kind === 'dense') return []
  const members = items.rows.checkpointCount
  if (members < 2) return []
  const sums = { items: sumOfMembers(items.rows), events: sumOfMembers(events.rows) }
  const replicates: number[][] = []
  for (let left = 0; left < members; left++) {
    const eventRows = eventGradients(events.rows, meanWithout(left, events.rows, sums.events))
    const demand = await setting.kernels.weightedSum(eventRows, setting.weights.limbs)
    const itemRows = itemGradients(items.rows, meanWithout(left, items.rows, sums.items))
    replicates.push(await sharesOf(setting, itemRows, demand))
  }
  return replicates
}

/** Shares of the accounts by another demand, and perhaps other gradients; the factor stays. */
async function sharesOf(
  { kernels, curvature, input, u }: Jackknife,
  items: GradientRows,
  demand: readonly bigint[],
): Promise<number[]> {
  const sums = new Float64Array(2 * input.accounts)
  if (demand.some((value) => value !== 0n)) {
    const x = curvature.factor.substitute(Float64Array.from(demand, Number))
    const projections = await kernels.project(items, toInt32(x, exponentFor(largestOf(x), vectorBits(items))))
    const { account, withdrawn } = input.items
    for (let item = 0; item < projections.length; item++)
      sums[2 * account[item]! + withdrawn[item]!]! += projections[item]! * u[item]!
  }
  return toShares(Array.from({ length: input.accounts }, (_, at) => sums[2 * at]! + Math.min(0, sums[2 * at + 1]!)))
}

/** Probabilities summed over the members, count × classes. */
function sumOfMembers({ count, classes, checkpointCount, checkpoints }: FactoredRows): Uint32Array {
  const sums = new Uint32Array(count * classes)
  for (let row = 0, at = 0; row < count; row++)
    for (let member = 0; member < checkpointCount; member++)
      for (let c = 0; c < classes; c++, at++) sums[row * classes + c]! += checkpoints[at]!
  return sums
}

/** Probabilities averaged over all members but one, thousandths. */
function meanWithout(
  left: number,
  { count, classes, checkpointCount, checkpoints }: FactoredRows,
  sums: Uint32Array,
): Uint16Array {
  const others = checkpointCount - 1
  // A table, since a division and a rounding for each cell would take longer than all else here.
  const meanOf = Uint16Array.from({ length: THOUSAND * others + 1 }, (_, sum) => Math.round(sum / others))
  const mean = new Uint16Array(count * classes)
  for (let row = 0, cell = 0; row < count; row++) {
    const at = (row * checkpointCount + left) * classes
    for (let c = 0; c < classes; c++, cell++) mean[cell] = meanOf[sums[cell]! - checkpoints[at + c]!]!
  }
  return mean
}

function toShares(scores: readonly number[]): number[] {
  const sum = scores.reduce((total, score) => total + Math.max(0, score), 0)
  return scores.map((score) => (sum === 0 ? 0 : Math.max(0, score) / sum))
}

function jackknifeVariance(replicates: readonly number[]): number {
  const n = replicates.length
  if (n < 2) return 0
  const mean = replicates.reduce((sum, value) => sum + value, 0) / n
  return ((n - 1) / n) * replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}
