import { signEvent } from '../../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { AssetKind, DecidedEventType } from '../../../schemas/events.ts'
import { fromHex, toHex } from '../../../schemas/ids.ts'
import type { Actor, Cast } from './cast.ts'
import { EPOCH_INTERVAL_S } from './clock.ts'
import {
  DATASET,
  DISPUTE_WAIT_EPOCHS,
  DISPUTE_WINDOW_EPOCHS,
  FEATURE_WAIT_EPOCHS,
  INFRASTRUCTURE,
  LICENCE,
  MAX_PERIOD_EPOCHS,
  MIN_EVENTS,
  MODEL,
  OUTCOME_WAIT_EPOCHS,
  OUTSIDE_WAIT_EPOCHS,
  POLICY,
  SHARES,
  SOURCES,
} from './names.ts'

const WHOLE = 1_000_000

export interface RegistrationContext {
  readonly ledgerId: Uint8Array
  readonly cast: Cast
  /** RFC 3339. */
  readonly time: string
  /** Effective events that a period needs before it pays. Default: the demo's. */
  readonly minEvents?: number
}

/** Sources, assets and the policy: what a ledger needs before anything can be contributed or used. */
export async function registrationRecords(context: RegistrationContext): Promise<OutgoingRecord[]> {
  const { cast } = context
  return [
    await sourceRecord(context, SOURCES.operator, ['AssetRegistered', 'FeatureMapPublished', 'PriceListPublished']),
    await sourceRecord(context, SOURCES.portal, [
      'ContributionCommitted',
      'ContributionBatch',
      'ContributionWithdrawn',
      'DisputeOpened',
    ]),
    await sourceRecord(context, SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
    await sourceRecord(context, SOURCES.extractor, ['ContributionFeatures', 'InferenceFeatures']),
    await sourceRecord(context, SOURCES.watcher, ['Deposited']),
    await assetRecord(context, DATASET, 'dataset', 'Handwritten digits', LICENCE, cast.operator),
    await assetRecord(context, MODEL, 'model', 'Digit reader', 'Apache-2.0', cast.modelLab),
    await assetRecord(context, INFRASTRUCTURE, 'infrastructure', 'Inference gateway', 'service', cast.gatewayOwner),
    await policyRecord(context),
  ]
}

async function sourceRecord(
  context: RegistrationContext,
  source: string,
  eventTypes: DecidedEventType[],
): Promise<OutgoingRecord> {
  const event = await signEvent(context.ledgerId, context.cast.operator.signer, {
    type: 'SourceRegistered',
    source: SOURCES.operator,
    id: `source/${source}`,
    body: { source, key: fromHex(context.cast.operator.address), eventTypes },
  })
  return encodeEvent(event, context.time)
}

async function assetRecord(
  context: RegistrationContext,
  asset: string,
  kind: AssetKind,
  title: string,
  licence: string,
  owner: Actor,
): Promise<OutgoingRecord> {
  const account = fromHex(owner.address)
  const event = await signEvent(context.ledgerId, owner.signer, {
    type: 'AssetRegistered',
    source: SOURCES.operator,
    id: `asset/${asset}`,
    body: {
      ...{ asset, kind, title, licence, identity: '', access: 'open' as const },
      ...{ owners: [{ account, parts: WHOLE }], parents: [], registrant: account },
    },
  })
  return encodeEvent(event, context.time)
}

async function policyRecord(context: RegistrationContext): Promise<OutgoingRecord> {
  const event = await signEvent(context.ledgerId, context.cast.operator.signer, {
    type: 'PolicyPublished',
    source: SOURCES.operator,
    id: `policy/${POLICY}`,
    body: {
      policy: POLICY,
      epochIntervalS: EPOCH_INTERVAL_S,
      ...SHARES,
      treasury: fromHex(context.cast.treasury.address),
      method: 'influence/factored@2',
      minEvents: context.minEvents ?? MIN_EVENTS,
      maxPeriodEpochs: MAX_PERIOD_EPOCHS,
      featureWaitEpochs: FEATURE_WAIT_EPOCHS,
      outcomeWaitEpochs: OUTCOME_WAIT_EPOCHS,
      outsideWaitEpochs: OUTSIDE_WAIT_EPOCHS,
      fallback: 'unattributed',
      holdBackParts: 0,
      holdBackEpochs: 0,
      minimumPayouts: [],
      disputeWindowEpochs: DISPUTE_WINDOW_EPOCHS,
      disputeWaitEpochs: DISPUTE_WAIT_EPOCHS,
      disputeBonds: [],
    },
  })
  return encodeEvent(event, context.time)
}

export interface FeatureMapFacts {
  readonly rank: number
  readonly classes: number
  readonly checkpoints: number
  readonly unitExponent: number
  readonly codeHash: Uint8Array
  readonly weightsHash: Uint8Array
  readonly basisHash: Uint8Array
  readonly trainingSetHash: Uint8Array
  readonly fingerprintSalt: Uint8Array
  readonly similarity: string
}

/** The model's owner says how features are made and who may publish them. */
export async function featureMapRecord(
  context: RegistrationContext,
  featureMap: string,
  facts: FeatureMapFacts,
): Promise<OutgoingRecord> {
  const owner = context.cast.modelLab
  const event = await signEvent(context.ledgerId, owner.signer, {
    type: 'FeatureMapPublished',
    source: SOURCES.operator,
    id: `feature-map/${toHex(facts.weightsHash)}`,
    body: {
      featureMap,
      model: MODEL,
      kind: 'factored',
      extractor: SOURCES.extractor,
      ...facts,
      registrant: fromHex(owner.address),
    },
  })
  return encodeEvent(event, context.time)
}
