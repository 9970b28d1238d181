import { cloudEventHeaders, type RecordHeader } from './cloud-events.ts'
import { ceTypeOf, type EventBodies, type EventOf, type EventType } from './events.ts'
import { toHex } from './ids.ts'
import { TOPIC_OF_EVENT } from './topics.ts'
import { encodeValue } from './wire-format.ts'

/** A record ready for any Kafka producer, or for the embedded log. */
export interface OutgoingRecord {
  readonly topic: string
  readonly key: Uint8Array
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array
}

/**
 * The record of an event: topic, key and CloudEvents headers as docs/formats.md says.
 *
 * @param time RFC 3339; shown to people, never used
 * @throws Error of avsc when a field is missing or of the wrong type
 */
export function encodeEvent<Type extends EventType>(event: EventOf<Type>, time: string): OutgoingRecord {
  const { type, source, id, body } = event as EventOf
  return {
    topic: TOPIC_OF_EVENT[type],
    key: Buffer.from(keyOf(event as EventOf)),
    headers: cloudEventHeaders({ id, source, type: ceTypeOf(type), time }),
    value: encodeValue(type, body),
  }
}

const KEYS: { [Type in EventType]: (body: EventBodies[Type], id: string) => string } = {
  SchemaRegistered: (body) => String(body.schemaId),
  SourceRegistered: (body) => body.source,
  AssetRegistered: (body) => body.asset,
  AssetTransferred: (body) => body.asset,
  OfferPublished: (body) => body.offer,
  OfferWithdrawn: (body) => body.offer,
  OfferAccepted: (body) => body.offer,
  PolicyPublished: (body) => body.policy,
  FeatureMapPublished: (body) => body.model,
  TextMapPublished: (body) => body.model,
  PriceListPublished: (body) => body.model,
  LicenceGranted: (body) => body.asset,
  LicenceRevoked: (body) => body.asset,
  ModelRetired: (body) => body.model,
  ContributionCommitted: (body) => toHex(body.account),
  ContributionBatch: (body) => toHex(body.account),
  ContributionWithdrawn: (body) => toHex(body.account),
  ErasureOrdered: (body) => body.batchId,
  ContributionFeatures: (body) => body.batchId,
  ContributionText: (body) => body.batchId,
  VoucherPresented: (body) => toHex(body.payer),
  InferenceRecorded: (_, id) => id,
  CorrectionRecorded: (body) => body.inferenceId,
  InferenceFeatures: (body) => body.inferenceId,
  InferenceText: (body) => body.inferenceId,
  Deposited: (body) => toHex(body.payer),
  SignatureChecked: (body) => toHex(body.account),
  TaskOutcome: (body) => body.inferenceId,
  AgentStep: (body) => body.agent,
  DisputeOpened: (body) => body.dispute,
  DisputeResolved: (body) => body.dispute,
  AdjustmentOrdered: (body) => body.adjustment,
  CutPublished: (body) => String(body.epoch),
}

function keyOf(event: EventOf): string {
  const key = KEYS[event.type] as (body: EventOf['body'], id: string) => string
  return key(event.body, event.id)
}
