import type { Kernels } from './kernel/kernels.ts'
import type { FeatureRows, PeriodEvents, PeriodItems } from './rows.ts'

/** One period of one (model, token), as a method sees it: numbers only. */
export interface PeriodInput {
  /** How many accounts have contributions; items name them by index. */
  readonly accounts: number
  readonly items: PeriodItems
  readonly events: PeriodEvents
  /** Millionths of a fee that go to data: the greatest of the policies under which the events' fees were taken, above 0. */
  readonly dataParts: number
  readonly minEvents: number
  /** D̄ at exponent 128 from the last paid period, null before the first. */
  readonly dBarFixed: bigint | null
  readonly kernels: Kernels
  /** K of all items where somebody keeps it up to date; made anew otherwise. */
  readonly curvature?: BigInt64Array
  readonly onProgress?: (text: string) => void
}

/** Share of Σ max(0, s) with its 90 % interval, fractions; shown, decides nothing. */
export interface ShareInterval {
  readonly low: number
  readonly value: number
  readonly high: number
}

/** What a period comes to; see docs/attribution.md for each name. */
export interface PeriodResult {
  readonly effectiveEvents: bigint
  readonly lambda: bigint
  readonly lambdaRetries: number
  /** Scores, D̄ and M are in units of 2^−exponent. */
  readonly exponent: number
  readonly dBar: bigint
  /** s of each account. */
  readonly scores: readonly bigint[]
  readonly sumPositive: bigint
  readonly denominator: bigint
  /** F = Σ fee'. */
  readonly feesScaled: bigint
  readonly intervals: readonly ShareInterval[]
  /** D: |v| < 2^24, in units of 2^−vExponent. */
  readonly v: Int32Array
  readonly vExponent: number
  readonly x: Float64Array
  readonly vErrorNano: bigint
  /** v of each item, below 2^53. */
  readonly values: Float64Array
  /** Present when there are enough effective events to pay. */
  readonly next: { readonly dBar: bigint; readonly dBarFixed: bigint } | null
}

/**
 * A way of working out what each contribution did for the paid uses of a period. An implementation promises that equal
 * numbers in give equal bits out, on any machine and any number of threads; any change of an output bit is a new version.
 */
export interface AttributionMethod {
  /** As policies name it, `family/kind@version`. */
  readonly name: string
  /** The kinds of feature rows that it takes. */
  readonly kinds: readonly FeatureRows['kind'][]
  /** @returns undefined when there is nothing to solve: no item has a gradient, or no fee was paid */
  attribute(input: PeriodInput): Promise<PeriodResult | undefined>
}
