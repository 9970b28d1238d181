import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type InferenceOptions, recordInference } from '../../client/src/record-inference.ts'
import type { RecordHeader } from '../../schemas/cloud-events.ts'
import { decodeRecord, type RawRecord } from '../../schemas/decode-record.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import type { RetrievedItem } from '../../schemas/events.ts'
import { contentBytes, encodeHeaders } from '../../schemas/record-bytes.ts'
import { RecordSkimmer } from '../../schemas/skim-record.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { unitsOf } from '../../schemas/units.ts'

const skimmer = new RecordSkimmer()
const NULL_LENGTH = 0xffffffff

/** What the short way says of a record: undefined, or the event that it recognised. */
function skim(record: RawRecord): { type: string; source: string; id: string } | undefined {
  const bytes = contentBytes(record)
  const headersAt = 4 + (record.key?.length ?? 0)
  const valueAt = headersAt + encodeHeaders(record.headers).length + 4
  const valueLength = record.value?.length ?? NULL_LENGTH
  if (!skimmer.skim({ topic: record.topic, bytes, headersAt, valueAt, valueLength })) return undefined
  const text = (at: number, length: number) => bytes.subarray(at + 4, at + length).toString()
  return {
    type: skimmer.type,
    source: text(skimmer.sourceAt, skimmer.sourceLength),
    id: text(skimmer.idAt, skimmer.idLength),
  }
}

/** The one rule: what is recognised is what decodeRecord makes of it. @returns whether it was recognised */
function holds(record: RawRecord): boolean {
  const seen = skim(record)
  if (seen === undefined) return false
  const decoded = decodeRecord(record)
  if (decoded.outcome !== 'decoded') throw new Error(`Recognised, but decodeRecord says ${JSON.stringify(decoded)}.`)
  const { type, source, id } = decoded.event
  expect(seen).toEqual({ type, source, id })
  return true
}

const address = (fill: number) => `0x${fill.toString(16).padStart(2, '0').repeat(20)}`
const base = {
  source: 'urn:gateway',
  id: 'use-1',
  model: 'digits',
  infrastructure: 'gateway',
  agent: '',
  payer: address(1),
  token: address(2),
  fee: 250_000n,
  input: Buffer.from('input'),
  output: Buffer.from('output'),
  salt: Buffer.alloc(16),
  now: new Date(0),
}
const usual = (change: Partial<InferenceOptions> = {}): RawRecord => recordInference({ ...base, ...change }).record
const withHeader = (name: string, value: string | Uint8Array | null): RawRecord => {
  const record = usual()
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return { ...record, headers: record.headers.map((own): RecordHeader => (own[0] === name ? [name, bytes] : own)) }
}

// Mostly good, so that a record is often wrong in one thing at most.
const mostly = <T>(good: fc.Arbitrary<T>, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8 * others.length, arbitrary: good }, ...others)
const text = mostly(
  fc.stringMatching(/^[ -~]{1,128}$/),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 140 }),
  fc.constantFrom('', 'x'.repeat(129), 'x'.repeat(256), 'x'.repeat(257), 'é', '\u0000', 'a\u007f', '\u0080'),
)
const amount = mostly(
  fc.bigInt({ min: 0n, max: (1n << 96n) - 1n }),
  fc.bigInt({ min: -(1n << 104n), max: 1n << 104n }),
  fc.constantFrom(0n, 127n, 128n, (1n << 95n) - 1n, 1n << 95n, (1n << 96n) - 1n, 1n << 96n, -1n, 1n << 103n),
)
const bytesOf = (length: number) =>
  mostly(fc.constant(length), fc.constantFrom(0, 19, 20, 21, 31, 32, 33, 64, 200)).map((size) => Buffer.alloc(size, 1))
const time = mostly(
  fc.constantFrom('1970-01-01T00:00:00Z', '2026-12-31T23:59:60.123456789Z', '2026-02-31T00:00:00.0Z'),
  fc.constantFrom('2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-01T00:60:00Z'),
  fc.constantFrom('2026-01-01T24:00:00Z', '2026-01-01t00:00:00z', '2026-01-01T00:00:00+01:00', '2026-01-01T00:00:00.Z'),
  fc.stringMatching(/^[0-3]\d{3}-[0-1]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{0,10})?[Zz+]?$/),
)
const long = mostly(
  fc.bigInt({ min: 0n, max: (1n << 55n) - 1n }),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.constantFrom(0n, 63n, 64n, (1n << 55n) - 1n, 1n << 55n, (1n << 63n) - 1n, -1n),
)
const quantity = mostly(
  fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }),
  long,
  fc.constantFrom(0n, (1n << 53n) - 1n, 1n << 53n, (1n << 54n) - 1n, 1n << 54n, -1n),
)
const inference = fc.record({
  model: text,
  infrastructure: text,
  agent: fc.oneof(fc.constant(''), text),
  payer: bytesOf(20),
  token: bytesOf(20),
  fee: amount,
  inputHash: bytesOf(32),
  outputHash: bytesOf(32),
  commercial: fc.boolean(),
  voucher: long,
  priceList: mostly(fc.constantFrom('', 'list-1'), text),
  units: mostly(
    fc.dictionary(fc.stringMatching(/^[ -~]{1,20}$/), quantity, { maxKeys: 4 }).map(unitsOf),
    fc.array(fc.record({ unit: text, quantity }), { maxLength: 40 }),
  ),
})
const retrieved = mostly<RetrievedItem[]>(
  fc.constant([]),
  fc.array(fc.record({ batchSource: text, batchId: text, index: fc.nat(1_001), score: fc.nat(1_000_001) }), {
    maxLength: 3,
  }),
)
const quote = mostly<readonly [number, bigint, number]>(
  fc.constantFrom([0, 0n, 0], [16, 1_767_225_600_000n, 65]),
  fc.tuple(fc.constantFrom(0, 15, 16, 17), fc.constantFrom(0n, 1n, -1n, 1n << 60n), fc.constantFrom(0, 64, 65, 66)),
).map(([id, expiresMs, signature]) => ({
  quoteId: Buffer.alloc(id, 1),
  quoteExpiresMs: expiresMs,
  quoteSignature: Buffer.alloc(signature, 2),
}))

describe('the short way for usual records', () => {
  test('takes what the client writes', () => {
    for (const change of [
      {},
      { fee: 0n },
      { fee: (1n << 96n) - 1n },
      { id: 'x'.repeat(128) },
      { model: 'm'.repeat(256) },
      { agent: 'reader-bot' },
      { voucher: 1n, priceList: 'list-1', units: { input_tokens: 1_200n, output_tokens: (1n << 53n) - 1n } },
      { quote: { quoteId: Buffer.alloc(16, 1), expiresMs: 1_767_225_600_000n, signature: Buffer.alloc(65, 1) } },
    ])
      expect(holds(usual(change))).toBe(true)
    expect(holds({ ...usual(), key: null })).toBe(true)
    const traced = usual()
    expect(holds({ ...traced, headers: [['traceparent', Buffer.from('00-1')], ...traced.headers, ['x', null]] })).toBe(
      true,
    )
  })

  test.each<[what: string, record: RawRecord]>([
    ['another topic', { ...usual(), topic: TOPICS.contributions }],
    ['no value', { ...usual(), value: null }],
    ['an empty value', { ...usual(), value: Buffer.alloc(0) }],
    ['trailing bytes', { ...usual(), value: Buffer.concat([usual().value!, Buffer.of(0)]) }],
    ['a negative fee', usual({ fee: -1n })],
    ['a fee of 2^96', usual({ fee: 1n << 96n })],
    ['an empty model', usual({ model: '' })],
    ['a voucher below 0', usual({ voucher: -1n })],
    ['a quantity of 2^53', usual({ units: { tokens: 1n << 53n } })],
    ['a unit without a name', usual({ units: { '': 1n } })],
    [
      'a quote that nobody signed',
      usual({ quote: { quoteId: Buffer.alloc(16), expiresMs: 1n, signature: Buffer.alloc(0) } }),
    ],
    ['a repeated id', { ...usual(), headers: [...usual().headers, ['ce_id', Buffer.from('2')]] }],
    ['an empty source', withHeader('ce_source', '')],
    ['no time', withHeader('ce_time', null)],
    ['another type', withHeader('ce_type', 'tallystick.InferenceFeatures')],
    ['another version', withHeader('ce_specversion', '1.1')],
    ['another content', withHeader('content-type', 'application/json')],
    ['a header too few', { ...usual(), headers: usual().headers.slice(1) }],
  ])('leaves %s to decodeRecord, which refuses it', (_, record) => {
    expect(skim(record)).toBeUndefined()
    expect(decodeRecord(record).outcome).not.toBe('decoded')
  })

  test('leaves good records to it that are not usual', () => {
    const deposit = encodeEvent(
      {
        type: 'Deposited',
        source: 's',
        id: 'i',
        body: {
          chainId: 1n,
          distributor: Buffer.alloc(20),
          payer: Buffer.alloc(20),
          token: Buffer.alloc(20),
          amount: 1n,
          transactionHash: Buffer.alloc(32),
          logIndex: 0,
          blockNumber: 1n,
          blockHash: Buffer.alloc(32),
        },
      },
      '2026-01-01T00:00:00Z',
    )
    const many = {
      ...usual(),
      headers: [...usual().headers, ...Array.from({ length: 20 }, (): RecordHeader => ['x', null])],
    }
    for (const record of [
      deposit,
      usual({ model: 'modèle' }),
      withHeader('ce_time', '2026-01-01T00:00:00+01:00'),
      many,
    ]) {
      expect(skim(record)).toBeUndefined()
      expect(decodeRecord(record).outcome).toBe('decoded')
    }
  })

  test('promise 3: never recognises what decodeRecord decides in another way: random fields', () => {
    let recognised = 0
    fc.assert(
      fc.property(text, text, inference, quote, retrieved, time, (source, id, body, quoted, items, at) => {
        const whole = { ...body, ...quoted, retrieved: items }
        if (holds(encodeEvent({ type: 'InferenceRecorded', source, id, body: whole }, at))) recognised++
      }),
      { numRuns: 4_000 },
    )
    expect(recognised).toBeGreaterThan(400)
  })

  test('nor on damaged records: flipped, cut, doubled and inserted bytes of values and headers', () => {
    let recognised = 0
    const damage = fc.tuple(
      fc.nat({ max: 400 }),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom('flip', 'cut', 'insert'),
    )
    const change = (bytes: Uint8Array, [at, byte, how]: readonly [number, number, string]): Uint8Array => {
      const place = bytes.length === 0 ? 0 : at % bytes.length
      const rest = how === 'insert' ? place : place + 1
      return Buffer.concat([
        bytes.subarray(0, place),
        how === 'cut' ? Buffer.alloc(0) : Buffer.of(byte),
        bytes.subarray(rest),
      ])
    }
    fc.assert(
      fc.property(
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        fc.nat({ max: 6 }),
        fc.nat({ max: 200 }),
        (harm, where, size) => {
          const record = usual({ model: 'm'.repeat(1 + size), fee: BigInt(size) << 80n })
          const headers = record.headers.map((own, index): RecordHeader => {
            if (index !== where || own[1] === null) return own
            return [own[0], harm.reduce(change, own[1])]
          })
          const value = where === 6 ? harm.reduce(change, record.value!) : record.value
          if (holds({ ...record, headers, value })) recognised++
        },
      ),
      { numRuns: 10_000 },
    )
    expect(recognised).toBeGreaterThan(500)
  })
})
