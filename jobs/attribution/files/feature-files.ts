import type { FeatureRows } from '../rows.ts'

/** A folder of features in memory: what a period is made of, without a ledger. docs/features.md. */
export interface FeatureFiles {
  readonly contributions: Contributions
  readonly inferences: Inferences
}

export interface Contributions extends ContributionList {
  readonly rows: FeatureRows
}

export interface Inferences extends InferenceList {
  readonly rows: FeatureRows
}

/** In accept order; all arrays have one entry a row. */
export interface ContributionList {
  readonly ids: readonly string[]
  /** Addresses in lower case, or other names as they are. */
  readonly accounts: readonly string[]
  /** 1: withdrawn by its contributor. */
  readonly withdrawn: Uint8Array
}

/** In accept order; all arrays have one entry a row. */
export interface InferenceList {
  readonly ids: readonly string[]
  /** Smallest units of one token, below 2^96. */
  readonly fees: readonly bigint[]
  readonly payers: readonly string[]
  /** 1: the payer owns a share of what was used. */
  readonly own: Uint8Array
  /** round(65,535 · probability of what was served). */
  readonly p16: Uint16Array
}

export const CONTRIBUTIONS_FILE = 'contributions.parquet'
export const INFERENCES_FILE = 'inferences.parquet'

/** As many as the curvature's sums leave room for. */
export const ROWS_MAX = 1 << 24
/** Of the factors of one file; they are held in memory. */
export const FACTOR_BYTES_MAX = 2 ** 32
/** Characters of an id or a name. */
export const TEXT_MAX = 1_024
/** An EVM address; other names are taken as they are. */
export const ADDRESS = /^0x[0-9a-fA-F]{40}$/
