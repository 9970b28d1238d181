import type { DuckDBValue } from '@duckdb/node-api'
import type { RetrievalRule } from '../../funding/policy.ts'

/** What accounts and nobody share of what a use brings. */
export const PARTS_WHOLE = 1_000_000

/** A use of which a channel divides the data part, or a part of it. */
export interface ChannelUse {
  readonly inference: DuckDBValue
  /** Of the policy in force when its fee was funded. */
  readonly retrievalRule: RetrievalRule
}

/** Of one use: each account once; Σ weight ≤ {@link PARTS_WHOLE}, what is left is nobody's. */
export type AccountWeights = readonly { readonly account: string; readonly weight: number }[]
