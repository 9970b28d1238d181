import { signEvent } from '../../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { AssetAccess, AssetKind, DecidedEventType, EventBodies, Parent } from '../../../schemas/events.ts'
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

/** What is registered of an asset. */
export interface AssetFacts {
  readonly asset: string
  readonly kind: AssetKind
  readonly title: string
  readonly licence: string
  /** The first one registers it. */
  readonly owners: readonly { readonly who: Actor; readonly parts: number }[]
  readonly access?: AssetAccess
  readonly parents?: readonly Parent[]
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
    await assetRecord(context, {
      ...{ asset: DATASET, kind: 'dataset', title: 'Handwritten digits', licence: LICENCE },
      owners: [{ who: cast.operator, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: MODEL, kind: 'model', title: 'Digit reader', licence: 'Apache-2.0' },
      owners: [{ who: cast.modelLab, parts: WHOLE }],
    }),
    await assetRecord(context, {
      ...{ asset: INFRASTRUCTURE, kind: 'infrastructure', title: 'Inference gateway', licence: 'service' },
      owners: [{ who: cast.gatewayOwner, parts: WHOLE }],
    }),
    await policyRecord(context),
  ]
}

export async function sourceRecord(
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

export async function assetRecord(
  context: RegistrationContext,
  { asset, kind, title, licence, owners, access = 'open', parents = [] }: AssetFacts,
): Promise<OutgoingRecord> {
  const registrant = owners[0]!.who
  const table = owners.map(({ who, parts }) => ({ account: fromHex(who.address), parts }))
  table.sort((a, b) => Buffer.compare(a.account, b.account))
  const event = await signEvent(context.ledgerId, registrant.signer, {
    type: 'AssetRegistered',
    source: SOURCES.operator,
    id: `asset/${asset}`,
    body: {
      ...{ asset, kind, title, licence, identity: '', access, owners: table, parents: [...parents] },
      registrant: fromHex(registrant.address),
    },
  })
  return encodeEvent(event, context.time)
}

/** @param change what differs from the demo's policy */
export async function policyRecord(
  context: RegistrationContext,
  change: Partial<EventBodies['PolicyPublished']> = {},
): Promise<OutgoingRecord> {
  const event = await signEvent(context.ledgerId, context.cast.operator.signer, {
    type: 'PolicyPublished',
    source: SOURCES.operator,
    id: `policy/${change.policy ?? POLICY}`,
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
      ...{ dataChannels: [], retrievalParts: 0, retrievalRule: 'score' },
      holdBackParts: 0,
      holdBackEpochs: 0,
      minimumPayouts: [],
      disputeWindowEpochs: DISPUTE_WINDOW_EPOCHS,
      disputeWaitEpochs: DISPUTE_WAIT_EPOCHS,
      disputeBonds: [],
      ...change,
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
  { model = MODEL, owner = context.cast.modelLab }: { readonly model?: string; readonly owner?: Actor } = {},
): Promise<OutgoingRecord> {
  const event = await signEvent(context.ledgerId, owner.signer, {
    type: 'FeatureMapPublished',
    source: SOURCES.operator,
    id: `feature-map/${toHex(facts.weightsHash)}`,
    body: {
      featureMap,
      model,
      kind: 'factored',
      extractor: SOURCES.extractor,
      ...facts,
      registrant: fromHex(owner.address),
    },
  })
  return encodeEvent(event, context.time)
}
