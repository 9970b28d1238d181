/** What one process measures: see the functions of contenders.ts. */
export type Contender = 'tree' | 'shuffled' | 'hashing' | 'hash-wasm' | 'openzeppelin'

export interface ContenderOptions {
  readonly accounts: number
  readonly threads: number
  readonly seed: string
}

export interface MeasuredTree {
  readonly wall_ms: number
  /** Of all threads: other work on the machine disturbs it less. */
  readonly cpu_ms: number
  /** The highest that the process ever had, with its input. */
  readonly peak_mib: number
  /** Before it began, with its input. */
  readonly before_mib: number
  /** Of the tree alone: from the file that it is stored in. */
  readonly stored?: MeasuredFile
}

export interface MeasuredFile {
  readonly write_ms: number
  readonly mib: number
  /** One payout with its proof, verified; the median of 100. */
  readonly proof_ms: number
}
