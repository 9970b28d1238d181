export interface ContenderOptions {
  readonly brokers: readonly string[]
  readonly records: number
  /** An empty folder of its own. */
  readonly folder: string
  /** A warehouse to go on with; one that does not exist when it is left out. */
  readonly warehouse?: string
}

/** Times from the first record to the end of the last; `rss_mib` is the highest the process ever had. */
export interface Measured {
  readonly records: number
  readonly wall_ms: number
  readonly cpu_ms: number
  readonly rss_mib: number
  readonly stages?: {
    readonly decode_ms: number
    readonly append_ms: number
    readonly commit_ms: number
    readonly transactions: number
    /** Opening the warehouse and asking it for positions. */
    readonly start_ms: number
  }
}

export interface Run extends Measured {
  /** CPU time of the broker while the contender's process ran. */
  readonly broker_cpu_ms: number
}
