import type { NewRecord } from '../../../pipelines/record-source.ts'
import { fromHex } from '../../../schemas/ids.ts'
import { OWNERS_MAX } from '../../../schemas/limits.ts'
import type { RejectionReason } from '../../../schemas/rejection.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { accountOf, OTHER_TOKEN } from './cast.ts'
import { builtInJson, evolved, renumbered, WIDER_USE, widerUse } from './foreign-schemas.ts'
import { featuresOf, randomOf, SHAPE } from './random-features.ts'
import { hashOf, LICENCE, Records, SOURCES } from './records.ts'
import { adjustmentsRejectedLikeOthers, rejectedAdjustments } from './rejected-adjustments.ts'
import type { Cases, IngestReason } from './rejected-at-ingest.ts'
import { correctionsRejectedLikeOthers, goodCorrections, rejectedCorrections } from './rejected-corrections.ts'
import { disputesRejectedLikeOthers, rejectedDisputes } from './rejected-disputes.ts'
import { goodLicences, licencesRejectedLikeOthers, rejectedLicences } from './rejected-licences.ts'
import { goodOutcomes, outcomesRejectedLikeOthers, rejectedOutcomes } from './rejected-outcomes.ts'
import { goodPayments, rejectedLikeOthers, rejectedPayments } from './rejected-payments.ts'
import { goodSales, rejectedSales, rejectedSalesLikeOthers } from './rejected-sales.ts'
import { goodTexts, rejectedTexts, textsRejectedLikeOthers } from './rejected-texts.ts'

/**
 * A rating can only be too late, and a line disputed, in an epoch behind the first: test/jobs/outcomes.test.ts,
 * test/jobs/disputes.test.ts and test/jobs/adjustments.test.ts hold those.
 */
export const LATER_REASONS = [
  'OUTCOME_TOO_LATE',
  'ADJUSTMENT_EXISTS',
  'DISPUTE_EXISTS',
  'DISPUTE_TOO_LATE',
  'DISPUTE_OPEN',
  'BOND_MISMATCH',
  'DISPUTE_CLOSED',
] as const satisfies readonly RejectionReason[]

export type CloseReason = Exclude<RejectionReason, IngestReason | (typeof LATER_REASONS)[number]>

export interface RejectedAtClose {
  /** Good records that the others rest on; to be sent before them. */
  readonly good: readonly (NewRecord | Promise<NewRecord>)[]
  readonly cases: { readonly [Reason in CloseReason]: Cases }
  /** Reasons of a record's own bytes that only close can find: the schema is not built in. */
  readonly waiting: Partial<Readonly<Record<IngestReason, Cases>>>
}

const FEATURES = featuresOf(randomOf(2), SHAPE, 1)
const WIDER_ID = 500
const OWN_ID = 501
const OF_A_STRANGER = 502
const NARROW_ID = 503
const SECOND_EXTRACTOR = 'urn:second-extractor'

/** For each reason of close, records that have it in a ledger that was founded. */
export function rejectedAtClose(records: Records): RejectedAtClose {
  return {
    good: [
      records.source(SECOND_EXTRACTOR, ['ContributionFeatures', 'InferenceFeatures']),
      records.asset('second-reader', 'model', { modeller: 1_000_000 }),
      records.asset('third-reader', 'model', { modeller: 1_000_000 }),
      records.featureMap({ featureMap: 'map-3', model: 'third-reader', similarity: 'none' }),
      records.derived('base-1', 'model', 'modeller', { reader: { by: 'partner', parts: 1 } }),
      ...[2, 3, 4, 5, 6].map((depth) =>
        records.derived(`base-${depth}`, 'model', 'modeller', { [`base-${depth - 1}`]: { by: 'modeller', parts: 1 } }),
      ),
      records.asset('crowded', 'dataset', { modeller: 1_000_000 }, { body: { owners: OWNERS } }),
      records.transfer('second-reader', 'modeller', 'alice', 600_000),
      records.transfer('second-reader', 'alice', 'bob', 600_000),
      // Of one who gives everything away the place is free again.
      records.transfer('crowded', 'alice', 'stranger', 1),
      records.signatureCheck('alice', new Uint8Array(32)),
      records.batch('carol', 'batch-carol', 3),
      records.withdrawal('carol', 'batch-carol', [2]),
      records.withdrawal('carol', 'batch-carol', [1, 2]),
      records.withdrawal('carol', 'batch-carol', []),
      records.batch('carol', 'batch-gone', 2),
      records.erasure('batch-gone', [1]),
      records.itemFeatures('batch-carol', 0, FEATURES, 'carol/0', { body: { near: [near('batch-carol', 1)] } }),
      records.inference('use-1', 1n),
      records.itemFeatures('batch-carol', 1, FEATURES, 'carol/1', { id: 'features-0' }),
      records.inferenceFeatures('use-1', FEATURES),
      records.inference('use-2', 1n, { body: { model: 'second-reader' } }),
      records.inference('use-3', 1n),
      records.schema(WIDER_ID, 'InferenceRecorded', WIDER_USE, { id: 'schema-wider' }),
      records.schema(WIDER_ID, 'InferenceRecorded', WIDER_USE, { id: 'the same under another id' }),
      records.schema(OWN_ID, 'InferenceRecorded', builtInJson('InferenceRecorded')),
      widerUse(records.inference('use-wider', 1n), WIDER_ID),
      renumbered(records.inference('use-renumbered', 1n), OWN_ID),
      records.deposit('payer', 7n, { id: 'deposit-7', body: { transactionHash: new Uint8Array(32), logIndex: 7 } }),
      ...goodPayments(records),
      ...goodOutcomes(records),
      ...goodLicences(records),
      ...goodSales(records),
      ...goodCorrections(records),
      ...goodTexts(records),
    ],
    cases: {
      ...mergeCases(
        correctionsRejectedLikeOthers(records),
        mergeCases(
          disputesRejectedLikeOthers(records),
          mergeCases(
            rejectedSalesLikeOthers(records),
            mergeCases(
              outcomesRejectedLikeOthers(records),
              mergeCases(
                licencesRejectedLikeOthers(records),
                mergeCases(
                  mergeCases(adjustmentsRejectedLikeOthers(records), rejectedLikeOthers(records)),
                  mergeCases(textsRejectedLikeOthers(records), {
                    ...authorityCases(records),
                    ...registryCases(records),
                    ...ownershipCases(records),
                    ...referenceCases(records),
                    ...rejectedPayments(records),
                  }),
                ),
              ),
            ),
          ),
        ),
      ),
      ...rejectedCorrections(records),
      ...rejectedTexts(records),
      ...rejectedDisputes(records),
      ...rejectedOutcomes(records),
      ...rejectedLicences(records),
      ...rejectedSales(records),
      ...rejectedAdjustments(records),
      ...depositCases(records),
      ...schemaCases(records),
    },
    waiting: waitingCases(records),
  }
}

/** Cases of the same reasons, of two kinds of records. */
function mergeCases<Reason extends string, Other extends Reason>(
  some: Readonly<Record<Other, Cases>>,
  more: Readonly<Record<Reason, Cases>>,
): Record<Reason, Cases> {
  const merged: Record<Reason, Cases> = { ...more }
  for (const reason of Object.keys(some) as Other[]) merged[reason] = { ...more[reason], ...some[reason] }
  return merged
}

function authorityCases(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  const highV = new Uint8Array(65).fill(1)
  highV[64] = 29
  return {
    ID_REUSED: {
      'an inference under a used id': records.inference('use-1', 2n),
      'another type under a used id': records.inferenceFeatures('use-3', FEATURES, { id: 'features-0' }),
      'the same use written with another schema': renumbered(records.inference('use-1', 1n), OWN_ID),
      'a deposit under a used id': records.deposit('payer', 8n, { id: 'deposit-7' }),
    },
    SOURCE_UNKNOWN: {
      'an unregistered source': records.inference('use-x', 1n, { source: 'urn:unknown' }),
      'an unregistered source with a schema of its own': widerUse(
        records.inference('use-x', 1n, { source: 'urn:unknown' }),
        WIDER_ID,
      ),
    },
    TYPE_NOT_PERMITTED: {
      'a gateway that reports deposits': records.deposit('payer', 1n, { source: SOURCES.gateway }),
      'a portal that reports uses': records.inference('use-y', 1n, { source: SOURCES.portal }),
    },
    SIGNATURE_INVALID: {
      'a batch signed by another': records.batch('alice', 'forged', 1, { by: 'stranger' }),
      'a batch signed for another ledger': elsewhere.batch('alice', 'elsewhere', 1),
      'a withdrawal signed by another': records.withdrawal('carol', 'batch-carol', [], { by: 'stranger' }),
      'a withdrawal signed for another ledger': elsewhere.withdrawal('carol', 'batch-carol', []),
      'a signature that is no point': records.batch('alice', 'no-point', 1, { body: { signature: highV } }),
      'a source registered by a stranger': records.source('urn:mine', ['Deposited'], { by: 'stranger' }),
      'an erasure ordered by the contributor': records.erasure('batch-carol', [], { by: 'carol' }),
      'an erasure ordered for another ledger': elsewhere.erasure('batch-carol', []),
      'a policy published by a stranger': records.policy({ policy: 'mine' }, { by: 'stranger' }),
      'a schema registered by a stranger': records.schema(OF_A_STRANGER, 'InferenceRecorded', WIDER_USE, {
        by: 'stranger',
      }),
      'an asset signed by another owner': records.asset(
        'stolen',
        'model',
        { modeller: 500_000, partner: 500_000 },
        { by: 'partner' },
      ),
      'a transfer signed by who receives': records.transfer('reader', 'modeller', 'alice', 1, { by: 'alice' }),
      'a transfer signed for another ledger': elsewhere.transfer('reader', 'modeller', 'alice', 1),
      'a derivation that a stranger agreed to': records.derived('d-1', 'model', 'alice', {
        reader: { by: 'stranger', parts: 1 },
      }),
      'a derivation agreed to for another ledger': elsewhere.derived('d-2', 'model', 'alice', {
        reader: { by: 'modeller', parts: 1 },
      }),
      'a derivation that one agreed to who owns it no more': records.derived('d-3', 'model', 'alice', {
        'second-reader': { by: 'alice', parts: 1 },
      }),
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
      'a use by no agent': records.inference('use-a', 1n, { body: { agent: 'reader' } }),
      'a share of nothing': records.transfer('nothing', 'modeller', 'alice', 1),
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

/** As many as an asset may have; alice has a single part. */
const OWNERS = [
  accountOf('modeller'),
  accountOf('alice'),
  ...Array.from({ length: OWNERS_MAX - 2 }, (_, n) => hashOf(`${n}`).subarray(0, 20)),
]
  .map((account, index) => ({ account, parts: index === 0 ? 1_000_001 - OWNERS_MAX : 1 }))
  .sort((a, b) => Buffer.compare(a.account, b.account))

function ownershipCases(records: Records) {
  return {
    SHARES_NOT_OWNED: {
      'more than is owned': records.transfer('second-reader', 'modeller', 'alice', 400_001),
      'what was given away': records.transfer('second-reader', 'alice', 'carol', 1),
      'of an asset of others': records.transfer('reader', 'stranger', 'alice', 1),
    },
    OWNERS_TOO_MANY: { 'an owner more than there may be': records.transfer('crowded', 'modeller', 'carol', 1) },
    PARENT_UNKNOWN: {
      'a parent that nobody registered': records.derived('d-4', 'model', 'alice', {
        nothing: { by: 'alice', parts: 1 },
      }),
      itself: records.derived('d-5', 'model', 'alice', { 'd-5': { by: 'alice', parts: 1 } }),
      'a parent that comes later': records.derived('d-6', 'model', 'alice', { 'd-7': { by: 'alice', parts: 1 } }),
    },
    ROYALTY_TOO_DEEP: {
      'a seventh generation': records.derived('base-7', 'model', 'modeller', {
        'base-6': { by: 'modeller', parts: 1 },
        reader: { by: 'partner', parts: 1 },
      }),
    },
    SIGNATURE_CHECK_FOREIGN: {
      'a contract on another chain': records.signatureCheck('alice', new Uint8Array(32), { body: { chainId: 1n } }),
    },
  }
}

function near(batchId: string, index: number, batchSource: string = SOURCES.portal) {
  return { batchSource, batchId, index, similarity: 999_999 }
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
      'a withdrawal from a batch that nobody sent': records.withdrawal('carol', 'batch-nobody', []),
      'a withdrawal behind the last item': records.withdrawal('carol', 'batch-carol', [0, 3]),
      'a withdrawal from a batch that was rejected': records.withdrawal('alice', 'forged', []),
      'a withdrawal from the batch of another source': records.withdrawal('carol', 'batch-carol', [], {
        body: { batchSource: SOURCES.gateway },
      }),
      'an erasure in a batch that nobody sent': records.erasure('batch-nobody', []),
      'an erasure behind the last item': records.erasure('batch-carol', [0, 3]),
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
    ACCOUNT_MISMATCH: {
      'a withdrawal from a batch of somebody else': records.withdrawal('stranger', 'batch-carol', []),
    },
    CONTRIBUTION_ERASED: {
      'features of an item that was ordered to be erased': records.itemFeatures('batch-gone', 1, FEATURES, 'gone/1'),
    },
    NEAR_NOT_MEASURED: {
      'near pairs under a map without a measure': item(2, {
        body: { featureMap: 'map-3', near: [near('batch-carol', 0)] },
      }),
    },
    NEAR_UNKNOWN: {
      'near an item of a batch that nobody sent': item(2, { body: { near: [near('batch-nobody', 0)] } }),
      'near an index behind the last item': item(2, {
        body: { near: [near('batch-carol', 0), near('batch-carol', 3)] },
      }),
      'near an item of a batch that was rejected': item(2, { body: { near: [near('forged', 0)] } }),
      'near an item of another source': item(2, { body: { near: [near('batch-carol', 0, SOURCES.gateway)] } }),
    },
    FEATURES_EXIST: {
      'an item that has features': item(0),
      'an item that has features, near nothing that is there': item(0, { body: { near: [near('batch-nobody', 0)] } }),
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

function schemaCases(records: Records) {
  const use = builtInJson('InferenceRecorded')
  const withFee = (fee: unknown) =>
    evolved('InferenceRecorded', { without: 'fee', last: [{ name: 'fee', type: fee, default: '\u0000' }] })
  let id = 600
  const schema = (json: object | string) => records.schema(id++, 'InferenceRecorded', json)
  return {
    SCHEMA_EXISTS: {
      'another text under the id': records.schema(WIDER_ID, 'InferenceRecorded', use),
      'the same text for another type': records.schema(WIDER_ID, 'Deposited', WIDER_USE),
      'a space more': records.schema(OWN_ID, 'InferenceRecorded', `${JSON.stringify(use)} `),
    },
    SCHEMA_INCOMPATIBLE: {
      'no JSON': schema('{'),
      'no record': schema('"string"'),
      'a record of another name': schema({ ...use, name: 'InferenceReported' }),
      'a schema of another type': schema(builtInJson('Deposited')),
      'a field that is not there': records.schema(
        NARROW_ID,
        'InferenceRecorded',
        evolved('InferenceRecorded', { without: 'token' }),
      ),
      'a fee in cents': schema(withFee({ type: 'bytes', logicalType: 'decimal', precision: 29, scale: 2 })),
      'a fee of bytes that nobody says is a number': schema(withFee('bytes')),
      'a fee that may be missing': schema(
        withFee(['null', { type: 'bytes', logicalType: 'decimal', precision: 29, scale: 0 }]),
      ),
      'a fee of float': schema(withFee('double')),
      'a type that holds itself': schema(
        evolved('InferenceRecorded', { last: [{ name: 'parent', type: ['null', 'InferenceRecorded'] }] }),
      ),
    },
  }
}

function waitingCases(records: Records): RejectedAtClose['waiting'] {
  const use = (change = {}) => records.inference('use-waiting', 1n, change)
  const wider = () => widerUse(use(), WIDER_ID)
  const value = (change: (value: Buffer) => Uint8Array) => ({ ...wider(), value: change(Buffer.from(wider().value)) })
  const ofType = (type: string) => {
    const record = wider()
    const headers = record.headers.map(([name, own]) => [name, name === 'ce_type' ? Buffer.from(type) : own] as const)
    return { ...record, headers }
  }
  return {
    SCHEMA_UNKNOWN: {
      'schema 99': renumbered(use(), 99),
      'the last id that may be registered': renumbered(use(), 0x5440ffff),
      'a schema that a stranger registered': widerUse(use(), OF_A_STRANGER),
      'a schema that is incompatible': renumbered(use(), NARROW_ID),
    },
    AVRO_INVALID: {
      'a wider value cut short': value((bytes) => bytes.subarray(0, -1)),
      'trailing bytes behind a wider value': value((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
      'text that is no UTF-8 in a field that is dropped': value((bytes) => bytes.fill(0xff, 6, 7)),
      'nothing behind the id of a registered schema': value((bytes) => bytes.subarray(0, 5)),
      'our bytes under the wider schema': renumbered(use(), WIDER_ID),
    },
    TYPE_MISMATCH: { 'a wider use that says it is a deposit': ofType('tallystick.Deposited') },
    TOPIC_MISMATCH: { 'a wider use among the contributions': { ...wider(), topic: TOPICS.contributions } },
    AMOUNT_NEGATIVE: { 'a negative fee with a registered schema': renumbered(records.inference('n', -1n), OWN_ID) },
    AMOUNT_TOO_LARGE: {
      'a fee of 2^96 with a registered schema': renumbered(records.inference('l', 1n << 96n), OWN_ID),
    },
    FIELD_INVALID: { 'a short payer in a wider use': widerUse(use({ body: { payer: new Uint8Array(19) } }), WIDER_ID) },
  }
}
