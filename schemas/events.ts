/** The events of docs/formats.md as TypeScript sees them: bytes are Uint8Array, amounts and longs bigint, ints number. */
export interface SourceRegistered {
  source: string
  key: Uint8Array
  eventTypes: string[]
  signature: Uint8Array
}

export interface SchemaRegistered {
  schemaId: number
  eventType: string
  /** JSON text. */
  schema: string
  signature: Uint8Array
}

export type AssetKind = 'dataset' | 'model' | 'agent' | 'infrastructure'

export interface Owner {
  account: Uint8Array
  /** Millionths. */
  parts: number
}

/** What an asset is derived from. */
export interface Parent {
  asset: string
  /** Of what is paid upstream for uses of the child, millionths. */
  parts: number
  /** By an owner of the parent. */
  signature: Uint8Array
}

export interface AssetRegistered {
  asset: string
  kind: AssetKind
  title: string
  licence: string
  /** Empty, or an ERC-8004 id as `eip155:chain:registry/id`. */
  identity: string
  owners: Owner[]
  /** Ascending by asset. */
  parents: Parent[]
  registrant: Uint8Array
  signature: Uint8Array
}

export interface AssetTransferred {
  asset: string
  from: Uint8Array
  to: Uint8Array
  /** Millionths. */
  parts: number
  signature: Uint8Array
}

export interface OfferPublished {
  offer: string
  seller: Uint8Array
  /** What is sold; `share` so far. */
  kind: string
  asset: string
  /** Millionths, locked until the offer ends. */
  parts: number
  token: Uint8Array
  /** Of all the parts. */
  price: bigint
  /** Who may accept; zero bytes: anyone. */
  buyer: Uint8Array
  expiresMs: bigint
  signature: Uint8Array
}

export interface OfferWithdrawn {
  offer: string
  signature: Uint8Array
}

export interface OfferAccepted {
  offer: string
  /** EIP-712 digest of the offer that the buyer has seen. */
  terms: Uint8Array
  buyer: Uint8Array
  signature: Uint8Array
}

export interface PolicyPublished {
  policy: string
  epochIntervalS: number
  dataParts: number
  modelParts: number
  upstreamParts: number
  agentParts: number
  infrastructureParts: number
  treasuryParts: number
  treasury: Uint8Array
  method: string
  minEvents: number
  maxPeriodEpochs: number
  featureWaitEpochs: number
  fallback: string
  signature: Uint8Array
}

export interface FeatureMapPublished {
  featureMap: string
  model: string
  kind: string
  rank: number
  classes: number
  checkpoints: number
  unitExponent: number
  extractor: string
  codeHash: Uint8Array
  weightsHash: Uint8Array
  basisHash: Uint8Array
  trainingSetHash: Uint8Array
  fingerprintSalt: Uint8Array
  /** A measure of `SIMILARITIES`, or `none`. */
  similarity: string
  registrant: Uint8Array
  signature: Uint8Array
}

/** What a million of a unit costs, and when that counts. */
export interface PriceRule {
  unit: string
  /** `commercial` or empty. */
  use: string
  fromQuantity: bigint
  fromMs: bigint
  /** 0: for ever. */
  untilMs: bigint
  pricePerMillion: bigint
}

export interface PriceListPublished {
  priceList: string
  model: string
  token: Uint8Array
  /** Strictly ascending by (unit, use, fromQuantity, fromMs). */
  rules: PriceRule[]
  registrant: Uint8Array
  signature: Uint8Array
}

export interface ContributionItem {
  contentHash: Uint8Array
  labelHash: Uint8Array
}

export interface ContributionBatch {
  account: Uint8Array
  dataset: string
  licence: string
  items: ContributionItem[]
  /** 32 bytes, or none when nothing was committed to. */
  commitmentSalt: Uint8Array
  signature: Uint8Array
}

export interface ContributionCommitted {
  account: Uint8Array
  commitment: Uint8Array
}

export interface ContributionWithdrawn {
  account: Uint8Array
  batchSource: string
  batchId: string
  /** Ascending; empty: all items of the batch. */
  indexes: number[]
  signature: Uint8Array
}

/** Evidence that another contribution has nearly the same content. */
export interface NearContribution {
  batchSource: string
  batchId: string
  index: number
  /** Millionths. */
  similarity: number
}

export interface ContributionFeatures {
  featureMap: string
  batchSource: string
  batchId: string
  index: number
  a: Uint8Array
  ua: number
  p: number[]
  checkpoints: number[]
  label: number
  fingerprint: Uint8Array
  near: NearContribution[]
}

export interface InferenceRecorded {
  model: string
  infrastructure: string
  /** Asset of kind agent, or empty. */
  agent: string
  payer: Uint8Array
  token: Uint8Array
  fee: bigint
  inputHash: Uint8Array
  outputHash: Uint8Array
  commercial: boolean
  /** Sequence of the voucher that is cited; 0: none. */
  voucher: bigint
  /** Empty: none. */
  priceList: string
  /** Strictly ascending by the bytes of the unit. */
  units: UnitQuantity[]
  /** 16 bytes, or none without a quote. */
  quoteId: Uint8Array
  quoteExpiresMs: bigint
  quoteSignature: Uint8Array
}

export interface UnitQuantity {
  unit: string
  quantity: bigint
}

/** A payer's promise for uses of a model in a token: up to `cumulative` in all. */
export interface VoucherPresented {
  payer: Uint8Array
  model: string
  token: Uint8Array
  cumulative: bigint
  sequence: bigint
  signature: Uint8Array
}

export interface InferenceFeatures {
  featureMap: string
  inferenceSource: string
  inferenceId: string
  b: Uint8Array
  ub: number
  p: number[]
  checkpoints: number[]
  label: number
  labelKind: 'true' | 'served'
  p16: number
}

export interface Deposited {
  chainId: bigint
  distributor: Uint8Array
  payer: Uint8Array
  token: Uint8Array
  amount: bigint
  transactionHash: Uint8Array
  logIndex: number
  blockNumber: bigint
  blockHash: Uint8Array
}

/** An account that is a contract called a signature its own, at a block (ERC-1271). */
export interface SignatureChecked {
  chainId: bigint
  account: Uint8Array
  digest: Uint8Array
  signature: Uint8Array
  blockNumber: bigint
  blockHash: Uint8Array
}

export interface CutPublished {
  epoch: number
  cutTimeMs: bigint
  partitions: { topic: string; partition: number; incarnation: number; fromOffset: bigint; toOffset: bigint }[]
}

export interface EventBodies {
  SchemaRegistered: SchemaRegistered
  SourceRegistered: SourceRegistered
  AssetRegistered: AssetRegistered
  AssetTransferred: AssetTransferred
  OfferPublished: OfferPublished
  OfferWithdrawn: OfferWithdrawn
  OfferAccepted: OfferAccepted
  PolicyPublished: PolicyPublished
  FeatureMapPublished: FeatureMapPublished
  PriceListPublished: PriceListPublished
  ContributionCommitted: ContributionCommitted
  ContributionBatch: ContributionBatch
  ContributionWithdrawn: ContributionWithdrawn
  ContributionFeatures: ContributionFeatures
  VoucherPresented: VoucherPresented
  InferenceRecorded: InferenceRecorded
  InferenceFeatures: InferenceFeatures
  Deposited: Deposited
  SignatureChecked: SignatureChecked
  CutPublished: CutPublished
}

export type EventType = keyof EventBodies

export type EventOf<Type extends EventType = EventType> = {
  [Name in Type]: {
    readonly type: Name
    readonly source: string
    readonly id: string
    readonly body: EventBodies[Name]
  }
}[Type]

/** The order in which close decides event types (docs/formats.md#decisions). */
export const DECISION_ORDER = [
  'SchemaRegistered',
  'SourceRegistered',
  'SignatureChecked',
  'AssetRegistered',
  'AssetTransferred',
  'OfferPublished',
  'OfferWithdrawn',
  'OfferAccepted',
  'PolicyPublished',
  'FeatureMapPublished',
  'PriceListPublished',
  'Deposited',
  'ContributionCommitted',
  'ContributionBatch',
  'ContributionWithdrawn',
  'VoucherPresented',
  'InferenceRecorded',
  'ContributionFeatures',
  'InferenceFeatures',
] as const satisfies readonly EventType[]

export type DecidedEventType = (typeof DECISION_ORDER)[number]

/**
 * Types that are decided together, in accept order among all of them: who may register a derivation or give a share away is
 * whoever owns it at that place, and what is offered cannot be given away. Every other type is decided by itself.
 */
const DECIDED_TOGETHER: readonly DecidedEventType[] = [
  'AssetRegistered',
  'AssetTransferred',
  'OfferPublished',
  'OfferWithdrawn',
  'OfferAccepted',
]

/** {@link DECISION_ORDER} as close goes through it. */
export const DECISION_STEPS: readonly (readonly DecidedEventType[])[] = DECISION_ORDER.flatMap((type) => {
  if (!DECIDED_TOGETHER.includes(type)) return [[type]]
  return type === DECIDED_TOGETHER[0] ? [DECIDED_TOGETHER] : []
})

/** `ce_type` of an event type. */
export function ceTypeOf(type: EventType): string {
  return `tallystick.${type}`
}
