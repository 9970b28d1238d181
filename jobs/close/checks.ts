import { recoverSigner } from '../../anchor/signatures/signer.ts'
import type { DecidedEventType, EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { isRegistrable, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import { checkAsset, checkTransfer } from './check-assets.ts'
import type { CheckContext } from './check-context.ts'
import { checkCorrection, checkRetirement } from './check-corrections.ts'
import { checkOpening, checkResolution } from './check-disputes.ts'
import { checkGrant, checkRevocation } from './check-licences.ts'
import { checkAcceptance, checkOffer, checkOfferWithdrawal } from './check-market.ts'
import { checkOutcome, checkStep } from './check-outcomes.ts'
import { checkContributionText, checkInferenceText, checkTextMap } from './check-texts.ts'
import { checkUse } from './check-use.ts'
import { isSignedBy } from './signed-by.ts'

type Check<Type extends DecidedEventType> = (
  event: EventOf<Type>,
  context: CheckContext,
) => RejectionReason | undefined | Promise<RejectionReason | undefined>

/** The checks of docs/formats.md#decisions that depend on other records; undefined when the event is good. */
export async function checkEvent(
  event: EventOf<DecidedEventType>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const check = CHECKS[event.type] as Check<DecidedEventType>
  return (SIGNED_BY_OPERATOR.has(event.type) ? undefined : checkSource(event, context)) ?? (await check(event, context))
}

/**
 * What the operator signs needs no registered source. What others sign does: the signature says whose asset it is, and the
 * source that nobody uses up an id which belongs to somebody else.
 */
const SIGNED_BY_OPERATOR: ReadonlySet<DecidedEventType> = new Set([
  'SchemaRegistered',
  'SourceRegistered',
  'PolicyPublished',
  'ErasureOrdered',
  'DisputeResolved',
  'AdjustmentOrdered',
])

const CHECKS: { [Type in DecidedEventType]: Check<Type> } = {
  SchemaRegistered: checkSchema,
  SourceRegistered: checkOperator,
  PolicyPublished: async (event, context) =>
    (await checkOperator(event, context)) ??
    (context.registry.policies.has(event.body.policy) ? 'POLICY_EXISTS' : undefined),
  SignatureChecked: (event, { genesis }) =>
    event.body.chainId === BigInt(genesis.chainId) ? undefined : 'SIGNATURE_CHECK_FOREIGN',
  AssetRegistered: checkAsset,
  AssetTransferred: checkTransfer,
  OfferPublished: checkOffer,
  OfferWithdrawn: checkOfferWithdrawal,
  OfferAccepted: checkAcceptance,
  FeatureMapPublished: checkFeatureMap,
  TextMapPublished: checkTextMap,
  Deposited: checkDeposit,
  // It binds the account that it is for: whoever sends it, nobody else gains by it.
  ContributionCommitted: () => undefined,
  ContributionBatch: checkBatch,
  ContributionWithdrawn: checkWithdrawal,
  ErasureOrdered: checkErasure,
  PriceListPublished: checkPriceList,
  LicenceGranted: checkGrant,
  LicenceRevoked: checkRevocation,
  ModelRetired: checkRetirement,
  VoucherPresented: checkVoucher,
  InferenceRecorded: checkUse,
  CorrectionRecorded: checkCorrection,
  ContributionFeatures: checkContributionFeatures,
  InferenceFeatures: checkInferenceFeatures,
  ContributionText: checkContributionText,
  InferenceText: checkInferenceText,
  TaskOutcome: checkOutcome,
  AgentStep: checkStep,
  DisputeOpened: checkOpening,
  DisputeResolved: async (event, context) => (await checkOperator(event, context)) ?? checkResolution(event, context),
  AdjustmentOrdered: checkAdjustment,
}

function checkSource(event: EventOf<DecidedEventType>, { registry }: CheckContext): RejectionReason | undefined {
  const permitted = registry.sources.get(event.source)
  if (permitted === undefined) return 'SOURCE_UNKNOWN'
  return permitted.has(event.type) ? undefined : 'TYPE_NOT_PERMITTED'
}

async function checkOperator(
  event: EventOf<
    | 'SchemaRegistered'
    | 'SourceRegistered'
    | 'PolicyPublished'
    | 'ErasureOrdered'
    | 'DisputeResolved'
    | 'AdjustmentOrdered'
  >,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  return (await recoverSigner(context.ledgerId, event)) === context.genesis.operator ? undefined : 'SIGNATURE_INVALID'
}

/** Only what is settled by the time it is accepted can be settled again. */
async function checkAdjustment(
  event: EventOf<'AdjustmentOrdered'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const fault = await checkOperator(event, context)
  if (fault !== undefined) return fault
  if (context.registry.adjustments.has(event.body.adjustment)) return 'ADJUSTMENT_EXISTS'
  // What was erased cannot be computed again: an epoch before an order is settled for good.
  const { fromEpoch, toEpoch } = event.body
  const isOpen = toEpoch < context.epoch && !context.registry.erased.isOrderedAfter(fromEpoch)
  return isOpen ? undefined : 'ADJUSTMENT_EPOCHS_INVALID'
}

/** The signature first: only what the operator signed is worth reading a schema for. */
async function checkSchema(
  event: EventOf<'SchemaRegistered'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const fault = await checkOperator(event, context)
  if (fault !== undefined) return fault
  if (context.registry.isOtherSchema(event.body)) return 'SCHEMA_EXISTS'
  const { eventType, schema } = event.body
  const isReadable = isRegistrable(eventType) && readRegisteredSchema(eventType, schema).outcome === 'readable'
  return isReadable ? undefined : 'SCHEMA_INCOMPATIBLE'
}

async function checkFeatureMap(
  event: EventOf<'FeatureMapPublished'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const model = context.registry.asset(event.body.model, 'model')
  if (model === undefined) return 'ASSET_UNKNOWN'
  const registrant = toAddress(toHex(event.body.registrant))
  if (!model.owners.has(registrant)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(registrant, event, context))) return 'SIGNATURE_INVALID'
  const taken =
    context.registry.featureMaps.has(event.body.featureMap) || context.registry.mappedModels.has(event.body.model)
  return taken ? 'FEATURE_MAP_EXISTS' : undefined
}

async function checkPriceList(
  event: EventOf<'PriceListPublished'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const model = context.registry.asset(event.body.model, 'model')
  if (model === undefined) return 'ASSET_UNKNOWN'
  const registrant = toAddress(toHex(event.body.registrant))
  if (!model.owners.has(registrant)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(registrant, event, context))) return 'SIGNATURE_INVALID'
  return context.registry.priceLists.has(event.body.priceList) ? 'PRICE_LIST_EXISTS' : undefined
}

/** Whoever presents it: it says by itself who pays how much for what. */
async function checkVoucher(
  event: EventOf<'VoucherPresented'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  if (context.registry.asset(event.body.model, 'model') === undefined) return 'ASSET_UNKNOWN'
  if (!(await isSignedBy(toAddress(toHex(event.body.payer)), event, context))) return 'SIGNATURE_INVALID'
  return context.references.isTaken(event) ? 'VOUCHER_EXISTS' : undefined
}

function checkDeposit(event: EventOf<'Deposited'>, { genesis, references }: CheckContext): RejectionReason | undefined {
  const own = event.body.chainId === BigInt(genesis.chainId) && toHex(event.body.distributor) === genesis.distributor
  if (!own) return 'DEPOSIT_FOREIGN'
  return references.isTaken(event) ? 'DEPOSIT_EXISTS' : undefined
}

async function checkBatch(
  event: EventOf<'ContributionBatch'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const dataset = context.registry.asset(event.body.dataset, 'dataset')
  if (dataset === undefined) return 'ASSET_UNKNOWN'
  if (dataset.licence !== event.body.licence) return 'LICENCE_MISMATCH'
  return (await isSignedBy(toAddress(toHex(event.body.account)), event, context)) ? undefined : 'SIGNATURE_INVALID'
}

async function checkWithdrawal(
  event: EventOf<'ContributionWithdrawn'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { references } = context
  const items = references.itemsOfBatch(event) ?? 0
  // Ascending: the last index is the greatest; without any, the batch alone has to be there.
  if ((event.body.indexes.at(-1) ?? 0) >= items) return 'CONTRIBUTION_UNKNOWN'
  if (!references.isOfWithdrawer(event)) return 'ACCOUNT_MISMATCH'
  return (await isSignedBy(toAddress(toHex(event.body.account)), event, context)) ? undefined : 'SIGNATURE_INVALID'
}

/** The signature first: only what the operator signed is worth looking for. */
async function checkErasure(
  event: EventOf<'ErasureOrdered'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const fault = await checkOperator(event, context)
  if (fault !== undefined) return fault
  const items = context.references.itemsOfBatch(event) ?? 0
  return (event.body.indexes.at(-1) ?? 0) >= items ? 'CONTRIBUTION_UNKNOWN' : undefined
}

interface Features {
  readonly featureMap: string
  readonly p: readonly number[]
  readonly checkpoints: readonly number[]
}

function checkFeatures(
  source: string,
  body: Features,
  length: number,
  { registry }: CheckContext,
): RejectionReason | undefined {
  const map = registry.featureMaps.get(body.featureMap)
  if (map === undefined) return 'FEATURE_MAP_UNKNOWN'
  if (source !== map.extractor) return 'EXTRACTOR_NOT_NAMED'
  const fits =
    length === map.rank && body.p.length === map.classes && body.checkpoints.length === map.checkpoints * map.classes
  return fits ? undefined : 'FEATURE_SHAPE_MISMATCH'
}

function checkContributionFeatures(
  event: EventOf<'ContributionFeatures'>,
  context: CheckContext,
): RejectionReason | undefined {
  const fault = checkFeatures(event.source, event.body, event.body.a.length, context)
  if (fault !== undefined) return fault
  const items = context.references.itemsOfBatch(event)
  if (items === undefined || event.body.index >= items) return 'CONTRIBUTION_UNKNOWN'
  if (context.registry.erased.has(event.body, event.body.index)) return 'CONTRIBUTION_ERASED'
  if (context.references.isTaken(event)) return 'FEATURES_EXIST'
  return checkNear(event, context)
}

/** Evidence of a measure that nobody named says nothing, and of a contribution that is not there no more. */
function checkNear(
  { body }: EventOf<'ContributionFeatures'>,
  { registry, references }: CheckContext,
): RejectionReason | undefined {
  if (body.near.length > 0 && registry.featureMaps.get(body.featureMap)?.similarity === 'none')
    return 'NEAR_NOT_MEASURED'
  const isThere = body.near.every((near) => near.index < (references.itemsOfNamedBatch(near) ?? 0))
  return isThere ? undefined : 'NEAR_UNKNOWN'
}

function checkInferenceFeatures(
  event: EventOf<'InferenceFeatures'>,
  context: CheckContext,
): RejectionReason | undefined {
  const fault = checkFeatures(event.source, event.body, event.body.b.length, context)
  if (fault !== undefined) return fault
  const model = context.references.modelOfInference(event)
  if (model === undefined || model !== context.registry.featureMaps.get(event.body.featureMap)?.model)
    return 'INFERENCE_UNKNOWN'
  return context.references.isTaken(event) ? 'FEATURES_EXIST' : undefined
}
