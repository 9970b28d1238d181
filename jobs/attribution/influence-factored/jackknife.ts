import type { Cholesky } from '../solver/cholesky.ts'
import type { DemandScores } from './demand.ts'
import type { EventMatrix, ItemMatrix } from './item-matrix.ts'

/** Two-sided 90 % of a normal distribution, in standard errors. */
const Z_90 = 1.645

export interface ShareInterval {
  readonly low: number
  readonly value: number
  readonly high: number
}

/**
 * Delete-one jackknife over checkpoints and event buckets (docs/attribution.md, interval): how much an account's share would
 * move had the model been trained, or asked, a little differently. Float64: it is shown and decides nothing.
 */
export function shareIntervals(
  accounts: readonly string[],
  demand: DemandScores,
  items: ItemMatrix,
  events: EventMatrix,
  factor: Cholesky,
): Map<string, ShareInterval> {
  const whole = toShares(accounts.map((account) => Number(demand.s.get(account) ?? 0n)))
  const bucketReplicates = withoutBuckets(accounts, demand)
  const checkpointReplicates = Array.from({ length: items.checkpointCount }, (_, left) =>
    toShares(withoutCheckpoint(left, accounts, items, events, factor)),
  )
  return new Map(
    accounts.map((account, index) => {
      const variance = [bucketReplicates, checkpointReplicates]
        .map((replicates) => jackknifeVariance(replicates.map((replicate) => replicate[index]!)))
        .reduce((sum, part) => sum + part, 0)
      const margin = Z_90 * Math.sqrt(variance)
      const value = whole[index]!
      return [account, { low: Math.max(0, value - margin), value, high: Math.min(1, value + margin) }]
    }),
  )
}

function withoutBuckets(accounts: readonly string[], demand: DemandScores): number[][] {
  const buckets = Math.max(0, ...[...demand.buckets.values()].map((parts) => parts.length))
  return Array.from({ length: buckets }, (_, left) =>
    toShares(
      accounts.map((account) => Number((demand.s.get(account) ?? 0n) - (demand.buckets.get(account)?.[left] ?? 0n))),
    ),
  )
}

/** Scores of the accounts when one checkpoint is left out of the average of probabilities; the weights m are kept. */
function withoutCheckpoint(
  left: number,
  accounts: readonly string[],
  items: ItemMatrix,
  events: EventMatrix,
  factor: Cholesky,
): number[] {
  const { rank, classes, checkpointCount } = items
  const itemMean = meanWithout(left, items.checkpoints, items.count, classes, checkpointCount)
  const eventMean = meanWithout(left, events.checkpoints, events.count, classes, checkpointCount)
  // s_c = Σ_e m_e T_ec is linear in the events: one demand vector serves all accounts.
  const demand = new Float64Array(rank * classes)
  for (let e = 0; e < events.count; e++) {
    for (let c = 0; c < classes; c++) {
      const weight = events.m[e]! * (eventMean[e * classes + c]! - (events.label[e] === c ? 1000 : 0))
      for (let j = 0; j < rank; j++) demand[c * rank + j]! += weight * events.b[e * rank + j]!
    }
  }
  const solution = factor.substitute(demand)
  const scores = new Map(accounts.map((account) => [account, 0]))
  for (let i = 0; i < items.count; i++) {
    let value = 0
    for (let c = 0; c < classes; c++) {
      const onehot = items.label[i] === c ? 1000 : 0
      const error = 18 * (itemMean[i * classes + c]! - onehot) + 2 * (Math.floor(1000 / classes) - onehot)
      let projected = 0
      for (let j = 0; j < rank; j++) projected += items.a[i * rank + j]! * solution[c * rank + j]!
      value += error * projected
    }
    const account = items.account[i]!
    scores.set(account, scores.get(account)! + value * items.u[i]!)
  }
  return accounts.map((account) => scores.get(account)!)
}

function meanWithout(
  left: number,
  checkpoints: Int16Array,
  count: number,
  classes: number,
  checkpointCount: number,
): Float64Array {
  const mean = new Float64Array(count * classes)
  for (let row = 0; row < count; row++) {
    for (let checkpoint = 0; checkpoint < checkpointCount; checkpoint++) {
      if (checkpoint === left) continue
      const at = (row * checkpointCount + checkpoint) * classes
      for (let c = 0; c < classes; c++) mean[row * classes + c]! += checkpoints[at + c]!
    }
  }
  return mean.map((sum) => sum / Math.max(1, checkpointCount - 1))
}

function toShares(scores: readonly number[]): number[] {
  const positive = scores.map((score) => Math.max(0, score))
  const sum = positive.reduce((total, score) => total + score, 0)
  return positive.map((score) => (sum === 0 ? 0 : score / sum))
}

function jackknifeVariance(replicates: readonly number[]): number {
  const n = replicates.length
  if (n < 2) return 0
  const mean = replicates.reduce((sum, value) => sum + value, 0) / n
  return ((n - 1) / n) * replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}
