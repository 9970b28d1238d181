import { cloudEventHeaders, type RecordHeader } from '../../../schemas/cloud-events.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { RECORD_BYTES_MAX } from '../../../schemas/limits.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { encodeValue } from '../../../schemas/wire-format.ts'
import { accountOf } from './cast.ts'
import { featuresOf, randomOf, SHAPE } from './random-features.ts'
import { type Records, SOURCES } from './records.ts'
import { outOfRangeDisputes } from './rejected-disputes.ts'
import { outOfRangeOutcomes } from './rejected-outcomes.ts'

export type IngestReason =
  | 'RECORD_TOO_LARGE'
  | 'VALUE_MISSING'
  | 'HEADER_MISSING'
  | 'HEADER_INVALID'
  | 'WIRE_FORMAT_INVALID'
  | 'SCHEMA_UNKNOWN'
  | 'AVRO_INVALID'
  | 'TYPE_MISMATCH'
  | 'TOPIC_MISMATCH'
  | 'AMOUNT_NEGATIVE'
  | 'AMOUNT_TOO_LARGE'
  | 'FIELD_INVALID'
  | 'FEATURE_OUT_OF_RANGE'
  | 'SHARES_INVALID'
  | 'ROYALTY_EXCEEDED'

export interface Raw {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
}

/** Records that must be rejected for one reason, by what is wrong with them. */
export type Cases = Readonly<Record<string, Raw | Promise<Raw>>>

/** For each reason of ingest, records that have it. */
export function rejectedAtIngest(records: Records): { readonly [Reason in IngestReason]: Cases } {
  const ranges = rangeCases(records)
  const outcomes = outOfRangeOutcomes(records)
  const disputes = outOfRangeDisputes(records)
  return {
    ...{ ...envelopeCases(records), ...wireCases(records), ...ranges },
    AMOUNT_NEGATIVE: { ...ranges.AMOUNT_NEGATIVE, ...outcomes.AMOUNT_NEGATIVE, ...disputes.AMOUNT_NEGATIVE },
    AMOUNT_TOO_LARGE: { ...ranges.AMOUNT_TOO_LARGE, ...outcomes.AMOUNT_TOO_LARGE, ...disputes.AMOUNT_TOO_LARGE },
    FIELD_INVALID: { ...ranges.FIELD_INVALID, ...outcomes.FIELD_INVALID, ...disputes.FIELD_INVALID },
  }
}

function envelopeCases(records: Records) {
  const good = () => records.deposit('payer', 1n)
  const header = (name: string, value: Uint8Array | string | null): Raw => {
    const text = typeof value === 'string' ? Buffer.from(value) : value
    return changeHeaders(good(), (headers) => headers.map((own) => (own[0] === name ? [name, text] : own)))
  }
  return {
    RECORD_TOO_LARGE: {
      'a value over the limit': { ...good(), value: Buffer.alloc(RECORD_BYTES_MAX + 1) },
      'a good record with a header that takes it over the limit': changeHeaders(good(), (headers) => [
        ...headers,
        ['trace', Buffer.alloc(RECORD_BYTES_MAX)],
      ]),
    },
    VALUE_MISSING: { 'a tombstone': { ...good(), value: null } },
    HEADER_MISSING: {
      'no headers at all': { ...good(), headers: [] },
      'no ce_id': changeHeaders(good(), (headers) => headers.filter(([name]) => name !== 'ce_id')),
      'an empty ce_source': header('ce_source', ''),
      'a ce_time of null': header('ce_time', null),
    },
    HEADER_INVALID: {
      'two ids': changeHeaders(good(), (headers) => [...headers, ['ce_id', Buffer.from('another')]]),
      'an id of 129 characters': header('ce_id', 'x'.repeat(129)),
      'a control character': header('ce_source', 'urn:watcher\n'),
      'bytes that are no UTF-8': header('ce_id', Uint8Array.of(0xc3, 0x28)),
      'CloudEvents 0.3': header('ce_specversion', '0.3'),
      'a time that is none': header('ce_time', 'yesterday'),
      'content of JSON': header('content-type', 'application/json'),
    },
  }
}

function wireCases(records: Records) {
  const good = () => records.deposit('payer', 1n)
  const value = (change: (value: Buffer) => Uint8Array): Raw => {
    const record = good()
    return { ...record, value: change(Buffer.from(record.value)) }
  }
  const cut = { epoch: 1, cutTimeMs: 1n, partitions: [] }
  const cutHeaders = cloudEventHeaders({
    id: 'cut-1',
    source: 'urn:watcher',
    type: 'tallystick.CutPublished',
    time: '2026-01-01T00:00:00Z',
  })
  return {
    WIRE_FORMAT_INVALID: {
      'an empty value': value(() => Buffer.alloc(0)),
      'four bytes': value(() => Buffer.alloc(4)),
      'another magic byte': value((bytes) => Buffer.concat([Buffer.from([1]), bytes.subarray(1)])),
    },
    SCHEMA_UNKNOWN: {
      'schema 0': value((bytes) => Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), bytes.subarray(5)])),
      'a built-in schema that there is not': value((bytes) =>
        Buffer.concat([Buffer.from([0, 0x54, 0x41, 0, 0xff]), bytes.subarray(5)]),
      ),
      'an id above 2^31': value((bytes) => Buffer.concat([Buffer.from([0, 0x80, 0, 0, 1]), bytes.subarray(5)])),
    },
    AVRO_INVALID: {
      'a value cut short': value((bytes) => bytes.subarray(0, -1)),
      'trailing bytes': value((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
      'nothing behind the schema id': value((bytes) => bytes.subarray(0, 5)),
      'an array that claims more items than there are bytes': value(() =>
        Buffer.from([0, 0x54, 0x41, 0, 1, 2, 0x61, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x1f]),
      ),
    },
    TYPE_MISMATCH: {
      'the ce_type of another event': changeHeaders(good(), (headers) =>
        headers.map((own) => (own[0] === 'ce_type' ? ['ce_type', Buffer.from('tallystick.InferenceRecorded')] : own)),
      ),
    },
    TOPIC_MISMATCH: {
      'a deposit among the inferences': { ...good(), topic: TOPICS.inferences },
      'a cut among the deposits': {
        topic: TOPICS.chain,
        key: null,
        headers: cutHeaders,
        value: encodeValue('CutPublished', cut),
      },
    },
  }
}

function rangeCases(records: Records) {
  const ordinary = featuresOf(randomOf(1), SHAPE, 0)
  const item = (change: object) => records.itemFeatures('batch-x', 0, { ...ordinary, ...change }, 'x')
  const use = (body: object) => records.inferenceFeatures('use-x', ordinary, { body })
  const whole = { modeller: 1_000_000 } as const
  const other = { batchSource: 'urn:portal', batchId: 'batch-y', index: 1, similarity: 999_999 }
  const near = (changes: Partial<typeof other>[]) =>
    records.itemFeatures('batch-x', 0, ordinary, 'x', {
      body: { near: changes.map((each) => ({ ...other, ...each })) },
    })
  const parent = (asset: string, parts: number) => ({ asset, parts, signature: new Uint8Array(65) })
  const derived = (parts: number[]) =>
    records.asset('d', 'model', whole, { body: { parents: parts.map((each, index) => parent(`p${index}`, each)) } })
  return {
    AMOUNT_NEGATIVE: {
      'a fee': records.inference('negative', -1n),
      'a deposit': records.deposit('payer', -(1n << 80n)),
      'an offer for less than nothing': records.offer('bad', 'reader', 'modeller', 1, -1n),
    },
    AMOUNT_TOO_LARGE: {
      'a fee of 2^96': records.inference('large', 1n << 96n),
      'a voucher over 2^96': records.voucher('payer', { cumulative: 1n << 96n, sequence: 1n }),
      'a deposit of 2^200': records.deposit('payer', 1n << 200n),
    },
    FIELD_INVALID: {
      'a payer of 19 bytes': records.inference('short', 1n, { body: { payer: new Uint8Array(19) } }),
      'a hash of 31 bytes': records.inference('hash', 1n, { body: { inputHash: new Uint8Array(31) } }),
      'an empty model': records.inference('empty', 1n, { body: { model: '' } }),
      'an identifier of 257 characters': records.inference('long', 1n, { body: { infrastructure: 'x'.repeat(257) } }),
      'a batch without items': records.batch('alice', 'batch-empty', 0),
      'a batch of 1,001 items': records.batch('alice', 'batch-large', 1_001),
      'an index below 0': records.itemFeatures('batch-x', -1, ordinary, 'x'),
      'a map with a measure that nobody knows': records.featureMap({ featureMap: 'odd', similarity: 'image/guess@1' }),
      'a withdrawal of an item twice': records.withdrawal('carol', 'batch-x', [1, 1]),
      'a withdrawal that descends': records.withdrawal('carol', 'batch-x', [2, 1]),
      'a withdrawal of index 1,000': records.withdrawal('carol', 'batch-x', [1_000]),
      'a withdrawal from no batch': records.withdrawal('carol', '', []),
      'an erasure of an item twice': records.erasure('batch-x', [1, 1]),
      'an erasure in no batch': records.erasure('', []),
      'an item near itself': near([{ batchId: 'batch-x', index: 0 }]),
      'an item near another one twice': near([{ similarity: 1 }, { similarity: 2 }]),
      'an item near seventeen others': near(Array.from({ length: 17 }, (_, index) => ({ index }))),
      'an item near more others than a function takes': near(
        Array.from({ length: 200_000 }, () => ({ batchSource: '', batchId: '', index: 0, similarity: 0 })),
      ),
      'more than equal': near([{ similarity: 1_000_001 }]),
      'less than unlike': near([{ similarity: -1 }]),
      'near index 1,000': near([{ index: 1_000 }]),
      'near an item of no batch': near([{ batchId: '' }]),
      'near an item of no source': near([{ batchSource: '' }]),
      'a signature of 64 bytes': records.policy({ policy: 'short' }, { body: { signature: new Uint8Array(64) } }),
      'a schema of no event type': records.schema(7, 'Gossip', '"string"'),
      'a schema for registrations of schemas': records.schema(7, 'SchemaRegistered', '"string"'),
      'a schema without a text': records.schema(7, 'Deposited', ''),
      'a schema of 65,537 bytes': records.schema(7, 'Deposited', ' '.repeat(65_537)),
      'schema id 0': records.schema(0, 'Deposited', '"string"'),
      'a schema id that is built in': records.schema(0x54410001, 'Deposited', '"string"'),
      'an unknown event type': records.source('urn:odd', ['Gossip']),
      'a map of another kind': records.featureMap({ featureMap: 'odd', kind: 'dense' }),
      'a map of too many dimensions': records.featureMap({ featureMap: 'wide', rank: 1_000, classes: 5 }),
      'a wait of 101 epochs': records.policy({ policy: 'patient', featureWaitEpochs: 101 }),
      'a hold-back without an end': records.policy({ policy: 'endless', holdBackParts: 1 }),
      'a hold-back of more than a tenth': records.policy({
        ...{ policy: 'greedy', holdBackParts: 100_001, holdBackEpochs: 1 },
      }),
      'a minimum of nothing': records.policy({
        ...{ policy: 'small', minimumPayouts: [{ token: new Uint8Array(20), amount: 0n }] },
      }),
      'fees held for 101 epochs': records.policy({ policy: 'patient', outsideWaitEpochs: 101 }),
      'infrastructure that is licensed': records.asset('d', 'infrastructure', whole, { body: { access: 'licensed' } }),
      'a licence for no use': records.licence('g', 'reader', { uses: [] }),
      'a licence for nothing but commercial use': records.licence('g', 'reader', { uses: ['commercial'] }),
      'a licence for a use that does not exist': records.licence('g', 'reader', { uses: ['resell'] }),
      'a licence whose uses are out of order': records.licence('g', 'reader', { uses: ['train', 'infer'] }),
      'a licence that names a use twice': records.licence('g', 'reader', { uses: ['infer', 'infer'] }),
      'a licence that ends when it begins': records.licence('g', 'reader', { fromMs: 5n, untilMs: 5n }),
      'a royalty without training': records.licence('g', 'reader', { royaltyParts: 1 }),
      'a royalty above one half': records.licence('g', 'reader', { uses: ['train'], royaltyParts: 500_001 }),
      'a licence that reaches back and begins later': records.licence('g', 'reader', {
        coversFromEpoch: 1,
        fromMs: 1n << 62n,
      }),
      'a licence that reaches back beyond the first epoch': records.licence('g', 'reader', { coversFromEpoch: -1 }),
      'a policy whose model has no channel': records.policy({
        ...{ policy: 'gap', dataChannels: [{ model: 'reader', channels: [] }] },
      }),
      'a policy of an unknown channel': records.policy({
        ...{ policy: 'odd', dataChannels: [{ model: 'reader', channels: ['influence'] }] },
      }),
      'a policy that names a model twice': records.policy({
        policy: 'twice',
        dataChannels: [
          { model: 'reader', channels: ['text'] },
          { model: 'reader', channels: ['features'] },
        ],
      }),
      'a policy of retrieval by overlap': records.policy({ policy: 'overlap', retrievalRule: 'overlap' }),
      'a contribution retrieved twice': records.inference('use-twice', 5n, {
        body: {
          retrieved: [1, 2].map((score) => ({ batchSource: SOURCES.portal, batchId: 'a', index: 0, score })),
        },
      }),
      'an epoch of no length': records.policy({ policy: 'timeless', epochIntervalS: 0 }),
      'a transfer of nothing': records.transfer('reader', 'modeller', 'alice', 0),
      'a transfer of more than there is': records.transfer('reader', 'modeller', 'alice', 1_000_001),
      'a transfer to oneself': records.transfer('reader', 'modeller', 'modeller', 1),
      'a transfer of no asset': records.transfer('', 'modeller', 'alice', 1),
      'an offer of nothing': records.offer('bad', 'reader', 'modeller', 0, 1n),
      'an offer of more than there is': records.offer('bad', 'reader', 'modeller', 1_000_001, 1n),
      'an offer for nothing': records.offer('bad', 'reader', 'modeller', 1, 0n),
      'an offer to oneself': records.offer('bad', 'reader', 'modeller', 1, 1n, {
        body: { buyer: accountOf('modeller') },
      }),
      'an offer of a licence': records.offer('bad', 'reader', 'modeller', 1, 1n, { body: { kind: 'licence' } }),
      'an offer that expired before 1970': records.offer('bad', 'reader', 'modeller', 1, 1n, {
        body: { expiresMs: -1n },
      }),
      'an acceptance of terms of 31 bytes': records.acceptance('bad', 'alice', { body: { terms: new Uint8Array(31) } }),
      'a withdrawal of no offer': records.offerWithdrawn('', 'modeller'),
      'nine parents': derived(Array.from({ length: 9 }, () => 1)),
      'a parent that takes nothing': derived([0]),
      'a parent named twice': records.asset('d', 'model', whole, {
        body: { parents: [parent('p', 1), parent('p', 1)] },
      }),
      'an identity of a name': records.asset('d', 'model', whole, { body: { identity: 'agent.example' } }),
      'an agent of 257 characters': records.inference('agent', 1n, { body: { agent: 'x'.repeat(257) } }),
      'a check of a digest of 31 bytes': records.signatureCheck('alice', new Uint8Array(31)),
      'a check of 8,193 bytes': records.signatureCheck('alice', new Uint8Array(32), {
        body: { signature: new Uint8Array(8_193) },
      }),
      'a voucher of sequence 0': records.voucher('payer', { cumulative: 1n, sequence: 0n }),
      'a list without prices': records.priceList('empty', []),
      'prices that overlap': records.priceList('overlap', [
        { pricePerMillion: 1n },
        { pricePerMillion: 2n, fromMs: 5n },
      ]),
      'a use that cites a voucher below 0': records.inference('below', 1n, { body: { voucher: -1n } }),
      'a use of one unit twice': records.inference('twice', 1n, {
        body: { units: [1n, 2n].map((quantity) => ({ unit: 'tokens', quantity })) },
      }),
      'half a quote': records.inference('half', 1n, { body: { quoteId: new Uint8Array(16) } }),
      'a chain below 0': records.deposit('payer', 1n, { body: { chainId: -1n } }),
    },
    FEATURE_OUT_OF_RANGE: {
      'a value of 64': item({ vector: Int8Array.of(64, 0, 0) }),
      'a value of -64': item({ vector: Int8Array.of(0, -64, 0) }),
      'a multiplier of 65,536': item({ multiplier: 65_536 }),
      'a probability below 0': item({ p: [-1, 1_001] }),
      'probabilities that sum to 1,003': item({ p: [502, 501] }),
      'half a checkpoint': item({ checkpoints: [500, 500, 1_000] }),
      'a label that is no class': item({ label: 2 }),
      'a p16 of 65,536': use({ p16: 65_536 }),
      'a p16 below 0': use({ p16: -1 }),
    },
    SHARES_INVALID: {
      'owners of 999,999 parts': records.asset('short', 'model', { modeller: 999_999 }),
      'an owner of 0 parts': records.asset('none', 'model', { modeller: 1_000_000, partner: 0 }),
      'no owners': records.asset('nobody', 'model', whole, { body: { owners: [] } }),
      'an owner named twice': records.asset('twice', 'model', whole, {
        body: { owners: [1, 2].map(() => ({ account: new Uint8Array(20), parts: 500_000 })) },
      }),
      'data parts above 600,000': records.policy({ policy: 'greedy', dataParts: 600_001, modelParts: 199_999 }),
      'parts of 1,000,001': records.policy({ policy: 'over', treasuryParts: 50_001 }),
      'an upstream part below 0': records.policy({ policy: 'under', upstreamParts: -1, treasuryParts: 50_001 }),
      'owners of 1,001': records.asset('crowd', 'model', whole, { body: { owners: crowd(1_001) } }),
    },
    ROYALTY_EXCEEDED: {
      'parents that take 500,001 together': derived([250_000, 250_001]),
      'a parent that takes everything': derived([1_000_000]),
    },
  }
}

function crowd(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const account = new Uint8Array(20)
    new DataView(account.buffer).setUint32(16, index)
    return { account, parts: index === 0 ? 1_000_001 - count : 1 }
  })
}

function changeHeaders(
  record: OutgoingRecord,
  change: (headers: readonly RecordHeader[]) => readonly RecordHeader[],
): Raw {
  return { ...record, headers: change(record.headers) }
}
