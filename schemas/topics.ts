import type { EventType } from './events.ts'

export const TOPICS = {
  registry: 'tally.registry',
  contributions: 'tally.contributions',
  inferences: 'tally.inferences',
  outcomes: 'tally.outcomes',
  chain: 'tally.chain',
  disputes: 'tally.disputes',
  epochs: 'tally.epochs',
} as const

/** Topics whose records are ingested, cut and put into the ledger. `tally.epochs` is written by Tallystick itself. */
export const INPUT_TOPICS = [
  TOPICS.chain,
  TOPICS.contributions,
  TOPICS.disputes,
  TOPICS.inferences,
  TOPICS.outcomes,
  TOPICS.registry,
] as const

/** Where the dead letters of a topic go: the records of it that were rejected (docs/formats.md#dead-letters). */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`
}

/** The topic that each event type belongs to; the same type on another topic is rejected. */
export const TOPIC_OF_EVENT: Readonly<Record<EventType, string>> = {
  SchemaRegistered: TOPICS.registry,
  SourceRegistered: TOPICS.registry,
  AssetRegistered: TOPICS.registry,
  AssetTransferred: TOPICS.registry,
  OfferPublished: TOPICS.registry,
  OfferWithdrawn: TOPICS.registry,
  OfferAccepted: TOPICS.registry,
  PolicyPublished: TOPICS.registry,
  FeatureMapPublished: TOPICS.registry,
  TextMapPublished: TOPICS.registry,
  PriceListPublished: TOPICS.registry,
  LicenceGranted: TOPICS.registry,
  LicenceRevoked: TOPICS.registry,
  ModelRetired: TOPICS.registry,
  ErasureOrdered: TOPICS.registry,
  ContributionCommitted: TOPICS.contributions,
  ContributionBatch: TOPICS.contributions,
  ContributionWithdrawn: TOPICS.contributions,
  ContributionFeatures: TOPICS.contributions,
  ContributionText: TOPICS.contributions,
  VoucherPresented: TOPICS.inferences,
  InferenceRecorded: TOPICS.inferences,
  CorrectionRecorded: TOPICS.inferences,
  InferenceFeatures: TOPICS.inferences,
  InferenceText: TOPICS.inferences,
  TaskOutcome: TOPICS.outcomes,
  AgentStep: TOPICS.outcomes,
  DisputeOpened: TOPICS.disputes,
  DisputeResolved: TOPICS.disputes,
  AdjustmentOrdered: TOPICS.registry,
  Deposited: TOPICS.chain,
  SignatureChecked: TOPICS.chain,
  CutPublished: TOPICS.epochs,
}
