import type { GradientRows } from '../bilinear/gradient-rows.ts'
import type { FeatureRows } from '../rows.ts'

/** Whole numbers below 2^72 as limbs of 24 bits, the lowest first; each limb one a row. */
export type Weights = readonly [low: Float64Array, middle: Float64Array, high: Float64Array]

/** What is asked of the scores of events × rows. */
export interface PairQuery {
  /** events × D, int16: each event's solved gradient, quantised. */
  readonly vectors: Int16Array
  /** One a row, at most 2^21, which counts the row as it is. */
  readonly weights: Uint32Array
  /** One a row, below `segments`: whose sums are wanted. */
  readonly segmentOf: Uint32Array
  readonly segments: number
  /** How many of the strongest rows of each event. */
  readonly top: number
}

export interface PairSummary {
  /** events × min(top, count): rows by descending score, of equal ones the earlier. */
  readonly topRows: Uint32Array
  /** Their scores, whole numbers below 2^53. */
  readonly topScores: Float64Array
  /** Σ|score| of each event. */
  readonly absolute: BigInt64Array
  /** events × segments. */
  readonly segments: BigInt64Array
}

/**
 * The loops that cost time. Everything here is exact integer arithmetic, so an implementation may sum in any order, on any
 * number of threads: `plain.ts` is the shortest way to say it, and every other implementation must give its bits.
 * D = classes · rank; cell = class · rank + dim.
 */
export interface Kernels {
  /**
   * K of docs/attribution.md step 1, summed over rows from … to − 1.
   *
   * @param kind `softmax`: Σ (w·diag(P8) − P8·P8ᵀ) ⊗ ah·ahᵀ of factored rows; `gram`: Σ h·hᵀ of dense rows
   * @returns D × D, symmetric
   * @throws WidthError when an entry could leave int64
   */
  curvature(rows: FeatureRows, kind: 'softmax' | 'gram', from: number, to: number): Promise<BigInt64Array>

  /**
   * Ψ of step 3: Σ errors ⊗ factors · u over the rows of each group.
   *
   * @param u     count × 1, below 2^21
   * @param group count × 1, index of the row's sum, or `groups` for none
   * @returns groups × D
   * @throws WidthError when a sum could reach 2^62
   */
  groupGradients(rows: GradientRows, u: Uint32Array, group: Uint32Array, groups: number): Promise<BigInt64Array>

  /**
   * M of step 4: 1 + max(Σ T⁺, Σ T⁻) of each row over all vectors, with
   * T = (Σ_class errors[class]·⟨factors, vectors[class]⟩)·2^shift.
   *
   * @param vectors count × D, int16
   * @param shifts  one a vector, 0 … 10
   * @returns one a row
   */
  movements(rows: GradientRows, vectors: Int16Array, shifts: Uint8Array): Promise<BigInt64Array>

  /**
   * q of step 4b: Σ_j ((|u_j| >> shift) + 1)² over all vectors, u_j = Σ_class errors[class]·⟨factors, vectors[class]⟩.
   *
   * @param vectors count × D, int16
   * @param shift   so that q stays below 2^53
   * @returns one a row
   */
  squares(rows: GradientRows, vectors: Int16Array, shift: number): Promise<Float64Array>

  /**
   * G of step 5: Σ m · errors ⊗ factors.
   *
   * @param m one a row
   * @returns D
   */
  weightedSum(rows: GradientRows, m: Weights): Promise<bigint[]>

  /**
   * G of step 5 of the rows in each of ten (or any number of) buckets: row i is in bucket i mod `buckets`.
   *
   * @returns buckets × D
   */
  weightedSums(rows: GradientRows, m: Weights, buckets: number): Promise<bigint[][]>

  /**
   * w of step 7: Σ_class errors[class]·⟨factors, v[class]⟩.
   *
   * @param v D, |v| < 2^24
   * @returns one a row, whole numbers below 2^53
   */
  project(rows: GradientRows, v: Int32Array): Promise<Float64Array>

  /**
   * Γ of step 4b before its ridge: Σ y·yᵀ.
   *
   * @param y count × size, whole numbers whose products sum below 2^53
   * @returns size × size, symmetric
   */
  outerSum(y: Float64Array, size: number): Promise<Float64Array>

  /**
   * Scores of every event on every row, never kept one by one: score = (Σ_class errors[class]·⟨factors, vectors[class]⟩ ·
   * weight) >> 21.
   *
   * @throws WidthError when Σ|score| of an event could reach 2^63
   */
  scorePairs(rows: GradientRows, query: PairQuery): Promise<PairSummary>

  /** Ends its threads. */
  close(): Promise<void>
}
