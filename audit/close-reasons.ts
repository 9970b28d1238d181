import { recoverSigner } from '../anchor/signatures/signer.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../schemas/events.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { toHex } from '../schemas/ids.ts'
import { isRegistrable, type RegisteredSchema, readRegisteredSchema } from '../schemas/registered-schemas.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import { eventKey, type History } from './history.ts'
import { findPaymentReason, voucherKey } from './payments.ts'

/** The ledger, and where and when the record is in it. */
interface Ledger {
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  readonly epoch: number
  readonly effectiveMs: bigint
}

type Reason = RejectionReason | undefined
type Check<Type extends DecidedEventType> = (
  history: History,
  ledger: Ledger,
  event: EventOf<Type>,
) => Reason | Promise<Reason>

/**
 * The first reason of docs/formats.md#decisions for which close refuses an event whose (source, id) is unused, or undefined.
 */
export function findCloseReason(
  history: History,
  ledger: Ledger,
  event: EventOf<DecidedEventType>,
): Reason | Promise<Reason> {
  const check = CHECKS[event.type] as Check<DecidedEventType>
  if (OPERATOR_TYPES.has(event.type)) return check(history, ledger, event)
  const registration = history.sources.get(event.source)
  if (registration === undefined) return 'SOURCE_UNKNOWN'
  if (!registration.eventTypes.includes(event.type)) return 'TYPE_NOT_PERMITTED'
  return check(history, ledger, event)
}

/** Types that the operator signs; they need no registration of their source. */
const OPERATOR_TYPES: ReadonlySet<string> = new Set(['SchemaRegistered', 'SourceRegistered', 'PolicyPublished'])

const CHECKS: { readonly [Type in DecidedEventType]: Check<Type> } = {
  SchemaRegistered: async (history, ledger, event) => {
    if ((await recoverSigner(ledger.ledgerId, event)) !== ledger.genesis.operator) return 'SIGNATURE_INVALID'
    const { schemaId, eventType, schema } = event.body
    const earlier = history.schemaRegistrations.get(schemaId)
    if (earlier !== undefined && !(earlier.eventType === eventType && earlier.schema === schema)) return 'SCHEMA_EXISTS'
    return findReader(event.body) === undefined ? 'SCHEMA_INCOMPATIBLE' : undefined
  },

  SourceRegistered: async (_history, ledger, event) =>
    (await recoverSigner(ledger.ledgerId, event)) === ledger.genesis.operator ? undefined : 'SIGNATURE_INVALID',

  PolicyPublished: async (history, ledger, event) => {
    if ((await recoverSigner(ledger.ledgerId, event)) !== ledger.genesis.operator) return 'SIGNATURE_INVALID'
    return history.policies.some(({ policy }) => policy.policy === event.body.policy) ? 'POLICY_EXISTS' : undefined
  },

  AssetRegistered: async (history, ledger, event) => {
    if (!isOwner(event.body, event.body.registrant)) return 'REGISTRANT_NOT_OWNER'
    if ((await recoverSigner(ledger.ledgerId, event)) !== toHex(event.body.registrant)) return 'SIGNATURE_INVALID'
    return history.assets.has(event.body.asset) ? 'ASSET_EXISTS' : undefined
  },

  FeatureMapPublished: async (history, ledger, event) => {
    const model = assetOf(history, event.body.model, 'model')
    if (model === undefined) return 'ASSET_UNKNOWN'
    if (!isOwner(model, event.body.registrant)) return 'REGISTRANT_NOT_OWNER'
    if ((await recoverSigner(ledger.ledgerId, event)) !== toHex(event.body.registrant)) return 'SIGNATURE_INVALID'
    const exists = history.featureMaps.has(event.body.featureMap) || history.featureMapOfModel.has(event.body.model)
    return exists ? 'FEATURE_MAP_EXISTS' : undefined
  },

  Deposited: (history, { genesis }, event) => {
    const isOurs =
      event.body.chainId === BigInt(genesis.chainId) && toHex(event.body.distributor) === genesis.distributor
    if (!isOurs) return 'DEPOSIT_FOREIGN'
    return history.deposits.has(depositKey(event.body)) ? 'DEPOSIT_EXISTS' : undefined
  },

  // Nobody signs it: it is worth something to the account that it names alone.
  ContributionCommitted: () => undefined,

  ContributionBatch: async (history, ledger, event) => {
    const dataset = assetOf(history, event.body.dataset, 'dataset')
    if (dataset === undefined) return 'ASSET_UNKNOWN'
    if (dataset.licence !== event.body.licence) return 'LICENCE_MISMATCH'
    const signer = await recoverSigner(ledger.ledgerId, event)
    return signer === toHex(event.body.account) ? undefined : 'SIGNATURE_INVALID'
  },

  ContributionWithdrawn: async (history, ledger, event) => {
    const { account, batchSource, batchId, indexes } = event.body
    const batch = history.batches.get(eventKey(batchSource, batchId))
    if (batch === undefined || indexes.some((index) => index >= batch.items)) return 'CONTRIBUTION_UNKNOWN'
    if (batch.account !== toHex(account)) return 'ACCOUNT_MISMATCH'
    const signer = await recoverSigner(ledger.ledgerId, event)
    return signer === batch.account ? undefined : 'SIGNATURE_INVALID'
  },

  PriceListPublished: async (history, ledger, event) => {
    const model = assetOf(history, event.body.model, 'model')
    if (model === undefined) return 'ASSET_UNKNOWN'
    if (!isOwner(model, event.body.registrant)) return 'REGISTRANT_NOT_OWNER'
    if ((await recoverSigner(ledger.ledgerId, event)) !== toHex(event.body.registrant)) return 'SIGNATURE_INVALID'
    return history.payments.priceLists.has(event.body.priceList) ? 'PRICE_LIST_EXISTS' : undefined
  },

  VoucherPresented: async (history, ledger, event) => {
    if (assetOf(history, event.body.model, 'model') === undefined) return 'ASSET_UNKNOWN'
    if ((await recoverSigner(ledger.ledgerId, event)) !== toHex(event.body.payer)) return 'SIGNATURE_INVALID'
    return history.payments.vouchers.has(voucherKey(event.body)) ? 'VOUCHER_EXISTS' : undefined
  },

  InferenceRecorded: (history, ledger, event) =>
    assetOf(history, event.body.model, 'model') === undefined ||
    assetOf(history, event.body.infrastructure, 'infrastructure') === undefined
      ? 'ASSET_UNKNOWN'
      : findPaymentReason(history.payments, event.body, ledger),

  ContributionFeatures: (history, _ledger, event) => {
    const { featureMap, batchSource, batchId, index, a, p, checkpoints, near } = event.body
    const map = history.featureMaps.get(featureMap)
    const reason = findFeatureReason(map, event.source, { vector: a, p, checkpoints })
    if (reason !== undefined) return reason
    const batch = history.batches.get(eventKey(batchSource, batchId))
    if (batch === undefined || index >= batch.items) return 'CONTRIBUTION_UNKNOWN'
    if (history.withFeatures.has(contributionKey(event.body))) return 'FEATURES_EXIST'
    if (near.length > 0 && map?.similarity === 'none') return 'NEAR_NOT_MEASURED'
    return near.some((other) => other.index >= itemsOf(history, other)) ? 'NEAR_UNKNOWN' : undefined
  },

  InferenceFeatures: (history, _ledger, event) => {
    const { featureMap, inferenceSource, inferenceId, b, p, checkpoints } = event.body
    const map = history.featureMaps.get(featureMap)
    const reason = findFeatureReason(map, event.source, { vector: b, p, checkpoints })
    if (reason !== undefined) return reason
    const key = eventKey(inferenceSource, inferenceId)
    if (history.inferences.get(key)?.model !== map?.model) return 'INFERENCE_UNKNOWN'
    return history.inferenceFeatures.has(key) ? 'FEATURES_EXIST' : undefined
  },
}

function assetOf(history: History, name: string, kind: string): EventBodies['AssetRegistered'] | undefined {
  const asset = history.assets.get(name)
  return asset?.kind === kind ? asset : undefined
}

/** 0 for a batch that was not accepted. */
function itemsOf(history: History, batch: { batchSource: string; batchId: string }): number {
  return history.batches.get(eventKey(batch.batchSource, batch.batchId))?.items ?? 0
}

function isOwner(asset: EventBodies['AssetRegistered'], account: Uint8Array): boolean {
  return asset.owners.some((owner) => toHex(owner.account) === toHex(account))
}

function findFeatureReason(
  map: EventBodies['FeatureMapPublished'] | undefined,
  source: string,
  features: { vector: Uint8Array; p: readonly number[]; checkpoints: readonly number[] },
): Reason {
  if (map === undefined) return 'FEATURE_MAP_UNKNOWN'
  if (map.extractor !== source) return 'EXTRACTOR_NOT_NAMED'
  const fits =
    features.vector.length === map.rank &&
    features.p.length === map.classes &&
    features.checkpoints.length === map.checkpoints * map.classes
  return fits ? undefined : 'FEATURE_SHAPE_MISMATCH'
}

/** What reads values written with a schema, if they can be read. */
export function findReader({ eventType, schema }: EventBodies['SchemaRegistered']): RegisteredSchema | undefined {
  if (!isRegistrable(eventType)) return undefined
  const found = readRegisteredSchema(eventType, schema)
  return found.outcome === 'readable' ? found.schema : undefined
}

export function depositKey(deposit: EventBodies['Deposited']): string {
  return `${toHex(deposit.transactionHash)}/${deposit.logIndex}`
}

export function contributionKey({
  featureMap,
  batchSource,
  batchId,
  index,
}: EventBodies['ContributionFeatures']): string {
  return JSON.stringify([featureMap, batchSource, batchId, index])
}
