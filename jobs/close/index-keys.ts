import { createHash } from 'node:crypto'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { AssetPlace } from './registry.ts'

const KEY_BYTES = 16
const VALUE_BYTES = 16

/** The value of a place that is taken: that it is there says everything. */
export const TAKEN: Uint8Array = new Uint8Array(VALUE_BYTES)

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

/** What the event says of another one: the key of its batch or its inference. */
export function referredKeyOf(event: EventOf<DecidedEventType>): Uint8Array | undefined {
  if (event.type === 'ContributionFeatures' || event.type === 'ContributionWithdrawn') return batchKeyOf(event.body)
  if (event.type === 'InferenceFeatures') return keyOf(`inference/${inferenceOf(event.body)}`)
  return undefined
}

/**
 * The place that only one accepted event can have: a log entry of a deposit, the features of an item or an inference, a sequence
 * among a payer's vouchers, a quote.
 */
export function takenKeyOf(event: EventOf<DecidedEventType>): Uint8Array | undefined {
  if (event.type === 'Deposited') return keyOf(`deposit/${toHex(event.body.transactionHash)}/${event.body.logIndex}`)
  if (event.type === 'ContributionFeatures')
    return keyOf(`contribution-features/${batchOf(event.body)}/${event.body.index}/${event.body.featureMap}`)
  if (event.type === 'InferenceFeatures') return keyOf(`inference-features/${inferenceOf(event.body)}`)
  if (event.type === 'VoucherPresented') {
    const { payer, token, sequence, model } = event.body
    return keyOf(`voucher/${toHex(payer)}/${toHex(token)}/${sequence}/${model}`)
  }
  if (event.type === 'InferenceRecorded' && event.body.quoteId.length > 0)
    return keyOf(`quote/${toHex(event.body.quoteId)}`)
  return undefined
}

/**
 * What an accepted batch or inference leaves for those that refer to it.
 * @param modelPlace of the model of an inference
 */
export function referableEntriesOf(
  event: EventOf<DecidedEventType>,
  idHash: Uint8Array,
  modelPlace: (model: string) => AssetPlace,
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
    return [{ key: keyOf(`inference/${toHex(idHash)}`), value }]
  }
  return []
}

/** Items of a batch, from the value under its key. */
export function itemsOf(value: Uint8Array): number {
  return Buffer.from(value).readUInt32BE()
}

/** Where the model of an inference was registered, from the value under its key. */
export function modelPlaceOf(value: Uint8Array): AssetPlace {
  const bytes = Buffer.from(value)
  return { epoch: bytes.readUInt32BE(), ordinal: bytes.readBigUInt64BE(4) }
}

function batchOf(named: NamedBatch): string {
  return toHex(idHashOf(named.batchSource, named.batchId))
}

function inferenceOf(body: EventBodies['InferenceFeatures']): string {
  return toHex(idHashOf(body.inferenceSource, body.inferenceId))
}
