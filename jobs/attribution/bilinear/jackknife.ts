import type { Kernels, Weights } from '../kernel/kernels.ts'
import type { PeriodInput, ShareInterval } from '../method.ts'
import type { FactoredRows } from '../rows.ts'
import type { Factor } from './curvature.ts'
import { eventGradients, type GradientRows, itemGradients, vectorBits } from './gradient-rows.ts'
import { exponentFor, largestOf, toInt32 } from './scaled-vector.ts'

/** Two-sided 90 % of a normal distribution, in standard errors. */
const Z_90 = 1.645
const BUCKETS = 10

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

async function withoutBuckets(setting: Jackknife): Promise<number[][]> {
  const replicates: number[][] = []
  for (let left = 0; left < BUCKETS; left++) {
    const limbs = setting.weights.limbs.map((limb) =>
      limb.map((value, event) => (event % BUCKETS === left ? 0 : value)),
    )
    replicates.push(await sharesWith(setting, setting.items, setting.events, limbs as unknown as Weights))
  }
  return replicates
}

async function withoutMembers(setting: Jackknife): Promise<number[][]> {
  const { items, events } = setting.input
  if (items.rows.kind === 'dense' || events.rows.kind === 'dense') return []
  if (items.rows.checkpointCount < 2) return []
  const replicates: number[][] = []
  for (let left = 0; left < items.rows.checkpointCount; left++) {
    const itemRows = itemGradients(items.rows, meanWithout(left, items.rows))
    const eventRows = eventGradients(events.rows, meanWithout(left, events.rows))
    replicates.push(await sharesWith(setting, itemRows, eventRows, setting.weights.limbs))
  }
  return replicates
}

/** Shares of the accounts by other gradients or weights; the factor stays. */
async function sharesWith(
  { kernels, curvature, input, u }: Jackknife,
  items: GradientRows,
  events: GradientRows,
  limbs: Weights,
): Promise<number[]> {
  const demand = await kernels.weightedSum(events, limbs)
  const sums = new Float64Array(2 * input.accounts)
  if (demand.some((value) => value !== 0n)) {
    const x = curvature.factor.substitute(Float64Array.from(demand, Number))
    const projections = await kernels.project(items, toInt32(x, exponentFor(largestOf(x), vectorBits(items))))
    for (let item = 0; item < projections.length; item++)
      sums[2 * input.items.account[item]! + input.items.withdrawn[item]!]! += projections[item]! * u[item]!
  }
  return toShares(Array.from({ length: input.accounts }, (_, at) => sums[2 * at]! + Math.min(0, sums[2 * at + 1]!)))
}

/** Probabilities averaged over all members but one, thousandths. */
function meanWithout(left: number, { count, classes, checkpointCount, checkpoints }: FactoredRows): Float64Array {
  const mean = new Float64Array(count * classes)
  for (let row = 0; row < count; row++) {
    for (let member = 0; member < checkpointCount; member++) {
      if (member === left) continue
      const at = (row * checkpointCount + member) * classes
      for (let c = 0; c < classes; c++) mean[row * classes + c]! += checkpoints[at + c]!
    }
  }
  return mean.map((sum) => Math.round(sum / (checkpointCount - 1)))
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
