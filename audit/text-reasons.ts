import type { EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import type { ErasedRecord } from './erasures.ts'
import { findUse, type History, numberOfBatch } from './history.ts'
import { isSignedBy } from './signed-by.ts'

type Reason = RejectionReason | undefined

/** docs/formats.md#decisions, TextMapPublished. */
export async function findTextMapReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'TextMapPublished'>,
): Promise<Reason> {
  const { model, textMap } = event.body
  if (history.assets.get(model)?.kind !== 'model') return 'ASSET_UNKNOWN'
  const registrant = toHex(event.body.registrant)
  if (!history.ownership.now(model).has(registrant)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(history, ledger, event, registrant))) return 'SIGNATURE_INVALID'
  return history.texts.map(textMap) !== undefined || history.texts.hasMapOf(model) ? 'TEXT_MAP_EXISTS' : undefined
}

/** docs/formats.md#decisions, ContributionText. */
export function findItemTextReason(
  history: History,
  _ledger: unknown,
  { source, body }: EventOf<'ContributionText'>,
): Reason {
  return findExtractorReason(history, source, body.textMap) ?? findItemReason(history, body)
}

/** docs/formats.md#decisions, InferenceText. */
export function findOutputTextReason(
  history: History,
  _ledger: unknown,
  { source, body }: EventOf<'InferenceText'>,
): Reason {
  const refused = findExtractorReason(history, source, body.textMap)
  if (refused !== undefined) return refused
  const use = findUse(history, body.inferenceSource, body.inferenceId)
  if (use < 0) return 'INFERENCE_UNKNOWN'
  const model = history.names.textOf(history.ids.refOf(use))
  if (model !== history.texts.map(body.textMap)!.model) return 'INFERENCE_UNKNOWN'
  return history.texts.outputOf(use) === undefined ? undefined : 'TEXT_EXISTS'
}

/** Of an accepted record, or a copy of one, whose value was erased. */
export function findErasedTextReason(history: History, source: string, said: ErasedRecord): Reason {
  const registration = history.sources.get(source)
  if (registration === undefined) return 'SOURCE_UNKNOWN'
  if (!registration.eventTypes.includes('ContributionText')) return 'TYPE_NOT_PERMITTED'
  const textMap = said.textMap ?? ''
  return findExtractorReason(history, source, textMap) ?? findItemReason(history, { ...said, textMap })
}

function findExtractorReason(history: History, source: string, textMap: string): Reason {
  const map = history.texts.map(textMap)
  if (map === undefined) return 'TEXT_MAP_UNKNOWN'
  return map.extractor === source ? undefined : 'EXTRACTOR_NOT_NAMED'
}

interface NamedItem {
  readonly textMap: string
  readonly batchSource: string
  readonly batchId: string
  readonly index: number
}

function findItemReason(history: History, { textMap, batchSource, batchId, index }: NamedItem): Reason {
  const number = numberOfBatch(history, batchSource, batchId)
  const batch = history.batches[number]
  if (batch === undefined || index >= batch.items) return 'CONTRIBUTION_UNKNOWN'
  if (batch.erased?.[index] === 1) return 'CONTRIBUTION_ERASED'
  return history.texts.hasItem(textMap, number, index) ? 'TEXT_EXISTS' : undefined
}
