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

/** One explanation: on the clock, and of all threads of the process, which other work on the machine disturbs less. */
export interface ExplainTime {
  readonly wall_ms: number
  readonly cpu_ms: number
}

export interface ExplainTimes {
  /** Items are in their file, the factor is not. */
  readonly factor_missing: readonly ExplainTime[]
  readonly factor_cached: readonly ExplainTime[]
  /** Neither: everything is read from the warehouse, and the files are made. */
  readonly nothing_cached: readonly ExplainTime[]
  /** Highest resident memory of the process while everything was cached, and at the end. */
  readonly peak_mib_cached: number
  readonly peak_mib: number
}
