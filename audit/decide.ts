import { sha256 } from '../anchor/hash.ts'
import { type Decoded, decodeRecord } from '../schemas/decode-record.ts'
import { ceTypeOf, DECISION_ORDER, type DecidedEventType, type EventOf } from '../schemas/events.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { toHex } from '../schemas/ids.ts'
import { OUTCOMES, REJECTION_REASONS, type RejectionReason, reasonOfCode } from '../schemas/rejection.ts'
import { TOPICS } from '../schemas/topics.ts'
import { acceptInto } from './accept.ts'
import { TABLES } from './bundle.ts'
import { findCloseReason } from './close-reasons.ts'
import { assertSame } from './difference.ts'
import { type Accepted, eventKey, type History } from './history.ts'
import { compareNumbers, compareText, firstOf } from './order.ts'
import type { AuditRecord } from './records.ts'

export interface Decision {
  readonly outcome: 'accepted' | 'duplicate' | 'rejected' | 'gap'
  readonly reason: RejectionReason | undefined
}

export interface DecidedEpoch {
  /** One a record, in their order. */
  readonly decisions: readonly Decision[]
  /** Accepted in this epoch, in accept order. */
  readonly deposits: readonly Accepted<'Deposited'>[]
  readonly vouchers: readonly Accepted<'VoucherPresented'>[]
  readonly inferences: readonly Accepted<'InferenceRecorded'>[]
  readonly inferenceFeatures: readonly Accepted<'InferenceFeatures'>[]
}

interface Candidate {
  readonly record: AuditRecord
  readonly event: EventOf<DecidedEventType>
}

/**
 * Decides a whole cut (docs/formats.md#decisions) and adds what is accepted to `history`.
 *
 * @param records in leaf order; `row` is their index
 */
export async function decideEpoch(
  history: History,
  ledger: { genesis: Genesis; ledgerId: Uint8Array },
  epoch: number,
  records: readonly AuditRecord[],
): Promise<DecidedEpoch> {
  const decisions: Decision[] = []
  const candidates = new Map<DecidedEventType, Candidate[]>(DECISION_ORDER.map((type) => [type, []]))
  const waiting: AuditRecord[] = []
  const sort = (record: AuditRecord, decoded: Decoded) => {
    if (decoded.outcome === 'rejected') decisions[record.row] = { outcome: 'rejected', reason: decoded.reason }
    else if (decoded.outcome === 'undecided') waiting.push(record)
    // CutPublished belongs on no topic of the cut, so decodeRecord has refused it.
    else
      candidates
        .get(decoded.event.type as DecidedEventType)!
        .push({ record, event: decoded.event as Candidate['event'] })
  }
  for (const record of records) {
    if (record.outcome === OUTCOMES.gap) decisions[record.row] = { outcome: 'gap', reason: undefined }
    else sort(record, decodeRecord(record))
  }
  const accepted: Accepted[] = []
  let ranks = new Map<AuditRecord, number>()
  for (const type of DECISION_ORDER) {
    for (const { record, event } of candidates.get(type)!.sort((a, b) => compareAcceptOrder(a.record, b.record))) {
      const decision = await decide(history, { ...ledger, epoch }, event, record)
      decisions[record.row] = decision
      if (decision.outcome !== 'accepted') continue
      acceptInto(history, event, { ledgerId: ledger.ledgerId, epoch, rank: ranks.get(record) })
      history.used.set(eventKey(event.source, event.id), { ceType: ceTypeOf(type), valueHash: valueHashOf(record) })
      accepted.push({ epoch, record, event })
    }
    if (type !== 'SchemaRegistered') continue
    // The schemas of the cut are decided, and come first: now the values written with them can be read.
    for (const record of waiting.splice(0)) sort(record, decodeRecord(record, history.schemas))
    for (const record of waiting) decisions[record.row] = { outcome: 'rejected', reason: 'SCHEMA_UNKNOWN' }
    ranks = rankContributions(history, candidates)
  }
  const of = <Type extends DecidedEventType>(type: Type) =>
    accepted.filter((each): each is Accepted & Accepted<Type> => each.event.type === type)
  return {
    decisions,
    deposits: of('Deposited'),
    vouchers: of('VoucherPresented'),
    inferences: of('InferenceRecorded'),
    inferenceFeatures: of('InferenceFeatures'),
  }
}

/** Which of two batches or commitments came first is asked across types and epochs: each gets its number in accept order. */
function rankContributions(
  history: History,
  candidates: ReadonlyMap<DecidedEventType, readonly Candidate[]>,
): Map<AuditRecord, number> {
  const types = ['ContributionCommitted', 'ContributionBatch'] as const
  const records = types.flatMap((type) => candidates.get(type)!.map(({ record }) => record))
  return new Map(records.sort(compareAcceptOrder).map((record) => [record, history.contributionRecords++]))
}

async function decide(
  history: History,
  ledger: { genesis: Genesis; ledgerId: Uint8Array; epoch: number },
  event: EventOf<DecidedEventType>,
  record: AuditRecord,
): Promise<Decision> {
  const used = history.used.get(eventKey(event.source, event.id))
  if (used !== undefined) {
    const isSame = used.ceType === ceTypeOf(event.type) && used.valueHash === valueHashOf(record)
    return isSame ? { outcome: 'duplicate', reason: undefined } : { outcome: 'rejected', reason: 'ID_REUSED' }
  }
  const reason = await findCloseReason(history, { ...ledger, effectiveMs: record.effectiveMs }, event)
  return reason === undefined ? { outcome: 'accepted', reason } : { outcome: 'rejected', reason }
}

function valueHashOf(record: AuditRecord): string {
  return toHex(sha256(record.value ?? new Uint8Array(0)))
}

/** Accept order within one epoch. */
function compareAcceptOrder(a: AuditRecord, b: AuditRecord): number {
  return firstOf(
    compareNumbers(a.effectiveMs, b.effectiveMs),
    Number(b.topic === TOPICS.registry) - Number(a.topic === TOPICS.registry),
    compareText(a.topic, b.topic),
    a.partition - b.partition,
    compareNumbers(a.offset, b.offset),
  )
}

/** Holds the outcomes of records.parquet to the ones decided here. @throws DifferenceFound */
export function checkOutcomes(records: readonly AuditRecord[], decisions: readonly Decision[]): void {
  for (const record of records) {
    const { outcome, reason } = decisions[record.row]!
    const place = `${record.topic}/${record.partition} offset ${record.offset}`
    const where = `${TABLES.records} row ${record.row} (${place})`
    const published = Object.entries(OUTCOMES).find(([, code]) => code === record.outcome)?.[0]
    assertSame(
      'decisions',
      `${where} outcome`,
      wordsOf(outcome, reason),
      wordsOf(published ?? String(record.outcome), record.reason),
    )
    assertSame('decisions', `${where} reason`, reasonCode(reason), record.reason)
  }
}

/** Code of a reason as a leaf holds it. */
function reasonCode(reason: RejectionReason | undefined): number {
  return reason === undefined ? 0 : REJECTION_REASONS[reason]
}

function wordsOf(outcome: string, reason: RejectionReason | number | undefined): string {
  const name =
    typeof reason === 'number' ? (reason === 0 ? undefined : (reasonOfCode(reason) ?? `reason ${reason}`)) : reason
  return name === undefined ? outcome : `${outcome} (${name})`
}
