import type { FactoredShape } from '../../jobs/attribution/features/packed-row.ts'

export interface ExplainOptions {
  /** An empty folder. */
  readonly folder: string
  readonly contributions: number
  readonly uses: number
  readonly accounts: number
  readonly shape: FactoredShape
  /** How many inferences are explained in each state of the cache. */
  readonly runs: number
}

/** Milliseconds, sorted ascending. */
export interface ExplainTimes {
  /** Items are in their file, the factor is not. */
  readonly factor_missing_ms: readonly number[]
  readonly factor_cached_ms: readonly number[]
  /** Neither: everything is read from the warehouse, and the files are made. */
  readonly nothing_cached_ms: readonly number[]
  /** Highest resident memory of the process while everything was cached, and at the end. */
  readonly peak_mib_cached: number
  readonly peak_mib: number
}
