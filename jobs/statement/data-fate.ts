import type { DataChannel } from '../funding/policy.ts'
import type { ToldPeriod } from './told-periods.ts'

/** What became of the data part of a fee. */
export type DataFate =
  /** There is none: the fee was not taken, or the policy gives data nothing of it. */
  | { readonly state: 'none' }
  /** The epoch in which it is decided is not settled. */
  | { readonly state: 'undecided'; readonly amount: bigint }
  /** It waits for the features of the use, up to and with epoch `until`; then it goes to nobody. */
  | { readonly state: 'waiting'; readonly amount: bigint; readonly until: number }
  /** They did not come: nobody's since the end of epoch `in`. */
  | { readonly state: 'expired'; readonly amount: bigint; readonly in: number }
  /** In the pool of a period that is still open, for too few uses of weight: `effective` of `needed`. */
  | {
      readonly state: 'open'
      readonly amount: bigint
      readonly since: number
      readonly effective: bigint
      readonly needed: number
      /** In which it is given up at the latest, by the policy in force. */
      readonly until: number
    }
  /** Its period was given up for too few uses: nobody's since the end of epoch `in`. */
  | { readonly state: 'given-up'; readonly amount: bigint; readonly in: number }
  /** A channel divided it over contributors by this use alone, in epoch `in`; what none of them did is nobody's. */
  | { readonly state: 'divided'; readonly amount: bigint; readonly in: number; readonly channel: DataChannel }
  /** Its period paid contributors in that epoch. */
  | { readonly state: 'paid'; readonly amount: bigint; readonly in: number }

/** What is known of a use whose fee may have been taken. */
interface FundedUse {
  /** Of the fee that was taken; 0: none was. */
  readonly amount: bigint
  /** The last epoch in which its features count; null: the fee was not taken. */
  readonly featuresUntil: number | null
  /** The channel that took it, and in which epoch. */
  readonly taken: { readonly channel: DataChannel; readonly epoch: number } | undefined
  readonly period: ToldPeriod | undefined
}

interface Terms {
  readonly settled: number
  /** Of the policy in force in the last settled epoch. */
  readonly minEvents: number
  readonly maxPeriodEpochs: number
}

export function dataFateOf(
  { amount, featuresUntil, taken, period }: FundedUse,
  { settled, minEvents, maxPeriodEpochs }: Terms,
): DataFate {
  if (amount === 0n || featuresUntil === null) return { state: 'none' }
  if (taken === undefined)
    return featuresUntil > settled
      ? { state: 'waiting', amount, until: featuresUntil }
      : { state: 'expired', amount, in: featuresUntil }
  if (taken.channel !== 'features') return { state: 'divided', amount, in: taken.epoch, channel: taken.channel }
  if (period === undefined) return { state: 'undecided', amount }
  if (period.state === 'paid') return { state: 'paid', amount, in: period.toldIn }
  if (period.state === 'unattributed') return { state: 'given-up', amount, in: period.toldIn }
  return {
    ...{ state: 'open', amount, since: period.firstEpoch, effective: BigInt(period.effectiveEvents) },
    ...{ needed: minEvents, until: period.firstEpoch + maxPeriodEpochs - 1 },
  }
}
