import type { EventBodies } from '../schemas/events.ts'
import type { AcceptOrder } from './ownership.ts'

const PAGE_SHIFT = 12
const PAGE = 2 ** PAGE_SHIFT
/** Stands where the fee does not fit in 64 bits. */
const ELSEWHERE = 2n ** 64n - 1n

/** What is to be taken of a use. */
export interface StandingFee {
  readonly fee: bigint
  readonly isVoid: boolean
}

/** What every accepted inference costs (docs/formats.md#corrections): 8 bytes each, more only for what was corrected. */
export class Corrections {
  /** By entry in the ids of the history, in pages. */
  readonly #recorded: (BigUint64Array | undefined)[] = []
  readonly #large = new Map<number, bigint>()
  readonly #corrected = new Map<number, StandingFee>()

  addUse(entry: number, fee: bigint): void {
    this.#recorded[entry >>> PAGE_SHIFT] ??= new BigUint64Array(PAGE)
    const page = this.#recorded[entry >>> PAGE_SHIFT]!
    page[entry % PAGE] = fee < ELSEWHERE ? fee : ELSEWHERE
    if (fee >= ELSEWHERE) this.#large.set(entry, fee)
  }

  /** @param entry of an accepted inference */
  standing(entry: number): StandingFee {
    const corrected = this.#corrected.get(entry)
    if (corrected !== undefined) return corrected
    const fee = this.#recorded[entry >>> PAGE_SHIFT]![entry % PAGE]!
    return { fee: fee === ELSEWHERE ? this.#large.get(entry)! : fee, isVoid: false }
  }

  /** Of every use that was corrected. */
  get corrected(): ReadonlyMap<number, StandingFee> {
    return this.#corrected
  }

  correct(entry: number, { kind, fee }: EventBodies['CorrectionRecorded']): void {
    this.#corrected.set(entry, { fee, isVoid: kind === 'void' })
  }
}

/** Where models were retired (docs/formats.md#retirement). */
export class Retirements {
  readonly #places = new Map<string, { readonly epoch: number; readonly row: number }>()

  retire(model: string, place: { readonly epoch: number; readonly row: number }): void {
    this.#places.set(model, { epoch: place.epoch, row: place.row })
  }

  models(): Iterable<string> {
    return this.#places.keys()
  }

  has(model: string): boolean {
    return this.#places.has(model)
  }

  /** Whether a record of the epoch lies behind the retirement. */
  cover(model: string, epoch: number, row: number, order: AcceptOrder): boolean {
    const place = this.#places.get(model)
    if (place === undefined) return false
    return place.epoch === epoch ? order.compareRows(place.row, row) < 0 : place.epoch < epoch
  }
}
