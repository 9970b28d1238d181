/** What an extractor makes of one payload, before anything is compared. */
export interface ExtractedRow {
  /** r digits in [−63, 63]. */
  readonly a: Int8Array
  readonly ua: number
  /** n thousandths. */
  readonly p: readonly number[]
  /** checkpoints · n thousandths, row by row. */
  readonly checkpoints: readonly number[]
}

/** The hashes of a feature map that say what extracts. */
export const COMMITMENTS = ['codeHash', 'weightsHash', 'basisHash'] as const
/** The numbers of a feature map that say what comes out. */
export const SHAPE_FIELDS = ['rank', 'classes', 'checkpoints', 'unitExponent'] as const

/**
 * What extracts features anew. An implementation promises:
 * - its hashes are SHA-256 over the very bytes it extracts with, computed by itself and not taken from a file;
 * - `extract` depends on the payload and on those bytes alone, and never on the label;
 * - it throws a TallyError for a payload that has no features, and for nothing else.
 */
export interface Extractor {
  readonly hashes: Readonly<Record<(typeof COMMITMENTS)[number], Uint8Array>>
  readonly shape: Readonly<Record<(typeof SHAPE_FIELDS)[number], number>>
  extract(payload: Uint8Array): ExtractedRow
}

/** What to extract anew, and with what. */
export interface ReExtraction {
  /** Draws from each paid period. */
  readonly draws: number
  readonly extractor: Extractor
  /** A folder of payloads (docs/features.md#payloads). */
  readonly payloads: string
  /** 32 bytes that nobody knew when the features were published. Default: of the chain, the block that finalized the epoch. */
  readonly randomness?: Uint8Array
}

/** Largest number of draws from a period: each distinct one is a file read and a forward pass. */
export const DRAWS_MAX = 100_000

/**
 * How far a recorded number may be from the one extracted now and still count as the same work: floats are summed in other
 * orders on other machines, and what lies near the middle between two whole numbers is then rounded to the other one.
 */
export const TOLERANCE = { a: 1, uaLeast: 1, uaPerThousand: 1, p: 1, checkpoints: 1 } as const

/**
 * `same`: every number. `within tolerance`: none is farther off than {@link TOLERANCE}. `differs`: something is.
 * `absent`: the payload store has nothing under the content hash (erased, perhaps). `damaged`: it has other bytes there.
 */
export type ItemOutcome = 'same' | 'within tolerance' | 'differs' | 'absent' | 'damaged'

/** One field in which what was published is not what was extracted. */
export interface FieldDifference {
  /** `a[3]`, `ua`, `p[0]`, `checkpoints[12]`, `label`, `fingerprint`, `payload`. */
  readonly field: string
  readonly published: string
  readonly extracted: string
}

/** One sampled contribution. */
export interface ReExtractedItem {
  readonly epoch: number
  readonly model: string
  readonly token: string
  /** Whose it is. */
  readonly account: string
  readonly batchSource: string
  readonly batchId: string
  readonly index: number
  /** Under which its payload is stored; 0x-hex. */
  readonly contentHash: string
  /** Item value in the period. */
  readonly value: string
  /** How often it was drawn. */
  readonly draws: number
  readonly outcome: ItemOutcome
  /** Empty unless `differs`. At most {@link DIFFERENCES_SHOWN_MAX}. */
  readonly differences: readonly FieldDifference[]
}

export const DIFFERENCES_SHOWN_MAX = 8

/** A period that was sampled. */
export interface ReExtractedPeriod {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly featureMap: string
  /** 0x-hex, 32 bytes. */
  readonly randomness: string
  /** Where it came from, in words. */
  readonly randomnessFrom: string
  /** 0 when no item has a value. */
  readonly draws: number
  /** Distinct contributions by outcome. */
  readonly outcomes: Readonly<Record<ItemOutcome, number>>
}

/** A paid period whose feature map names another extractor. */
export interface PeriodLeftOut {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly featureMap: string
  /** Which commitments differ. */
  readonly differs: readonly string[]
}

export interface ReExtractionReport {
  readonly tolerance: typeof TOLERANCE
  readonly periods: readonly ReExtractedPeriod[]
  readonly leftOut: readonly PeriodLeftOut[]
  /** In the order of (period, accept order). */
  readonly items: readonly ReExtractedItem[]
}
