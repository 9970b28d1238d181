import type { ShareInterval } from '../../jobs/attribution/method.ts'
import { mean } from '../statistics.ts'

/** How intervals of many draws stand to what the draws have in common. */
export interface Coverage {
  /** Part of the intervals (accounts × draws) that hold their account's mean share over the other draws. */
  readonly covered: number
  /** The same by account: the worst and the best. */
  readonly coveredLeast: number
  readonly coveredMost: number
  /** Part of the intervals that lie wholly above and below it. */
  readonly above: number
  readonly below: number
  /** Mean half width over 1.645 standard deviations of the shares: 1 where intervals are as wide as shares vary. */
  readonly width: number
}

const Z_90 = 1.645

/** @param draws at least 3, each with an interval for every account */
export function coverageOf(draws: readonly (readonly ShareInterval[])[]): Coverage {
  const accounts = draws[0]!.map((_, account) => accountCoverage(draws.map((draw) => draw[account]!)))
  const average = (of: (each: (typeof accounts)[number]) => number) => mean(accounts.map(of))
  const inside = accounts.map(({ above, below }) => 1 - above - below)
  return {
    covered: mean(inside),
    coveredLeast: Math.min(...inside),
    coveredMost: Math.max(...inside),
    above: average(({ above }) => above),
    below: average(({ below }) => below),
    width: average(({ halfWidth }) => halfWidth) / (Z_90 * average(({ deviation }) => deviation)),
  }
}

function accountCoverage(intervals: readonly ShareInterval[]) {
  const n = intervals.length
  const sum = intervals.reduce((total, { value }) => total + value, 0)
  let [above, below, squares] = [0, 0, 0]
  for (const { low, value, high } of intervals) {
    const others = (sum - value) / (n - 1)
    if (low > others) above++
    if (high < others) below++
    squares += (value - sum / n) ** 2
  }
  return {
    above: above / n,
    below: below / n,
    halfWidth: mean(intervals.map(({ low, high }) => (high - low) / 2)),
    deviation: Math.sqrt(squares / (n - 1)),
  }
}
