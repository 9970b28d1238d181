import type { Database } from '../../pipelines/warehouse/database.ts'
import type { FeatureShape } from './influence-factored/item-matrix.ts'

/** One period of one (model, token) to be attributed. */
export interface PeriodInput {
  readonly warehouse: Database
  readonly epoch: number
  readonly firstEpoch: number
  readonly model: string
  readonly token: string
  readonly featureMap: string
  readonly shape: FeatureShape
  /** Millionths of a fee that go to data under the policy in force. */
  readonly dataParts: number
  readonly minEvents: number
  /** D̄ at exponent 128 from the last paid period, null before the first. */
  readonly dBarFixed: bigint | null
  readonly onProgress?: (text: string) => void
}

export interface AccountScore {
  readonly account: string
  readonly items: number
  readonly duplicates: number
  /** Exponent of sHat; null when the account has no score. */
  readonly k: number | null
  /** Ŝ_c as int16, big-endian. */
  readonly sHat: Uint8Array | null
  readonly s: bigint
  /** Share of Σ max(0, s) with its 90 % interval, fractions; shown, decides nothing. */
  readonly share: { readonly low: number; readonly value: number; readonly high: number } | null
}

/** What a solved period knows; see docs/attribution.md for each name. */
export interface Solved {
  readonly lambda: bigint
  readonly kMax: number
  readonly dBar: bigint
  readonly sumPositive: bigint
  readonly denominator: bigint
  /** F = Σ fee'. */
  readonly feesScaled: bigint
}

/** Present when the period has enough effective events to pay. */
export interface Payable {
  readonly dBarNext: bigint
  readonly dBarFixed: bigint
  readonly lambdaRetries: number
  readonly vErrorNano: bigint
  /** V as int16 and x as float64, big-endian. */
  readonly v: Uint8Array
  readonly x: Uint8Array
}

export interface PeriodOutput {
  readonly events: number
  readonly items: number
  readonly duplicates: number
  /** Σ fee of its events. */
  readonly fees: bigint
  readonly feeShift: number
  readonly effectiveEvents: bigint
  readonly scores: readonly AccountScore[]
  readonly solved: Solved | null
  readonly payable: Payable | null
}

/** A way of working out what each contribution did for the paid uses of a period. Any change of an output bit is a new version. */
export interface AttributionMethod {
  /** As policies name it, `family/kind@version`. */
  readonly name: string
  attribute(input: PeriodInput): Promise<PeriodOutput>
}
