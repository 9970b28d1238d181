import type { NewRecord } from '../../../pipelines/record-source.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { RejectionReason } from '../../../schemas/rejection.ts'
import { accountOf, OTHER_TOKEN } from './cast.ts'
import { featuresOf, randomOf, SHAPE } from './random-features.ts'
import { LICENCE, Records, SOURCES } from './records.ts'
import type { Cases, IngestReason } from './rejected-at-ingest.ts'

export type CloseReason = Exclude<RejectionReason, IngestReason>

export interface RejectedAtClose {
  /** Good records that the others rest on; to be sent before them. */
  readonly good: readonly (NewRecord | Promise<NewRecord>)[]
  readonly cases: { readonly [Reason in CloseReason]: Cases }
}

const FEATURES = featuresOf(randomOf(2), SHAPE, 1)
const SECOND_EXTRACTOR = 'urn:second-extractor'

/** For each reason of close, records that have it in a ledger that was founded. */
export function rejectedAtClose(records: Records): RejectedAtClose {
  return {
    good: [
      records.source(SECOND_EXTRACTOR, ['ContributionFeatures', 'InferenceFeatures']),
      records.asset('second-reader', 'model', { modeller: 1_000_000 }),
      records.batch('carol', 'batch-carol', 3),
      records.itemFeatures('batch-carol', 0, FEATURES, 'carol/0'),
      records.inference('use-1', 1n),
      records.itemFeatures('batch-carol', 1, FEATURES, 'carol/1', { id: 'features-0' }),
      records.inferenceFeatures('use-1', FEATURES),
      records.inference('use-2', 1n, { body: { model: 'second-reader' } }),
      records.inference('use-3', 1n),
      records.deposit('payer', 7n, { id: 'deposit-7', body: { transactionHash: new Uint8Array(32), logIndex: 7 } }),
    ],
    cases: {
      ...authorityCases(records),
      ...registryCases(records),
      ...referenceCases(records),
      ...depositCases(records),
    },
  }
}

function authorityCases(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  const highV = new Uint8Array(65).fill(1)
  highV[64] = 29
  return {
    ID_REUSED: {
      'an inference under a used id': records.inference('use-1', 2n),
      'another type under a used id': records.inferenceFeatures('use-3', FEATURES, { id: 'features-0' }),
      'a deposit under a used id': records.deposit('payer', 8n, { id: 'deposit-7' }),
    },
    SOURCE_UNKNOWN: { 'an unregistered source': records.inference('use-x', 1n, { source: 'urn:unknown' }) },
    TYPE_NOT_PERMITTED: {
      'a gateway that reports deposits': records.deposit('payer', 1n, { source: SOURCES.gateway }),
      'a portal that reports uses': records.inference('use-y', 1n, { source: SOURCES.portal }),
    },
    SIGNATURE_INVALID: {
      'a batch signed by another': records.batch('alice', 'forged', 1, { by: 'stranger' }),
      'a batch signed for another ledger': elsewhere.batch('alice', 'elsewhere', 1),
      'a signature that is no point': records.batch('alice', 'no-point', 1, { body: { signature: highV } }),
      'a source registered by a stranger': records.source('urn:mine', ['Deposited'], { by: 'stranger' }),
      'a policy published by a stranger': records.policy({ policy: 'mine' }, { by: 'stranger' }),
      'an asset signed by another owner': records.asset(
        'stolen',
        'model',
        { modeller: 500_000, partner: 500_000 },
        { by: 'partner' },
      ),
      'a map signed by another owner': records.featureMap(
        { featureMap: 'stolen', model: 'second-reader' },
        { by: 'partner' },
      ),
    },
  }
}

function registryCases(records: Records) {
  return {
    ASSET_EXISTS: { 'a name that is taken': records.asset('reader', 'model', { stranger: 1_000_000 }) },
    ASSET_UNKNOWN: {
      'a use of no model': records.inference('use-m', 1n, { body: { model: 'nothing' } }),
      'a use of a dataset': records.inference('use-d', 1n, { body: { model: 'digits' } }),
      'a use on no infrastructure': records.inference('use-i', 1n, { body: { infrastructure: 'reader' } }),
      'a batch for no dataset': records.batch('alice', 'nowhere', 1, { body: { dataset: 'reader' } }),
      'a map of no model': records.featureMap({ featureMap: 'of-nothing', model: 'digits' }),
    },
    LICENCE_MISMATCH: {
      'another licence': records.batch('alice', 'licence', 1, { body: { licence: `${LICENCE}-or-so` } }),
    },
    REGISTRANT_NOT_OWNER: {
      'an asset of others': records.asset(
        'of-others',
        'model',
        { modeller: 1_000_000 },
        { by: 'stranger', body: { registrant: accountOf('stranger') } },
      ),
      'a map for a model of others': records.featureMap(
        { featureMap: 'of-others', model: 'second-reader', registrant: accountOf('stranger') },
        { by: 'stranger' },
      ),
    },
    POLICY_EXISTS: { 'a policy id that is taken': records.policy({ minEvents: 1_000_000_000 }) },
    FEATURE_MAP_EXISTS: {
      'a map id that is taken': records.featureMap({ model: 'second-reader' }),
      'a second map for a model': records.featureMap({ featureMap: 'map-2' }),
    },
  }
}

function referenceCases(records: Records) {
  const item = (index: number, change = {}) => records.itemFeatures('batch-carol', index, FEATURES, 'x', change)
  const shaped = (change: object) => records.itemFeatures('batch-carol', 2, { ...FEATURES, ...change }, 'x')
  const use = (id: string, change = {}) => records.inferenceFeatures(id, FEATURES, change)
  return {
    FEATURE_MAP_UNKNOWN: {
      'an item under no map': item(2, { body: { featureMap: 'map-9' } }),
      'a use under no map': use('use-3', { body: { featureMap: 'map-9' } }),
    },
    EXTRACTOR_NOT_NAMED: {
      'an item by another extractor': item(2, { source: SECOND_EXTRACTOR }),
      'a use by another extractor': use('use-3', { source: SECOND_EXTRACTOR }),
    },
    FEATURE_SHAPE_MISMATCH: {
      'a vector of 2': shaped({ vector: Int8Array.of(1, 2) }),
      'three classes': shaped({ p: [333, 333, 334], checkpoints: [] }),
      'one checkpoint': shaped({ checkpoints: [500, 500] }),
      'a use with a vector of 4': records.inferenceFeatures('use-3', { ...FEATURES, vector: Int8Array.of(1, 2, 3, 4) }),
    },
    CONTRIBUTION_UNKNOWN: {
      'a batch that nobody sent': records.itemFeatures('batch-nobody', 0, FEATURES, 'x'),
      'an index behind the last item': item(3),
      'a batch that was rejected': records.itemFeatures('forged', 0, FEATURES, 'x'),
      'the batch of another source': item(2, { body: { batchSource: SOURCES.gateway } }),
    },
    INFERENCE_UNKNOWN: {
      'a use that nobody reported': use('use-nobody'),
      'a use that was rejected': use('use-m'),
      'a use of another model': use('use-2'),
    },
    FEATURES_EXIST: {
      'an item that has features': item(0),
      'a use that has features': use('use-1'),
    },
  }
}

function depositCases(records: Records) {
  return {
    DEPOSIT_EXISTS: {
      'a log that was recorded': records.deposit('payer', 9n, {
        body: { transactionHash: new Uint8Array(32), logIndex: 7, token: fromHex(OTHER_TOKEN) },
      }),
    },
    DEPOSIT_FOREIGN: {
      'another chain': records.deposit('payer', 1n, { body: { chainId: 1n } }),
      'another contract': records.deposit('payer', 1n, { body: { distributor: accountOf('stranger') } }),
    },
  }
}
