/**
 * Features as they were recorded, row by row in flat arrays (docs/attribution.md, features). A row of kind `factored` stands
 * for the gradient error ⊗ factors · multiplier of a layer with a softmax behind it; of kind `dense` for the gradient
 * factors · multiplier itself. Both in units of a power of two that the feature map states.
 */
export type FeatureRows = FactoredRows | DenseRows

export interface FactoredRows {
  readonly kind: 'factored'
  readonly count: number
  /** r, input dimensions. */
  readonly rank: number
  /** n, output classes. */
  readonly classes: number
  /** Members of the ensemble whose own probabilities come with each row; 0 for none. */
  readonly checkpointCount: number
  /** count × rank, [−63, 63]. */
  readonly factors: Int8Array
  readonly multipliers: Uint16Array
  /** count × classes, thousandths. */
  readonly probabilities: Uint16Array
  /** count × checkpointCount × classes, thousandths. */
  readonly checkpoints: Uint16Array
  readonly labels: Uint16Array
}

export interface DenseRows {
  readonly kind: 'dense'
  readonly count: number
  /** k, dimensions of the gradient. */
  readonly rank: number
  /** count × rank, [−63, 63]. */
  readonly factors: Int8Array
  readonly multipliers: Uint16Array
  /** Members of an ensemble whose gradients follow one another, rank / blocks dimensions each. Default: 1. */
  readonly blocks?: number
  /** What each row's gradient counts, thousandths; Q of TRAK. Default: 1 each. */
  readonly weights?: Uint16Array
}

/** The kept contributions of a period in accept order. */
export interface PeriodItems {
  readonly rows: FeatureRows
  /** Index into the period's accounts, ascending by account bytes. */
  readonly account: Uint32Array
  /** 1: its contributor withdrew it; it can lower the account's score and never raise it. */
  readonly withdrawn: Uint8Array
}

/** The paid uses of a period in accept order. */
export interface PeriodEvents {
  readonly rows: FeatureRows
  /** round(65,535 · probability of what was served). */
  readonly p16: Uint16Array
  /** fee' = fee >> feeShift: whole numbers below 2^48. */
  readonly fees: Float64Array
  /** 1: the payer owns a share of what was used, and the use counts for nothing. */
  readonly own: Uint8Array
}
