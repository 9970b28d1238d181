import { DECISION_STEPS, type DecidedEventType, type EventBodies, type EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { SIGNATURE_CHECK_EPOCHS_MAX } from '../schemas/limits.ts'
import { OUTCOMES, type RejectionReason, reasonOfCode } from '../schemas/rejection.ts'
import { acceptErasedText, acceptInto } from './accept.ts'
import { TABLES } from './bundle.ts'
import { findCloseReason, type ObjectEvent, type ObjectType } from './close-reasons.ts'
import { isUsual, UsualDecider, type UsualType } from './decide-usual.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { assertSame, differ } from './difference.ts'
import type { ErasedRecord } from './erasures.ts'
import type { Opening } from './held-disputes.ts'
import { findUse, type History } from './history.ts'
import type { Acceptance } from './market.ts'
import type { EpochRecords } from './records/epoch-records.ts'
import { KEY_WORDS } from './records/id-table.ts'
import { TYPE_NUMBERS } from './records/type-numbers.ts'
import { findErasedTextReason } from './text-reasons.ts'

export interface DecidedEpoch {
  readonly records: EpochRecords
  /** Accepted in this epoch, in accept order. */
  readonly deposits: readonly EventOf<'Deposited'>[]
  readonly vouchers: readonly EventOf<'VoucherPresented'>[]
  readonly contractAnswers: readonly EventOf<'SignatureChecked'>[]
  /** Those that cover what was before them, with their rows. */
  readonly grants: readonly { readonly row: number; readonly terms: EventBodies['LicenceGranted'] }[]
  readonly acceptances: readonly Acceptance[]
  readonly openings: readonly Opening[]
  /** By the name of the dispute. */
  readonly resolutions: ReadonlyMap<string, EventBodies['DisputeResolved']>
  /** Rows of the accepted inferences, in accept order, and their entries in the ids of the history. */
  readonly uses: { readonly rows: readonly number[]; readonly entries: readonly number[] }
  /** Accepted features of inferences: entry of the inference → row of the features, in accept order. */
  readonly featuresOf: ReadonlyMap<number, number>
  /** Accepted ratings: entry of the inference → score. */
  readonly ratings: ReadonlyMap<number, number>
}

/** How the outcomes of an epoch come about: by deciding again, or as published. */
export type Deciding = DecidingLedger & {
  readonly outcomes: 'decided' | 'published'
  /** With published outcomes: no other types are looked at. What assets and their owners allow is taken on trust then, too. */
  readonly types?: ReadonlySet<DecidedEventType>
}

/** Accepted or not by the assets, owners and sales of a moment: without these it cannot be said. */
const BY_ASSETS: ReadonlySet<DecidedEventType> = new Set(['FeatureMapPublished', 'ContributionBatch'])

/**
 * Decides a whole cut (docs/formats.md#decisions) and adds what is accepted to `history`.
 *
 * With published outcomes only what is published as accepted is looked at, all but its signature; what its history does not
 * allow to be accepted is a difference still.
 *
 * @throws DifferenceFound
 */
export function decideEpoch(
  history: History,
  ledger: Deciding,
  epoch: number,
  records: EpochRecords,
): Promise<DecidedEpoch> {
  return new EpochDecider(history, ledger, epoch, records).decide()
}

/** Why a record is refused, or how it is accepted. */
interface Looked {
  readonly reason: RejectionReason | undefined
  readonly accept: () => void
}

class EpochDecider {
  readonly #history: History
  readonly #ledger: Deciding
  readonly #epoch: number
  readonly #records: EpochRecords
  readonly #usual: UsualDecider
  readonly #deposits: EventOf<'Deposited'>[] = []
  readonly #vouchers: EventOf<'VoucherPresented'>[] = []
  readonly #contractAnswers: EventOf<'SignatureChecked'>[] = []
  readonly #grants: { row: number; terms: EventBodies['LicenceGranted'] }[] = []
  readonly #acceptances: Acceptance[] = []
  readonly #openings: Opening[] = []
  readonly #resolutions = new Map<string, EventBodies['DisputeResolved']>()
  readonly #uses = { rows: [] as number[], entries: [] as number[] }
  readonly #featuresOf = new Map<number, number>()
  readonly #ratings = new Map<number, number>()
  #ranks: ReadonlyMap<number, number> = new Map()

  constructor(history: History, ledger: Deciding, epoch: number, records: EpochRecords) {
    this.#history = history
    this.#ledger = ledger
    this.#epoch = epoch
    this.#records = records
    this.#usual = new UsualDecider(history, records, epoch)
  }

  async decide(): Promise<DecidedEpoch> {
    this.#letGo()
    for (const types of DECISION_STEPS) {
      for (const row of this.#records.rowsOf(...types.filter((type) => this.#ledger.types?.has(type) ?? true))) {
        const type = this.#records.typeOf(row)!
        const said = this.#records.erasedOf(row)
        if (said !== undefined) this.#decideErased(row, type, said)
        else if (!isUsual(type)) await this.#decideObject(row, type)
        else if (this.#usual.isQuoted(row, type)) await this.#decideQuoted(row)
        else this.#decideUsual(row, type)
      }
      if (!types.includes('SchemaRegistered')) continue
      // The schemas of the cut are decided, and come first: now the values written with them can be read.
      this.#records.readWaiting(this.#history.schemas)
      this.#ranks = this.#rankContributions()
    }
    if (this.#ledger.outcomes === 'published') this.#takeOverOutcomes()
    return {
      records: this.#records,
      deposits: this.#deposits,
      vouchers: this.#vouchers,
      contractAnswers: this.#contractAnswers,
      grants: this.#grants,
      acceptances: this.#acceptances,
      openings: this.#openings,
      resolutions: this.#resolutions,
      uses: this.#uses,
      featuresOf: this.#featuresOf,
      ratings: this.#ratings,
    }
  }

  /** What no record of the epoch can ask for. */
  #letGo(): void {
    const { ownership, contractAnswers } = this.#history
    ownership.beginEpoch()
    for (const [key, accepted] of contractAnswers)
      if (accepted < this.#epoch - SIGNATURE_CHECK_EPOCHS_MAX) contractAnswers.delete(key)
  }

  /** Which of two batches or commitments came first is asked across types and epochs: each gets its number in accept order. */
  #rankContributions(): ReadonlyMap<number, number> {
    const rows = this.#records.rowsOf('ContributionCommitted', 'ContributionBatch')
    return new Map([...rows].map((row) => [row, this.#history.contributionRecords++]))
  }

  /** Accepted, or a duplicate, by what is left of it. */
  #decideErased(row: number, type: DecidedEventType, said: ErasedRecord): void {
    const isText = type === 'ContributionText'
    const source = this.#history.names.textOf(this.#records.sources[row]!)
    this.#decideRow(row, type, () => {
      const reason = isText ? findErasedTextReason(this.#history, source, said) : this.#usual.reasonOfErased(row, said)
      if (reason !== undefined) return reason
      if (isText) acceptErasedText(this.#history, said)
      else this.#usual.acceptErased(said)
      this.#history.erasedIds.add(this.#useUp(row, type, 0))
      return undefined
    })
  }

  #decideUsual(row: number, type: UsualType): void {
    this.#decideRow(row, type, () => {
      const reason = this.#usual.reasonOf(row, type)
      if (reason === undefined) this.#acceptUsual(row, type)
      return reason
    })
  }

  #decideQuoted(row: number): Promise<void> {
    const type = 'InferenceRecorded'
    return this.#decideWaiting(row, type, async () => {
      const reason = await this.#usual.reasonOfQuoted(row, this.#ledger)
      return { reason, accept: () => this.#acceptUsual(row, type) }
    })
  }

  #decideObject(row: number, type: ObjectType): Promise<void> {
    return this.#decideWaiting(row, type, async () => {
      const event = this.#records.eventOf(row, type, this.#history.schemas) as ObjectEvent
      const time = { epoch: this.#epoch, effectiveMs: this.#records.effectiveMs(row) }
      const isTrusted = this.#ledger.types !== undefined && BY_ASSETS.has(type)
      const reason = isTrusted ? undefined : await findCloseReason(this.#history, this.#ledger, event, time)
      return { reason, accept: () => this.#acceptObject(row, event) }
    })
  }

  /** Signatures take time: they are waited for before anything is decided. */
  async #decideWaiting(row: number, type: DecidedEventType, look: () => Promise<Looked>): Promise<void> {
    if (!this.#isLookedAt(row)) return
    if (this.#usual.outcomeOfUsedId(row, type) !== undefined) {
      this.#decideRow(row, type, () => undefined)
      return
    }
    const { reason, accept } = await look()
    this.#decideRow(row, type, () => {
      if (reason === undefined) accept()
      return reason
    })
  }

  /** Of an epoch whose outcomes are taken over, only what was accepted. */
  #isLookedAt(row: number): boolean {
    return this.#ledger.outcomes === 'decided' || this.#records.publishedOf(row).outcome === OUTCOMES.accepted
  }

  /** @param tryToAccept says why not; or it is in the history then */
  #decideRow(row: number, type: DecidedEventType, tryToAccept: () => RejectionReason | undefined): void {
    if (!this.#isLookedAt(row)) return
    const used = this.#usual.outcomeOfUsedId(row, type)
    const reason = used === undefined ? tryToAccept() : used.reason
    const outcome = used?.outcome ?? (reason === undefined ? OUTCOMES.accepted : OUTCOMES.rejected)
    this.#records.decide(row, outcome, reason)
    if (this.#ledger.outcomes === 'published' && outcome !== OUTCOMES.accepted)
      differ('decisions', `${this.#where(row)} outcome`, wordsOf(this.#records.decisionOf(row)), 'accepted')
  }

  #acceptObject(row: number, event: ObjectEvent): void {
    const accepted = { ledgerId: this.#ledger.ledgerId, epoch: this.#epoch, rank: this.#ranks.get(row), row }
    this.#useUp(row, event.type, acceptInto(this.#history, event, accepted))
    if (event.type === 'Deposited') this.#deposits.push(event)
    if (event.type === 'VoucherPresented') this.#vouchers.push(event)
    if (event.type === 'SignatureChecked') this.#contractAnswers.push(event)
    if (event.type === 'TaskOutcome')
      this.#ratings.set(findUse(this.#history, event.body.inferenceSource, event.body.inferenceId), event.body.score)
    if (event.type === 'LicenceGranted' && event.body.coversFromEpoch > 0) this.#grants.push({ row, terms: event.body })
    if (event.type === 'DisputeOpened')
      this.#openings.push({ row, source: event.source, id: event.id, body: event.body })
    if (event.type === 'DisputeResolved') this.#resolutions.set(event.body.dispute, event.body)
    if (event.type !== 'OfferAccepted') return
    const { source, id, body } = event
    this.#acceptances.push({ row, source, id, offer: body.offer, buyer: toHex(body.buyer) })
  }

  #acceptUsual(row: number, type: UsualType): void {
    const inference = type === 'InferenceFeatures' ? this.#usual.inferenceOf(row) : -1
    const entry = this.#useUp(row, type, this.#usual.accept(row, type))
    if (type === 'InferenceFeatures') this.#featuresOf.set(inference, row)
    if (type !== 'InferenceRecorded') return
    this.#usual.noteWork(row, entry)
    this.#history.corrections.addUse(entry, this.#records.uses.fee(this.#records.bodies[row]!))
    this.#uses.rows.push(row)
    this.#uses.entries.push(entry)
  }

  #useUp(row: number, type: DecidedEventType, ref: number): number {
    const { keys, values } = this.#records
    const at = row * KEY_WORDS
    return this.#history.ids.add(keys, at, values, at, { type: TYPE_NUMBERS[type], ref })
  }

  /** What is published as accepted was readable at all; all other outcomes stand as they are. */
  #takeOverOutcomes(): void {
    for (let row = 0; row < this.#records.rows; row++) {
      const isAccepted = this.#records.publishedOf(row).outcome === OUTCOMES.accepted
      const isLookedAt = this.#ledger.types === undefined
      if (isLookedAt && isAccepted && this.#records.decisionOf(row).outcome !== OUTCOMES.accepted)
        differ('decisions', `${this.#where(row)} outcome`, 'an outcome of a record that cannot be read', 'accepted')
      this.#records.takeOver(row)
    }
  }

  #where(row: number): string {
    return whereOf(this.#records, row)
  }
}

/** Holds the outcomes of records.parquet to the ones decided here. @throws DifferenceFound */
export function checkOutcomes(records: EpochRecords): void {
  const row = records.firstWrongRow()
  if (row < 0) return
  const [decided, published] = [records.decisionOf(row), records.publishedOf(row)]
  assertSame('decisions', `${whereOf(records, row)} outcome`, wordsOf(decided), wordsOf(published))
  assertSame('decisions', `${whereOf(records, row)} reason`, decided.reason, published.reason)
}

function whereOf(records: EpochRecords, row: number): string {
  return `${TABLES.records} row ${row} (${records.placeOf(row)})`
}

function wordsOf({ outcome, reason }: { outcome: number; reason: number }): string {
  const name = Object.entries(OUTCOMES).find(([, code]) => code === outcome)?.[0] ?? String(outcome)
  return reason === 0 ? name : `${name} (${reasonOfCode(reason) ?? `reason ${reason}`})`
}
