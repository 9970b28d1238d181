import type { PeriodEvent } from './attribution/period.ts'
import { copyRow } from './contributions.ts'
import type { EpochRecords } from './records/epoch-records.ts'

/** Events of one piece: the table grows without being copied. */
const SLAB_ROWS = 4_096

/** Features of a use. */
export interface EventFeatures {
  readonly multiplier: number
  readonly label: number
  readonly p16: number
  /** From `pAt` on; copied. */
  readonly p: Uint16Array
  readonly pAt: number
  /** From `vectorAt` on; copied. */
  readonly vector: Int8Array
  readonly vectorAt: number
}

/** An event: its features, and what the use has besides. */
export interface EventRow extends EventFeatures {
  readonly fee: bigint
  readonly isPayerOwner: boolean
}

/** Of a row of InferenceFeatures; valid as long as the records of its epoch. */
export function featuresAt({ features, bodies }: EpochRecords, row: number): EventFeatures {
  const place = bodies[row]!
  return {
    multiplier: features.multiplier(place),
    label: features.label(place),
    p16: features.p16(place),
    p: features.halves(place),
    pAt: features.pAt(place),
    vector: features.digits(place),
    vectorAt: features.vectorAt(place),
  }
}

/** As {@link featuresAt}, for as long as they are needed. */
export function copyFeatures(records: EpochRecords, row: number): EventFeatures {
  const found = featuresAt(records, row)
  const place = records.bodies[row]!
  const { p, pAt, vector, vectorAt } = found
  return {
    ...found,
    ...{ p: p.slice(pAt, pAt + records.features.classes(place)), pAt: 0 },
    ...{ vector: vector.slice(vectorAt, vectorAt + records.features.rank(place)), vectorAt: 0 },
  }
}

interface Slab {
  readonly vectors: Int8Array
  readonly p: Uint16Array
  /** The three numbers of an event that have 16 bits. */
  readonly numbers: Uint16Array
}

const NUMBERS = 3

/** The events of a period in typed arrays: for each its vector, two bytes a probability, 6 bytes, and an object with the fee. */
export class EventTable {
  readonly #rank: number
  readonly #classes: number
  readonly #slabs: Slab[] = []
  readonly #all: StoredEvent[] = []

  constructor({ rank, classes }: { readonly rank: number; readonly classes: number }) {
    this.#rank = rank
    this.#classes = classes
  }

  get all(): readonly PeriodEvent[] {
    return this.#all
  }

  add({ fee, isPayerOwner, multiplier, label, p16, p, pAt, vector, vectorAt }: EventRow): void {
    const row = this.#all.length
    if (row % SLAB_ROWS === 0)
      this.#slabs.push({
        vectors: new Int8Array(SLAB_ROWS * this.#rank),
        p: new Uint16Array(SLAB_ROWS * this.#classes),
        numbers: new Uint16Array(SLAB_ROWS * NUMBERS),
      })
    const slab = this.#slabOf(row)
    copyRow(vector, vectorAt, slab.vectors, row % SLAB_ROWS, this.#rank)
    copyRow(p, pAt, slab.p, row % SLAB_ROWS, this.#classes)
    const at = (row % SLAB_ROWS) * NUMBERS
    slab.numbers[at] = multiplier
    slab.numbers[at + 1] = label
    slab.numbers[at + 2] = p16
    this.#all.push(new StoredEvent(this, row, fee, isPayerOwner))
  }

  /** A table that grows by itself from here on. */
  copy(): EventTable {
    const copy = new EventTable({ rank: this.#rank, classes: this.#classes })
    for (const { vectors, p, numbers } of this.#slabs)
      copy.#slabs.push({ vectors: vectors.slice(), p: p.slice(), numbers: numbers.slice() })
    for (const [row, { fee, isPayerOwner }] of this.#all.entries())
      copy.#all.push(new StoredEvent(copy, row, fee, isPayerOwner))
    return copy
  }

  vectorOf(row: number): Int8Array {
    const at = (row % SLAB_ROWS) * this.#rank
    return this.#slabOf(row).vectors.subarray(at, at + this.#rank)
  }

  pOf(row: number): Uint16Array {
    const at = (row % SLAB_ROWS) * this.#classes
    return this.#slabOf(row).p.subarray(at, at + this.#classes)
  }

  /** 0: multiplier, 1: label, 2: p16. */
  numberOf(row: number, which: number): number {
    return this.#slabOf(row).numbers[(row % SLAB_ROWS) * NUMBERS + which]!
  }

  #slabOf(row: number): Slab {
    return this.#slabs[Math.floor(row / SLAB_ROWS)]!
  }
}

/** One row of the table, as attribution asks for it. */
class StoredEvent implements PeriodEvent {
  readonly fee: bigint
  readonly isPayerOwner: boolean
  readonly #table: EventTable
  readonly #row: number

  constructor(table: EventTable, row: number, fee: bigint, isPayerOwner: boolean) {
    this.#table = table
    this.#row = row
    this.fee = fee
    this.isPayerOwner = isPayerOwner
  }

  get b(): Int8Array {
    return this.#table.vectorOf(this.#row)
  }

  get ub(): number {
    return this.#table.numberOf(this.#row, 0)
  }

  get p(): Uint16Array {
    return this.#table.pOf(this.#row)
  }

  get label(): number {
    return this.#table.numberOf(this.#row, 1)
  }

  get p16(): number {
    return this.#table.numberOf(this.#row, 2)
  }
}
