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

/** Whether using it needs a licence. */
export type AssetAccess = 'open' | 'licensed'

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
  access: AssetAccess
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

export interface LicenceGranted {
  grant: string
  asset: string
  /** Zero: anyone. */
  licensee: Uint8Array
  /** Of `LICENCE_USES`, strictly ascending. */
  uses: string[]
  /** 0: from its place in accept order on. */
  fromMs: bigint
  /** 0: for ever. */
  untilMs: bigint
  /** Empty: uses at whatever fee. */
  priceList: string
  /** Millionths; 0 unless `train` is among the uses. */
  royaltyParts: number
  /** 0: covers nothing in retrospect. */
  coversFromEpoch: number
  registrant: Uint8Array
  signature: Uint8Array
}

export interface LicenceRevoked {
  grant: string
  /** Of the grant. */
  asset: string
  registrant: Uint8Array
  signature: Uint8Array
}

/** Nobody uses the model from here on. */
export interface ModelRetired {
  model: string
  /** Owner of more than half of it. */
  registrant: Uint8Array
  signature: Uint8Array
}

/** What a licence that is for sale lets its buyer do: as a LicenceGranted at the place of the acceptance. */
export interface LicenceTerms {
  /** Of `LICENCE_USES`, strictly ascending. */
  uses: string[]
  /** 0: from the acceptance on. */
  fromMs: bigint
  /** 0: for ever, or for `durationMs`. */
  untilMs: bigint
  /** From the effective time of the acceptance on; 0: until `untilMs`. */
  durationMs: bigint
  /** Empty: uses at whatever fee. */
  priceList: string
  /** Millionths; 0 unless `train` is among the uses. */
  royaltyParts: number
  /** 0: covers nothing in retrospect. */
  coversFromEpoch: number
  /** How many can be bought; 0: any number. */
  copies: number
}

export interface OfferPublished {
  offer: string
  seller: Uint8Array
  /** What is sold, of `OFFER_KINDS`. */
  kind: string
  asset: string
  /** Of a share: millionths, locked until the offer ends. Of a licence 0. */
  parts: number
  token: Uint8Array
  /** Of all the parts, or of one licence. */
  price: bigint
  /** Who may accept; zero bytes: anyone. */
  buyer: Uint8Array
  expiresMs: bigint
  /** One of kind `licence`, none of kind `share`. */
  licence: LicenceTerms[]
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

/** The channels of a model's data parts, in the order in which they are tried. */
export interface ModelChannels {
  model: string
  channels: string[]
}

export interface PolicyPublished {
  policy: string
  epochIntervalS: number
  dataParts: number
  modelParts: number
  upstreamParts: number
  agentParts: number
  outcomeParts: number
  infrastructureParts: number
  treasuryParts: number
  treasury: Uint8Array
  method: string
  minEvents: number
  maxPeriodEpochs: number
  featureWaitEpochs: number
  outcomeWaitEpochs: number
  outsideWaitEpochs: number
  /** Ascending by model; empty: every model that is not named. */
  dataChannels: ModelChannels[]
  /** Millionths of the data part of a use with retrieved contributions. */
  retrievalParts: number
  /** `score` or `rank`. */
  retrievalRule: string
  /** Of what a period pays each account, millionths. */
  holdBackParts: number
  holdBackEpochs: number
  minimumPayouts: MinimumPayout[]
  /** For so many epochs after its own, a line can be disputed. */
  disputeWindowEpochs: number
  /** For so many epochs after it was opened, a dispute can be decided. */
  disputeWaitEpochs: number
  disputeBonds: DisputeBond[]
  signature: Uint8Array
}

export interface DisputeBond {
  token: Uint8Array
  /** In the token's smallest unit. */
  amount: bigint
}

export interface MinimumPayout {
  token: Uint8Array
  /** In the token's smallest unit. */
  amount: bigint
}

export interface AdjustmentOrdered {
  adjustment: string
  fromEpoch: number
  /** Settled before the epoch of this record. */
  toEpoch: number
  /** Empty: that of the policies which were in force. */
  method: string
  note: string
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

/** How texts of one model are cut into tokens, and who may publish them. */
export interface TextMapPublished {
  textMap: string
  model: string
  /** Of `TOKENIZERS`. */
  tokenizer: string
  /** Version of Unicode whose character classes it uses. */
  unicode: string
  /** The one `ce_source` that may publish texts. */
  extractor: string
  codeHash: Uint8Array
  /** 16 bytes. */
  salt: Uint8Array
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

export interface ErasureOrdered {
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

/** The text of a contribution: which tokens are equal, and no words. */
export interface ContributionText {
  textMap: string
  batchSource: string
  batchId: string
  index: number
  /** 8 bytes each (schemas/text/text-tokens.ts). */
  tokens: Uint8Array
  /** 512 bytes: signature of text/shingles@1. */
  shingles: Uint8Array
}

/** The text that a use was answered with. */
export interface InferenceText {
  textMap: string
  inferenceSource: string
  inferenceId: string
  /** 8 bytes each. */
  tokens: Uint8Array
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
  /** The best first. */
  retrieved: RetrievedItem[]
}

/** A contribution that was retrieved for a use. */
export interface RetrievedItem {
  batchSource: string
  batchId: string
  index: number
  /** How well it fits, as whoever retrieved it says, 0..1,000,000. */
  score: number
}

/** A use was recorded wrongly: it is as if it had not been (`void`), or it costs less. */
export interface CorrectionRecorded {
  /** That of the correction as well. */
  inferenceSource: string
  inferenceId: string
  kind: 'void' | 'fee'
  /** Stands instead of the one before; 0 when the use is void. */
  fee: bigint
  /** For people. */
  reason: string
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

/** How well an agent did what a use was paid for. */
export interface TaskOutcome {
  inferenceSource: string
  inferenceId: string
  /** Payer of the inference. */
  rater: Uint8Array
  /** 0 to 1000. */
  score: number
  signature: Uint8Array
}

/** What an agent says that it did. */
export interface AgentStep {
  agent: string
  /** An owner of the agent. */
  account: Uint8Array
  /** 16 bytes. */
  run: Uint8Array
  /** From 0. */
  step: number
  /** Digest that was signed of the step before; zeros in step 0. */
  previous: Uint8Array
  inputHash: Uint8Array
  outputHash: Uint8Array
  /** Empty: none. */
  model: string
  inferenceSource: string
  inferenceId: string
  token: Uint8Array
  /** As the agent says. */
  cost: bigint
  signature: Uint8Array
}

export type DisputeClaim = 'features' | 'duplicate' | 'settlement' | 'other'

export interface DisputedItem {
  batchSource: string
  batchId: string
  index: number
}

/** Somebody says that a settlement line is wrong. */
export interface DisputeOpened {
  dispute: string
  opener: Uint8Array
  /** Of the line, as are account, token, kind and asset. */
  epoch: number
  account: Uint8Array
  token: Uint8Array
  kind: string
  asset: string
  claim: DisputeClaim
  items: DisputedItem[]
  /** 32 bytes; zeros: none. */
  evidence: Uint8Array
  /** 0 on one's own line. */
  bond: bigint
  signature: Uint8Array
}

/** What the operator decides of a dispute. */
export interface DisputeResolved {
  dispute: string
  upheld: boolean
  /** Of what is held, for the opener, millionths. */
  awardParts: number
  reason: string
  signature: Uint8Array
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
  LicenceGranted: LicenceGranted
  LicenceRevoked: LicenceRevoked
  ModelRetired: ModelRetired
  OfferPublished: OfferPublished
  OfferWithdrawn: OfferWithdrawn
  OfferAccepted: OfferAccepted
  PolicyPublished: PolicyPublished
  FeatureMapPublished: FeatureMapPublished
  TextMapPublished: TextMapPublished
  PriceListPublished: PriceListPublished
  ContributionCommitted: ContributionCommitted
  ContributionBatch: ContributionBatch
  ContributionWithdrawn: ContributionWithdrawn
  ErasureOrdered: ErasureOrdered
  ContributionFeatures: ContributionFeatures
  ContributionText: ContributionText
  VoucherPresented: VoucherPresented
  InferenceRecorded: InferenceRecorded
  InferenceFeatures: InferenceFeatures
  InferenceText: InferenceText
  Deposited: Deposited
  SignatureChecked: SignatureChecked
  TaskOutcome: TaskOutcome
  AgentStep: AgentStep
  AdjustmentOrdered: AdjustmentOrdered
  CorrectionRecorded: CorrectionRecorded
  DisputeOpened: DisputeOpened
  DisputeResolved: DisputeResolved
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
  'PriceListPublished',
  'LicenceGranted',
  'LicenceRevoked',
  'ModelRetired',
  'OfferPublished',
  'OfferWithdrawn',
  'OfferAccepted',
  'PolicyPublished',
  'FeatureMapPublished',
  'TextMapPublished',
  'Deposited',
  'ContributionCommitted',
  'ContributionBatch',
  'ContributionWithdrawn',
  'ErasureOrdered',
  'VoucherPresented',
  'InferenceRecorded',
  'CorrectionRecorded',
  'ContributionFeatures',
  'InferenceFeatures',
  'ContributionText',
  'InferenceText',
  'TaskOutcome',
  'AgentStep',
  'DisputeOpened',
  'DisputeResolved',
  'AdjustmentOrdered',
] as const satisfies readonly EventType[]

export type DecidedEventType = (typeof DECISION_ORDER)[number]

/**
 * Types that are decided together, in accept order among all of them: who may register a derivation, give a share away, price an
 * asset or license it is whoever owns it, or has a licence, at that place, and what is offered cannot be given away.
 */
const OWNERSHIP_TYPES: readonly DecidedEventType[] = [
  'AssetRegistered',
  'AssetTransferred',
  'PriceListPublished',
  'LicenceGranted',
  'LicenceRevoked',
  'ModelRetired',
  'OfferPublished',
  'OfferWithdrawn',
  'OfferAccepted',
]

/** Each group is decided together; a dispute can be opened anew once it was resolved. Every other type is decided by itself. */
const DECIDED_TOGETHER: readonly (readonly DecidedEventType[])[] = [
  OWNERSHIP_TYPES,
  ['DisputeOpened', 'DisputeResolved'],
]

/** {@link DECISION_ORDER} as close goes through it. */
export const DECISION_STEPS: readonly (readonly DecidedEventType[])[] = DECISION_ORDER.flatMap((type) => {
  const together = DECIDED_TOGETHER.find((types) => types.includes(type))
  if (together === undefined) return [[type]]
  return type === together[0] ? [together] : []
})

/** `ce_type` of an event type. */
export function ceTypeOf(type: EventType): string {
  return `tallystick.${type}`
}
