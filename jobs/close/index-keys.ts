import { createHash } from 'node:crypto'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { AssetPlace } from './registry.ts'

const KEY_BYTES = 16
const VALUE_BYTES = 16

/** The value of a place that is taken: that it is there says everything. */
export const TAKEN: Uint8Array = new Uint8Array(VALUE_BYTES)

/** An agent did the work of an inference. */
const BY_AGENT = 1
/** The payer of an inference signed for a fee. */
const PROMISED = 1

/** A use that its payer may rate, as far as its record goes. */
export interface Ratable {
  readonly epoch: number
  /** It cites a voucher, and costs something. */
  readonly isPromised: boolean
}

/** A key of the id index (pipelines/warehouse/id-index) with what stands under it. */
export interface IndexEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Beside (id hash → body hash) of every accepted event the id index holds what later events ask for, under keys that cannot
 * be ids: the first 128 bits of SHA-256 of a text, where an id hash begins with a length. index-entries.sql makes the same
 * out of the tables, and test/jobs/index-entries.test.ts holds the two together.
 */
function keyOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES)
}

interface NamedInference {
  readonly inferenceSource: string
  readonly inferenceId: string
}

interface NamedBatch {
  readonly batchSource: string
  readonly batchId: string
}

/** The key of a batch that an event names. */
export function batchKeyOf(named: NamedBatch): Uint8Array {
  return keyOf(`batch/${batchOf(named)}`)
}

/** Is there when the batch was contributed by the account: the value under the batch itself has no room for an address. */
function contributorKeyOf(batch: string, account: Uint8Array): Uint8Array {
  return keyOf(`contributor/${batch}/${toHex(account)}`)
}

/** As an accepted batch leaves it, when the withdrawal is by the account that contributed the batch. */
export function withdrawerKeyOf({ body }: EventOf<'ContributionWithdrawn'>): Uint8Array {
  return contributorKeyOf(batchOf(body), body.account)
}

function inferenceKeyOf(named: NamedInference): Uint8Array {
  return keyOf(`inference/${inferenceOf(named)}`)
}

/** Is there when an agent did the work of the inference and that account pays for it. */
function payerKeyOf(inference: string, payer: Uint8Array): Uint8Array {
  return keyOf(`payer/${inference}/${toHex(payer)}`)
}

/** As an accepted inference leaves it, when the rating is by whoever pays for it. */
export function raterKeyOf({ body }: EventOf<'TaskOutcome'>): Uint8Array {
  return payerKeyOf(inferenceOf(body), body.rater)
}

type Step = Pick<EventBodies['AgentStep'], 'agent' | 'run'>

function stepKeyOf({ agent, run, step }: EventBodies['AgentStep']): Uint8Array {
  return keyOf(`agent-step/${toHex(run)}/${step}/${agent}`)
}

/** @param hash digest that was signed of that step of the run */
function linkKeyOf({ agent, run }: Step, hash: Uint8Array, step: number): Uint8Array {
  return keyOf(`agent-step-link/${toHex(hash)}/${toHex(run)}/${step}/${agent}`)
}

/** As the step before it left it, when the step links to it. */
export function previousKeyOf({ body }: EventOf<'AgentStep'>): Uint8Array {
  return linkKeyOf(body, body.previous, body.step - 1)
}

function disputeKeyOf(dispute: string): Uint8Array {
  return keyOf(`dispute/${dispute}`)
}

/** What the event says of another one: the key of its batch, its inference or its dispute. */
export function referredKeyOf(event: EventOf<DecidedEventType>): Uint8Array | undefined {
  if (event.type === 'ContributionFeatures' || event.type === 'ContributionWithdrawn') return batchKeyOf(event.body)
  if (event.type === 'ErasureOrdered' || event.type === 'ContributionText') return batchKeyOf(event.body)
  if (event.type === 'InferenceText') return inferenceKeyOf(event.body)
  if (event.type === 'InferenceFeatures' || event.type === 'TaskOutcome') return inferenceKeyOf(event.body)
  if (event.type === 'AgentStep' && event.body.inferenceId !== '') return inferenceKeyOf(event.body)
  if (event.type === 'DisputeResolved') return disputeKeyOf(event.body.dispute)
  return undefined
}

/**
 * The place that only one accepted event can have: a log entry of a deposit, the features or the text of an item or an inference, a sequence
 * among a payer's vouchers, a quote, the rating of an inference, a place in the run of an agent, the name of a dispute.
 */
export function takenKeyOf(event: EventOf<DecidedEventType>): Uint8Array | undefined {
  if (event.type === 'Deposited') return keyOf(`deposit/${toHex(event.body.transactionHash)}/${event.body.logIndex}`)
  if (event.type === 'ContributionFeatures')
    return keyOf(`contribution-features/${batchOf(event.body)}/${event.body.index}/${event.body.featureMap}`)
  if (event.type === 'InferenceFeatures') return keyOf(`inference-features/${inferenceOf(event.body)}`)
  if (event.type === 'ContributionText')
    return keyOf(`contribution-text/${batchOf(event.body)}/${event.body.index}/${event.body.textMap}`)
  if (event.type === 'InferenceText') return keyOf(`inference-text/${inferenceOf(event.body)}`)
  if (event.type === 'VoucherPresented') {
    const { payer, token, sequence, model } = event.body
    return keyOf(`voucher/${toHex(payer)}/${toHex(token)}/${sequence}/${model}`)
  }
  if (event.type === 'InferenceRecorded' && event.body.quoteId.length > 0)
    return keyOf(`quote/${toHex(event.body.quoteId)}`)
  if (event.type === 'TaskOutcome') return keyOf(`outcome/${inferenceOf(event.body)}`)
  if (event.type === 'AgentStep') return stepKeyOf(event.body)
  if (event.type === 'DisputeOpened') return disputeKeyOf(event.body.dispute)
  return undefined
}

/** Of an inference, what decides whether it can be rated. */
function ratableEntriesOf(inference: string, body: EventBodies['InferenceRecorded'], epoch: number): IndexEntry[] {
  if (body.agent === '') return []
  const value = Buffer.alloc(VALUE_BYTES)
  value.writeUInt32BE(epoch)
  value.writeUInt32BE(body.voucher > 0n && body.fee > 0n ? PROMISED : 0, 4)
  return [{ key: payerKeyOf(inference, body.payer), value }]
}

/** What an entry says besides the event. */
interface Accepted {
  readonly epoch: number
  readonly modelPlace: (model: string) => AssetPlace
  readonly stepHash: Uint8Array | undefined
}

/**
 * What an accepted batch, inference or step leaves for those that refer to it.
 * @param modelPlace of the model of an inference
 * @param stepHash   digest that was signed of a step
 */
export function referableEntriesOf(
  event: EventOf<DecidedEventType>,
  idHash: Uint8Array,
  { epoch, modelPlace, stepHash }: Accepted,
): IndexEntry[] {
  const value = Buffer.alloc(VALUE_BYTES)
  if (event.type === 'ContributionBatch') {
    value.writeUInt32BE(event.body.items.length)
    const batch = toHex(idHash)
    return [
      { key: keyOf(`batch/${batch}`), value },
      { key: contributorKeyOf(batch, event.body.account), value: TAKEN },
    ]
  }
  if (event.type === 'InferenceRecorded') {
    const place = modelPlace(event.body.model)
    value.writeUInt32BE(place.epoch)
    value.writeBigUInt64BE(place.ordinal, 4)
    value.writeUInt32BE(event.body.agent === '' ? 0 : BY_AGENT, 12)
    const inference = toHex(idHash)
    return [{ key: keyOf(`inference/${inference}`), value }, ...ratableEntriesOf(inference, event.body, epoch)]
  }
  if (event.type === 'AgentStep') return [{ key: linkKeyOf(event.body, stepHash!, event.body.step), value: TAKEN }]
  return []
}

/** Of the use that is rated, from the value under {@link raterKeyOf}. */
export function ratableOf(value: Uint8Array): Ratable {
  const bytes = Buffer.from(value)
  return { epoch: bytes.readUInt32BE(), isPromised: bytes.readUInt32BE(4) === PROMISED }
}

/** Items of a batch, from the value under its key. */
export function itemsOf(value: Uint8Array): number {
  return Buffer.from(value).readUInt32BE()
}

/** Whether an agent did the work of an inference, from the value under its key. */
export function isByAgent(value: Uint8Array): boolean {
  return Buffer.from(value).readUInt32BE(12) === BY_AGENT
}

/** Where the model of an inference was registered, from the value under its key. */
export function modelPlaceOf(value: Uint8Array): AssetPlace {
  const bytes = Buffer.from(value)
  return { epoch: bytes.readUInt32BE(), ordinal: bytes.readBigUInt64BE(4) }
}

function batchOf(named: NamedBatch): string {
  return toHex(idHashOf(named.batchSource, named.batchId))
}

function inferenceOf(body: NamedInference): string {
  return toHex(idHashOf(body.inferenceSource, body.inferenceId))
}
