/** What the bundle of the bench is made of. */
export interface AuditBenchOptions {
  /** In all epochs together. */
  readonly records: number
  readonly epochs: number
  readonly seed: number
  /** Who contribute, in turns; their batches are as small as that takes. */
  readonly accounts: number
  /** Folder of the ledger; its bundles lie in `bundles`. */
  readonly folder: string
}

export const SHAPE = { rank: 32, classes: 10, checkpoints: 0 } as const
/** The most items that a batch may have. */
export const BATCH_ITEMS_MAX = 1_000

/** Of a thousand records of an epoch. */
export const SHARES = { contributions: 200, uses: 390, duplicates: 10, refused: 10 } as const

export interface Timed {
  readonly wall_s: number
  readonly cpu_s: number
}

export interface LimitMeasured {
  /** Content, leaf and tree: three SHA-256 a record. */
  readonly hashing: Timed
  /** Curvature, solve, V and scores of every period, from features in memory. */
  readonly scoring: Timed
}

export interface AuditMeasured extends Timed {
  readonly records: number
  readonly signatures: number
  /** The most the process ever had. */
  readonly peak_mib: number
}
