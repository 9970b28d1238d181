import type { Contribution, ContributionPlace } from './attribution/period.ts'

/** Rows of one piece of the vectors and probabilities: they grow without being copied. */
const SLAB_ROWS = 4_096
const ROWS_FIRST = 1_024
/** No row: the features of the item were erased. */
const ERASED_ROW = 0xffff_ffff
const NONE: readonly ContributionPlace[] = []

/** A batch that was accepted. */
export interface AcceptedBatch {
  /** 0x-hex. */
  readonly account: string
  readonly dataset: string
  readonly items: number
  /** Place of its record among all batches and commitments, in accept order. */
  readonly rank: number
  /** Place of the commitment that it reveals in time, else its own. */
  readonly priority: number
  /** By index, 1 for what its contributor took back; undefined while that is nothing. */
  withdrawn: Uint8Array | undefined
  /** By index, 1 for what was ordered to be erased; undefined while that is nothing. */
  erased: Uint8Array | undefined
}

/** What features say of one item. */
export interface ContributionRow {
  /** Number and entry of its batch. */
  readonly batchNumber: number
  readonly batch: AcceptedBatch
  readonly index: number
  readonly multiplier: number
  readonly label: number
  readonly fingerprint: Uint8Array
  /** From `pAt` on; copied. */
  readonly p: Uint16Array
  readonly pAt: number
  /** From `vectorAt` on; copied. */
  readonly vector: Int8Array
  readonly vectorAt: number
  readonly near: readonly ContributionPlace[]
}

/**
 * The contributions that have features under one map, in typed arrays: for each its vector, two bytes a probability, 14 bytes,
 * its 32 bytes of fingerprint as a text, and an object of two fields.
 */
export class ContributionTable {
  readonly #rank: number
  readonly #classes: number
  readonly #vectors: Int8Array[] = []
  readonly #p: Uint16Array[] = []
  #batchOf = new Uint32Array(ROWS_FIRST)
  #indexes = new Uint16Array(ROWS_FIRST)
  #multipliers = new Uint16Array(ROWS_FIRST)
  #labels = new Uint16Array(ROWS_FIRST)
  #contents = new Uint32Array(ROWS_FIRST)
  readonly #near = new Map<number, readonly ContributionPlace[]>()
  readonly #batches = new Map<number, AcceptedBatch>()
  /** By number of the batch: row + 1 of each item that has features, else 0. */
  readonly #rowsOf = new Map<number, Uint32Array>()
  /** Numbers for fingerprints. */
  readonly #contentOf = new Map<string, number>()
  readonly #all: StoredContribution[] = []
  /** Items whose features were erased: that they were there is all that is known. */
  readonly #gone: { readonly batch: AcceptedBatch; readonly index: number }[] = []

  constructor({ rank, classes }: { readonly rank: number; readonly classes: number }) {
    this.#rank = rank
    this.#classes = classes
  }

  /** In accept order of the features; without what was ordered to be erased. */
  get all(): readonly Contribution[] {
    return this.#all.filter(({ isErased }) => !isErased)
  }

  has(batchNumber: number, index: number): boolean {
    return (this.#rowsOf.get(batchNumber)?.[index] ?? 0) > 0
  }

  add(added: ContributionRow): void {
    const { batchNumber, batch, index, multiplier, label, fingerprint, near } = added
    const row = this.#all.length
    if (row === this.#batchOf.length) this.#grow()
    if (row % SLAB_ROWS === 0) {
      this.#vectors.push(new Int8Array(SLAB_ROWS * this.#rank))
      this.#p.push(new Uint16Array(SLAB_ROWS * this.#classes))
    }
    copyRow(added.vector, added.vectorAt, this.#vectors.at(-1)!, row % SLAB_ROWS, this.#rank)
    copyRow(added.p, added.pAt, this.#p.at(-1)!, row % SLAB_ROWS, this.#classes)
    this.#batches.set(batchNumber, batch)
    this.#batchOf[row] = batchNumber
    this.#indexes[row] = index
    this.#multipliers[row] = multiplier
    this.#labels[row] = label
    this.#contents[row] = this.#contentNumber(Buffer.from(fingerprint).toString('latin1'))
    if (near.length > 0) this.#near.set(row, near)
    const rows = this.#rowsOf.get(batchNumber) ?? new Uint32Array(batch.items)
    rows[index] = row + 1
    this.#rowsOf.set(batchNumber, rows)
    this.#all.push(new StoredContribution(this, row))
  }

  /** Of an item whose accepted features were erased. */
  addErased(batchNumber: number, batch: AcceptedBatch, index: number): void {
    const rows = this.#rowsOf.get(batchNumber) ?? new Uint32Array(batch.items)
    rows[index] = ERASED_ROW
    this.#rowsOf.set(batchNumber, rows)
    this.#gone.push({ batch, index })
  }

  /** Whether features were erased of an item whose erasure is not ordered yet: it still takes part. */
  get misses(): boolean {
    return this.#gone.some(({ batch, index }) => batch.erased?.[index] !== 1)
  }

  batchOf(row: number): AcceptedBatch {
    return this.#batches.get(this.#batchOf[row]!)!
  }

  indexOf(row: number): number {
    return this.#indexes[row]!
  }

  multiplierOf(row: number): number {
    return this.#multipliers[row]!
  }

  labelOf(row: number): number {
    return this.#labels[row]!
  }

  contentOf(row: number): number {
    return this.#contents[row]!
  }

  nearOf(row: number): readonly ContributionPlace[] {
    return this.#near.get(row) ?? NONE
  }

  vectorOf(row: number): Int8Array {
    const at = (row % SLAB_ROWS) * this.#rank
    return this.#vectors[Math.floor(row / SLAB_ROWS)]!.subarray(at, at + this.#rank)
  }

  pOf(row: number): Uint16Array {
    const at = (row % SLAB_ROWS) * this.#classes
    return this.#p[Math.floor(row / SLAB_ROWS)]!.subarray(at, at + this.#classes)
  }

  #contentNumber(fingerprint: string): number {
    const known = this.#contentOf.get(fingerprint)
    if (known !== undefined) return known
    this.#contentOf.set(fingerprint, this.#contentOf.size)
    return this.#contentOf.size - 1
  }

  #grow(): void {
    const rows = this.#batchOf.length * 2
    const [batchOf, contents] = [new Uint32Array(rows), new Uint32Array(rows)]
    batchOf.set(this.#batchOf)
    contents.set(this.#contents)
    const grown = (from: Uint16Array) => {
      const to = new Uint16Array(rows)
      to.set(from)
      return to
    }
    this.#batchOf = batchOf
    this.#contents = contents
    this.#indexes = grown(this.#indexes)
    this.#multipliers = grown(this.#multipliers)
    this.#labels = grown(this.#labels)
  }
}

/** Copies `width` values from `at` on to a row; a loop needs no view of either. */
export function copyRow(
  from: Int8Array | Uint16Array,
  at: number,
  to: Int8Array | Uint16Array,
  row: number,
  width: number,
): void {
  for (let i = 0; i < width; i++) to[row * width + i] = from[at + i]!
}

/** One row of the table, as attribution asks for it. */
class StoredContribution implements Contribution {
  readonly #table: ContributionTable
  readonly #row: number

  constructor(table: ContributionTable, row: number) {
    this.#table = table
    this.#row = row
  }

  get account(): string {
    return this.#table.batchOf(this.#row).account
  }

  get fingerprint(): number {
    return this.#table.contentOf(this.#row)
  }

  get priority(): number {
    return this.#table.batchOf(this.#row).priority
  }

  get batchRank(): number {
    return this.#table.batchOf(this.#row).rank
  }

  get index(): number {
    return this.#table.indexOf(this.#row)
  }

  get near(): readonly ContributionPlace[] {
    return this.#table.nearOf(this.#row)
  }

  get isWithdrawn(): boolean {
    return this.#table.batchOf(this.#row).withdrawn?.[this.index] === 1
  }

  get isErased(): boolean {
    return this.#table.batchOf(this.#row).erased?.[this.index] === 1
  }

  get a(): Int8Array {
    return this.#table.vectorOf(this.#row)
  }

  get ua(): number {
    return this.#table.multiplierOf(this.#row)
  }

  get p(): Uint16Array {
    return this.#table.pOf(this.#row)
  }

  get label(): number {
    return this.#table.labelOf(this.#row)
  }
}
