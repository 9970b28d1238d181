import type { DecidedEventType, EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { isRegistrable, type RegisteredSchema, readRegisteredSchema } from '../schemas/registered-schemas.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import { findAdjustmentReason } from './adjustment-reasons.ts'
import { findAssetReason, findTransferReason } from './asset-reasons.ts'
import { findCorrectionReason, findRetirementReason } from './correction-reasons.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { findOpeningReason, findResolutionReason } from './dispute-reasons.ts'
import { findBatch, type History } from './history.ts'
import { findGrantReason, findRevocationReason, type RecordTime } from './licence-reasons.ts'
import { findAcceptanceReason, findOfferReason, findOfferWithdrawalReason } from './market-reasons.ts'
import { findOutcomeReason, findStepReason } from './outcome-reasons.ts'
import { voucherKey } from './payments.ts'
import { isSignedBy, isSignedByOperator } from './signed-by.ts'
import { findItemTextReason, findOutputTextReason, findTextMapReason } from './text-reasons.ts'

/** Types that few records have: they are decided as objects. Uses and features are decided by {@link ./decide-usual.ts}. */
export type ObjectType = Exclude<DecidedEventType, 'InferenceRecorded' | 'ContributionFeatures' | 'InferenceFeatures'>
export type ObjectEvent = EventOf<ObjectType>

type Reason = RejectionReason | undefined
type Check<Type extends ObjectType> = (
  history: History,
  ledger: DecidingLedger,
  event: EventOf<Type>,
  time: RecordTime,
) => Reason | Promise<Reason>

/**
 * The first reason of docs/formats.md#decisions for which close refuses an event whose (source, id) is unused, or undefined.
 *
 * @param atMs effective time of its record
 */
export function findCloseReason(
  history: History,
  ledger: DecidingLedger,
  event: ObjectEvent,
  time: RecordTime,
): Reason | Promise<Reason> {
  const check = CHECKS[event.type] as Check<ObjectType>
  if (OPERATOR_TYPES.has(event.type)) return check(history, ledger, event, time)
  const registration = history.sources.get(event.source)
  if (registration === undefined) return 'SOURCE_UNKNOWN'
  if (!registration.eventTypes.includes(event.type)) return 'TYPE_NOT_PERMITTED'
  return check(history, ledger, event, time)
}

/** Types that the operator signs; they need no registration of their source. */
const OPERATOR_TYPES: ReadonlySet<string> = new Set([
  'SchemaRegistered',
  'SourceRegistered',
  'PolicyPublished',
  'ErasureOrdered',
  'DisputeResolved',
  'AdjustmentOrdered',
])

const CHECKS: { readonly [Type in ObjectType]: Check<Type> } = {
  SchemaRegistered: async (history, ledger, event) => {
    if (!(await isSignedByOperator(ledger, event))) return 'SIGNATURE_INVALID'
    const { schemaId, eventType, schema } = event.body
    const earlier = history.schemaRegistrations.get(schemaId)
    if (earlier !== undefined && !(earlier.eventType === eventType && earlier.schema === schema)) return 'SCHEMA_EXISTS'
    return findReader(event.body) === undefined ? 'SCHEMA_INCOMPATIBLE' : undefined
  },

  SourceRegistered: async (_history, ledger, event) =>
    (await isSignedByOperator(ledger, event)) ? undefined : 'SIGNATURE_INVALID',

  PolicyPublished: async (history, ledger, event) => {
    if (!(await isSignedByOperator(ledger, event))) return 'SIGNATURE_INVALID'
    return history.policies.some(({ policy }) => policy.policy === event.body.policy) ? 'POLICY_EXISTS' : undefined
  },

  SignatureChecked: (_history, { genesis }, event) =>
    event.body.chainId === BigInt(genesis.chainId) ? undefined : 'SIGNATURE_CHECK_FOREIGN',

  AssetRegistered: findAssetReason,

  AssetTransferred: findTransferReason,

  LicenceGranted: findGrantReason,

  LicenceRevoked: findRevocationReason,

  ModelRetired: findRetirementReason,

  OfferPublished: findOfferReason,

  OfferWithdrawn: findOfferWithdrawalReason,

  OfferAccepted: findAcceptanceReason,

  FeatureMapPublished: async (history, ledger, event) => {
    const reason = await findRegistrantReason(history, ledger, event)
    if (reason !== undefined) return reason
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
    return (await isSignedBy(history, ledger, event, toHex(event.body.account))) ? undefined : 'SIGNATURE_INVALID'
  },

  ContributionWithdrawn: async (history, ledger, event) => {
    const { account, batchSource, batchId, indexes } = event.body
    const batch = findBatch(history, batchSource, batchId)
    if (batch === undefined || indexes.some((index) => index >= batch.items)) return 'CONTRIBUTION_UNKNOWN'
    if (batch.account !== toHex(account)) return 'ACCOUNT_MISMATCH'
    return (await isSignedBy(history, ledger, event, batch.account)) ? undefined : 'SIGNATURE_INVALID'
  },

  ErasureOrdered: async (history, ledger, event) => {
    if (!(await isSignedByOperator(ledger, event))) return 'SIGNATURE_INVALID'
    const { batchSource, batchId, indexes } = event.body
    const items = findBatch(history, batchSource, batchId)?.items ?? 0
    return items === 0 || indexes.some((index) => index >= items) ? 'CONTRIBUTION_UNKNOWN' : undefined
  },

  PriceListPublished: async (history, ledger, event) => {
    const reason = await findRegistrantReason(history, ledger, event)
    return reason ?? (history.payments.priceLists.has(event.body.priceList) ? 'PRICE_LIST_EXISTS' : undefined)
  },

  VoucherPresented: async (history, ledger, event) => {
    if (assetOf(history, event.body.model, 'model') === undefined) return 'ASSET_UNKNOWN'
    if (!(await isSignedBy(history, ledger, event, toHex(event.body.payer)))) return 'SIGNATURE_INVALID'
    return history.payments.vouchers.has(voucherKey(event.body)) ? 'VOUCHER_EXISTS' : undefined
  },

  CorrectionRecorded: findCorrectionReason,

  TaskOutcome: findOutcomeReason,

  AgentStep: findStepReason,

  DisputeOpened: findOpeningReason,

  DisputeResolved: findResolutionReason,

  TextMapPublished: findTextMapReason,

  ContributionText: findItemTextReason,

  InferenceText: findOutputTextReason,

  AdjustmentOrdered: findAdjustmentReason,
}

/** Of what an owner of a model publishes for it. */
async function findRegistrantReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'FeatureMapPublished' | 'PriceListPublished'>,
): Promise<Reason> {
  const model = assetOf(history, event.body.model, 'model')
  if (model === undefined) return 'ASSET_UNKNOWN'
  const registrant = toHex(event.body.registrant)
  if (!history.ownership.now(model.asset).has(registrant)) return 'REGISTRANT_NOT_OWNER'
  return (await isSignedBy(history, ledger, event, registrant)) ? undefined : 'SIGNATURE_INVALID'
}

function assetOf(history: History, name: string, kind: string): EventBodies['AssetRegistered'] | undefined {
  const asset = history.assets.get(name)
  return asset?.kind === kind ? asset : undefined
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
