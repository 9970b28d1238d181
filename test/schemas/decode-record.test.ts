import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ceTypeOf,
  cloudEventHeaders,
  decodeRecord,
  type EventBodies,
  type EventType,
  encodeValue,
  type RecordHeader,
  TOPIC_OF_EVENT,
  TOPICS,
} from '../../schemas/index.ts'

const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill)

const inference: EventBodies['InferenceRecorded'] = {
  model: 'digits',
  infrastructure: 'gateway',
  agent: '',
  payer: bytes(20),
  token: bytes(20, 2),
  fee: 250_000n,
  inputHash: bytes(32),
  outputHash: bytes(32),
  commercial: true,
  voucher: 3n,
  priceList: 'list-1',
  units: [{ unit: 'input_tokens', quantity: (1n << 53n) - 1n }],
  quoteId: bytes(16),
  quoteExpiresMs: 1_767_225_600_000n,
  quoteSignature: bytes(65),
  retrieved: [],
}
const features: EventBodies['InferenceFeatures'] = {
  featureMap: 'map',
  inferenceSource: 'urn:gateway',
  inferenceId: 'i-1',
  b: Buffer.from([63, 0x100 - 63]),
  ub: 65_535,
  p: [400, 600],
  checkpoints: [500, 500],
  label: 1,
  labelKind: 'true',
  p16: 40_000,
}

function record<Type extends EventType>(type: Type, body: EventBodies[Type], topic = TOPIC_OF_EVENT[type]) {
  const attributes = { id: 'e-1', source: 'urn:source', type: ceTypeOf(type), time: '2026-01-01T00:00:00Z' }
  return {
    topic,
    key: null,
    headers: cloudEventHeaders(attributes) as readonly RecordHeader[],
    value: encodeValue(type, body) as Uint8Array | null,
  }
}

function reasonOf(raw: Parameters<typeof decodeRecord>[0]): string {
  const decoded = decodeRecord(raw)
  return decoded.outcome === 'rejected' ? decoded.reason : decoded.outcome
}

function withHeader(name: string, value: Uint8Array | null) {
  const good = record('InferenceRecorded', inference)
  return { ...good, headers: good.headers.map(([known, old]): RecordHeader => [known, known === name ? value : old]) }
}

describe('decodeRecord', () => {
  test('a good record comes back as it was sent', () => {
    const decoded = decodeRecord(record('InferenceRecorded', inference))
    expect(decoded).toMatchObject({
      outcome: 'decoded',
      event: { id: 'e-1', source: 'urn:source', type: 'InferenceRecorded' },
    })
    if (decoded.outcome === 'decoded' && decoded.event.type === 'InferenceRecorded') {
      expect(decoded.event.body.fee).toBe(250_000n)
      expect(Buffer.from(decoded.event.body.payer).equals(Buffer.from(bytes(20)))).toBe(true)
    }
  })

  test.each([0n, 1n, 127n, 128n, 255n, 256n, (1n << 95n) - 1n, 1n << 95n, (1n << 96n) - 1n])(
    'fee %s survives the wire',
    (fee) => {
      const decoded = decodeRecord(record('InferenceRecorded', { ...inference, fee }))
      expect(decoded.outcome === 'decoded' && (decoded.event.body as typeof inference).fee).toBe(fee)
    },
  )

  test('amounts out of range are named', () => {
    expect(reasonOf(record('InferenceRecorded', { ...inference, fee: -1n }))).toBe('AMOUNT_NEGATIVE')
    expect(reasonOf(record('InferenceRecorded', { ...inference, fee: 1n << 96n }))).toBe('AMOUNT_TOO_LARGE')
  })

  test('wire format: magic byte, unknown schema, malformed Avro, trailing bytes', () => {
    const good = record('InferenceRecorded', inference)
    const value = Buffer.from(good.value!)
    expect(reasonOf({ ...good, value: Buffer.concat([Buffer.from([1]), value.subarray(1)]) })).toBe(
      'WIRE_FORMAT_INVALID',
    )
    expect(reasonOf({ ...good, value: Buffer.alloc(4) })).toBe('WIRE_FORMAT_INVALID')
    expect(reasonOf({ ...good, value: Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), value.subarray(5)]) })).toBe(
      'SCHEMA_UNKNOWN',
    )
    expect(reasonOf({ ...good, value: value.subarray(0, 20) })).toBe('AVRO_INVALID')
    expect(reasonOf({ ...good, value: Buffer.concat([value, Buffer.from([0])]) })).toBe('AVRO_INVALID')
    expect(reasonOf({ ...good, value: Buffer.alloc(1_048_000) })).toBe('SCHEMA_UNKNOWN')
    expect(reasonOf({ ...good, value: Buffer.alloc(1_048_577) })).toBe('RECORD_TOO_LARGE')
    expect(reasonOf({ ...good, value: null })).toBe('VALUE_MISSING')
  })

  test('an array that claims 10^12 items in nine bytes is refused at once', () => {
    const good = record('InferenceFeatures', features)
    const claim = Buffer.from([0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x1d + 0x1d]) // zigzag long, 10^12
    const head = Buffer.from(good.value!).subarray(0, 5)
    const strings = Buffer.from([2, 0x6d, 2, 0x73, 2, 0x69, 2, 1, 0]) // featureMap, inferenceSource, inferenceId, b, ub
    expect(reasonOf({ ...good, value: Buffer.concat([head, strings, claim]) })).toBe('AVRO_INVALID')
  })

  test('text that is not UTF-8 and numbers beyond their bits are refused, not read as something else', () => {
    const good = record('InferenceRecorded', inference)
    const value = Buffer.from(good.value!)
    const text = Buffer.from(value)
    text[value.indexOf('digits')] = 0xff
    expect(reasonOf({ ...good, value: text })).toBe('AVRO_INVALID')
    const rest = Buffer.from(record('InferenceFeatures', features).value!)
    const ub = rest.indexOf(Buffer.from([0xfe, 0xff, 0x07])) // zigzag 65,535
    const with_ = (bytes: number[]) => Buffer.concat([rest.subarray(0, ub), Buffer.from(bytes), rest.subarray(ub + 3)])
    const infer = record('InferenceFeatures', features)
    expect(reasonOf({ ...infer, value: with_([0xfe, 0xff, 0x07]) })).toBe('decoded')
    expect(reasonOf({ ...infer, value: with_([0xfe, 0xff, 0xff, 0xff, 0x0f]) })).toBe('FEATURE_OUT_OF_RANGE') // 2^31 - 1
    expect(reasonOf({ ...infer, value: with_([0xfe, 0xff, 0xff, 0xff, 0x1f]) })).toBe('AVRO_INVALID') // 33 bits
    expect(reasonOf({ ...infer, value: with_([0xfe, 0xff, 0xff, 0xff, 0xff, 0x00]) })).toBe('AVRO_INVALID') // six bytes
  })

  test('headers: missing, empty, repeated, not UTF-8, control characters, wrong version', () => {
    const good = record('InferenceRecorded', inference)
    expect(reasonOf({ ...good, headers: good.headers.slice(1) })).toBe('HEADER_MISSING')
    expect(reasonOf(withHeader('ce_id', Buffer.alloc(0)))).toBe('HEADER_MISSING')
    expect(reasonOf(withHeader('ce_id', null))).toBe('HEADER_MISSING')
    expect(reasonOf({ ...good, headers: [...good.headers, ['ce_id', Buffer.from('other')]] })).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_id', Buffer.from([0xff])))).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_id', Buffer.from('a\nb')))).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_id', Buffer.alloc(129, 'x')))).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_specversion', Buffer.from('0.3')))).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_time', Buffer.from('yesterday')))).toBe('HEADER_INVALID')
    expect(reasonOf(withHeader('ce_type', Buffer.from('tallystick.Deposited')))).toBe('TYPE_MISMATCH')
    expect(reasonOf(record('InferenceRecorded', inference, TOPICS.contributions))).toBe('TOPIC_MISMATCH')
    expect(
      reasonOf({ ...good, headers: [...good.headers, ['traceparent', Buffer.from('x')], ['traceparent', null]] }),
    ).toBe('decoded')
  })

  test('features out of range are refused', () => {
    const bad = (part: Partial<typeof features>) => reasonOf(record('InferenceFeatures', { ...features, ...part }))
    expect(bad({})).toBe('decoded')
    expect(bad({ b: Buffer.from([64, 0]) })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ b: Buffer.from([0x80, 0]) })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ ub: 65_536 })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ p: [500, 503] })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ p: [-1, 1001] })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ checkpoints: [1000] })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ label: 2 })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ p16: -1 })).toBe('FEATURE_OUT_OF_RANGE')
    expect(bad({ inferenceId: '' })).toBe('FIELD_INVALID')
  })

  test('cap tables and policies must sum to a million', () => {
    const asset = (owners: EventBodies['AssetRegistered']['owners']) =>
      reasonOf(
        record('AssetRegistered', {
          asset: 'a',
          kind: 'model',
          title: 'A',
          licence: 'MIT',
          identity: '',
          access: 'open',
          owners,
          parents: [],
          registrant: bytes(20),
          signature: bytes(65),
        }),
      )
    expect(asset([{ account: bytes(20), parts: 1_000_000 }])).toBe('decoded')
    expect(asset([{ account: bytes(20), parts: 999_999 }])).toBe('SHARES_INVALID')
    expect(
      asset([
        { account: bytes(20), parts: 500_000 },
        { account: bytes(20), parts: 500_000 },
      ]),
    ).toBe('SHARES_INVALID')
    const policy = (dataParts: number, change: Partial<EventBodies['PolicyPublished']> = {}) =>
      reasonOf(
        record('PolicyPublished', {
          policy: 'p',
          epochIntervalS: 3600,
          dataParts,
          modelParts: 1_000_000 - dataParts,
          upstreamParts: 0,
          agentParts: 0,
          outcomeParts: 0,
          infrastructureParts: 0,
          treasuryParts: 0,
          treasury: bytes(20),
          method: 'influence/factored@2',
          minEvents: 1,
          maxPeriodEpochs: 1,
          featureWaitEpochs: 100,
          outcomeWaitEpochs: 100,
          outsideWaitEpochs: 100,
          ...{ dataChannels: [], retrievalParts: 0, retrievalRule: 'score' },
          holdBackParts: 0,
          holdBackEpochs: 0,
          minimumPayouts: [],
          disputeWindowEpochs: 0,
          disputeWaitEpochs: 0,
          disputeBonds: [],
          signature: bytes(65),
          ...change,
        }),
      )
    expect(policy(600_000)).toBe('decoded')
    expect(policy(600_001)).toBe('SHARES_INVALID')
    expect(policy(1, { featureWaitEpochs: 0 })).toBe('decoded')
    for (const outsideWaitEpochs of [-1, 101]) expect(policy(1, { outsideWaitEpochs })).toBe('FIELD_INVALID')
    for (const featureWaitEpochs of [-1, 101]) expect(policy(1, { featureWaitEpochs })).toBe('FIELD_INVALID')
    for (const outcomeWaitEpochs of [-1, 101]) expect(policy(1, { outcomeWaitEpochs })).toBe('FIELD_INVALID')
    for (const retrievalRule of ['', 'overlap', 'Score']) expect(policy(1, { retrievalRule })).toBe('FIELD_INVALID')
    expect(policy(1, { holdBackParts: 100_000, holdBackEpochs: 100 })).toBe('decoded')
    for (const [holdBackParts, holdBackEpochs] of [
      [100_001, 1],
      [1, 101],
      [-1, 1],
      [1, 0],
      [0, 1],
    ] as const)
      expect(policy(1, { holdBackParts, holdBackEpochs })).toBe('FIELD_INVALID')
    const minimum = (token: number, amount: bigint, length = 20) => ({ token: bytes(length).fill(token), amount })
    expect(policy(1, { minimumPayouts: [minimum(1, 1n), minimum(2, (1n << 96n) - 1n)] })).toBe('decoded')
    for (const minimumPayouts of [
      [minimum(2, 1n), minimum(1, 1n)],
      [minimum(1, 1n), minimum(1, 1n)],
      [minimum(1, 0n)],
      [minimum(1, 1n, 19)],
      Array.from({ length: 33 }, (_, index) => minimum(index, 1n)),
    ])
      expect(policy(1, { minimumPayouts })).toBe('FIELD_INVALID')
    expect(policy(1, { minimumPayouts: [minimum(1, 1n << 96n)] })).toBe('AMOUNT_TOO_LARGE')
    expect(policy(1, { minimumPayouts: [minimum(1, -1n)] })).toBe('AMOUNT_NEGATIVE')
  })

  test('promise 2: any bytes at all get an outcome, never an exception', () => {
    const header = fc.tuple(
      fc.oneof(fc.string(), fc.constantFrom('ce_id', 'ce_source', '__proto__')),
      fc.option(fc.uint8Array(), { nil: null }),
    )
    const schemaId = fc
      .integer({ min: 0, max: 12 })
      .map((id) => Buffer.from(id === 12 ? [0, 0, 0, 0, id] : [0, 0x54, 0x41, 0, id]))
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(schemaId, fc.uint8Array({ maxLength: 300 })).map(([prefix, rest]) => Buffer.concat([prefix, rest])),
    )
    fc.assert(
      fc.property(
        fc.array(header),
        fc.option(value, { nil: null }),
        fc.boolean(),
        (headers, bytesOfValue, goodHeaders) => {
          const good = record('InferenceRecorded', inference)
          const decoded = decodeRecord({ ...good, headers: goodHeaders ? good.headers : headers, value: bytesOfValue })
          expect(['decoded', 'undecided', 'rejected']).toContain(decoded.outcome)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
