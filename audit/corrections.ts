import type { EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { findUse, type History } from './history.ts'
import type { AcceptOrder } from './ownership.ts'
import { isSignedBy } from './signed-by.ts'

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

export function findCorrectionReason(
  history: History,
  _ledger: DecidingLedger,
  { source, body }: EventOf<'CorrectionRecorded'>,
): RejectionReason | undefined {
  const entry = findUse(history, body.inferenceSource, body.inferenceId)
  if (entry < 0) return 'INFERENCE_UNKNOWN'
  if (body.inferenceSource !== source) return 'CORRECTION_FOREIGN'
  const { fee, isVoid } = history.corrections.standing(entry)
  if (isVoid) return 'INFERENCE_VOID'
  return body.fee <= fee ? undefined : 'CORRECTION_ABOVE'
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

const MAJORITY_ABOVE = 500_000

export async function findRetirementReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'ModelRetired'>,
): Promise<RejectionReason | undefined> {
  const { model, registrant } = event.body
  if (history.assets.get(model)?.kind !== 'model') return 'ASSET_UNKNOWN'
  const account = toHex(registrant)
  if (!((history.ownership.now(model).get(account) ?? 0) > MAJORITY_ABOVE)) return 'NOT_MAJORITY_OWNER'
  if (!(await isSignedBy(history, ledger, event, account))) return 'SIGNATURE_INVALID'
  return history.retirements.has(model) ? 'MODEL_RETIRED' : undefined
}
