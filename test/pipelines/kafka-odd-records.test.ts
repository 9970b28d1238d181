import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ingest } from '../../pipelines/ingest.ts'
import { trueRecords } from '../../pipelines/kafka-record-bytes.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { RecordSource } from '../../pipelines/record-source.ts'
import { seal } from '../../pipelines/segments/sealer.ts'
import { SegmentSource } from '../../pipelines/segments/segment-source.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { produceRaw, rawRecord, zigzag } from '../support/kafka/raw-produce.ts'
import { runs } from '../support/random-runs.ts'

const INVALID_RECORD = 87
const NULL = 'ffffffff'
const { available, hint } = kafkaAvailable()

/** Fields of a record behind its offset: numbers as lengths, texts as they are. */
const fields = (...parts: (number | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? zigzag(part) : Buffer.from(part))))
const value = (text: string) => fields(-1, text.length, text, 0)

describe('the records of a batch', onBytes)
if (available) describe('records of odd lengths in a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of odd records in Kafka are skipped. ${hint}`)
  describe.skip('records of odd lengths in a real Kafka', () => test('are read', () => undefined))
}

function onBytes(): void {
  const texts = fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 5 })
  const lies = fc.array(fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { nil: undefined }), {
    minLength: 5,
    maxLength: 5,
  })
  const inOrder = (sent: readonly string[]) =>
    Buffer.concat(sent.map((text, record) => rawRecord(record, fields(-1, Buffer.byteLength(text), text, 0))))

  test('whatever lengths and offsets they claim, they are the ones that were sent', () => {
    fc.assert(
      fc.property(texts, lies, lies, (sent, lengths, deltas) => {
        const lying = sent.map((text, record) =>
          rawRecord(deltas[record] ?? record, fields(-1, Buffer.byteLength(text), text, 0), lengths[record]),
        )
        const declared = { records: sent.length, lastDelta: sent.length - 1 }
        expect(trueRecords(Buffer.concat(lying), declared)).toEqual(inOrder(sent))
        const honest = inOrder(sent)
        expect(trueRecords(honest, declared)).toBe(honest)
      }),
      runs(500),
    )
  })

  test('holes that compaction left are kept; what is no batch at all is refused, and never anything else', () => {
    const compacted = Buffer.concat([rawRecord(1, value('a')), rawRecord(4, value('b'))])
    expect(trueRecords(compacted, { records: 2, lastDelta: 5 })).toBe(compacted)
    expect(() => trueRecords(compacted, { records: 2, lastDelta: 3 })).toThrow(RangeError)
    expect(() => trueRecords(compacted, { records: 1, lastDelta: 0 })).toThrow('bytes follow')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (any, records) => {
        try {
          trueRecords(Buffer.from(any), { records, lastDelta: records - 1 })
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      runs(3000),
    )
  })
}

function onKafka(): void {
  let kafka: RunningKafka
  let folder: string
  let warehouses = 0
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-odd-'))
    kafka = await startKafka()
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  const openSource = () =>
    openKafkaSource({ brokers: kafka.brokers, groupId: `group-${randomUUID()}`, clientId: 'test' })
  const produce = (topic: string, records: Buffer, count: number, codec: number) =>
    produceRaw(kafka.brokers[0]!, topic, { records: codec === 1 ? gzipSync(records) : records, count, codec })

  /** What ingest stored: offset, key, value, headers as hex, and the reason. */
  async function stored(source: RecordSource, topic: string): Promise<unknown[][]> {
    const warehouse = await openWarehouse(join(folder, `odd${warehouses++}.duckdb`), { verb: 'test' })
    try {
      await ingest({ source, warehouse, topics: [topic], until: 'end' }).finally(() => source.close())
      const rows = await warehouse.all(
        `SELECT record_offset::INTEGER AS o, hex(record_key) AS k, hex(record_value) AS v, hex(headers) AS h,
           ingest_reason AS r, detail AS d, hex(content_hash) AS c
         FROM record ORDER BY record_offset`,
      )
      return rows.map(({ o, k, v, h, r, d, c }) => [o, k, v, h, r, d, c])
    } finally {
      warehouse.close()
    }
  }

  test('lengths below zero are null, for ingest, for its segments, and for a second reader', async () => {
    const topic = TOPICS.contributions
    await kafka.createTopics([{ topic, partitions: 1 }])
    const odd = [
      fields(-2, 1, 'v', 0),
      fields(-1, -3, 0),
      fields(1, 'k', -(2 ** 31), 0),
      fields(-1, 1, 'v', 4, 1, 'x', -2, 1, 'b', 1, '1', 1, 'c', 1, '1', 1, 'd', 1, '1'),
      fields(-1, 1, 'v', 2, 1, '\0', -2, 2, 'é', -65),
      value('after'),
    ]
    const batch = Buffer.concat(odd.map((record, index) => rawRecord(index, record)))
    for (const codec of [0, 1]) expect((await produce(topic, batch, odd.length, codec))[0]).toBe(0)
    const rows = await stored(openSource(), topic)
    const one = '0000000131'
    const plain = [
      [null, '76', '00000000'],
      [null, null, '00000000'],
      ['6B', null, '00000000'],
      [null, '76', `00000004${`0000000178${NULL}`}0000000162${one}0000000163${one}0000000164${one}`.toUpperCase()],
      [null, '76', `000000020000000100${NULL}00000002c3a9${NULL}`.toUpperCase()],
      [null, '6166746572', '00000000'],
    ]
    const expected = [...plain, ...plain].map((row, offset) => [offset, ...row])
    expect(rows.map((row) => row.slice(0, 4))).toEqual(expected)

    const source = openSource()
    await seal({ source, folder: join(folder, 'segments'), topics: [topic], until: 'end' }).finally(() =>
      source.close(),
    )
    expect(await stored(new SegmentSource({ folder: join(folder, 'segments') }), topic)).toEqual(rows)
  })

  test('a record cannot choose its offset, nor swallow the next one, and stops nobody', async () => {
    const topic = TOPICS.inferences
    await kafka.createTopics([{ topic, partitions: 1 }])
    const swallow = Buffer.concat([rawRecord(0, value('a'), 14), rawRecord(1, value('b'))])
    const batches: [records: Buffer, count: number, codec: number][] = [
      [rawRecord(5, value('0')), 1, 0],
      [rawRecord(-1, value('1')), 1, 0],
      [Buffer.concat([rawRecord(1000, value('2')), rawRecord(0, value('3'))]), 2, 0],
      [swallow, 2, 1],
      [rawRecord(0, value('c'), -5), 1, 1],
      [rawRecord(0, value('d'), 2 ** 30), 1, 1],
      [rawRecord(0, value('e')), 1, 0],
    ]
    for (const [records, count, codec] of batches) expect((await produce(topic, records, count, codec))[0]).toBe(0)
    const rows = await stored(openSource(), topic)
    expect(rows.map(([offset, , text]) => [offset, Buffer.from(String(text), 'hex').toString()])).toEqual(
      [...'0123abcde'].map((text, offset) => [offset, text]),
    )
  })

  test.each([
    ['a header name of length -1', fields(-1, 1, 'v', 1, -1, -1)],
    ['a header name of length -2', fields(-1, 1, 'v', 1, -2, -1)],
    ['a count of -1 headers', fields(-1, 1, 'v', -1)],
    ['more headers than there are', fields(-1, 1, 'v', 5, 1, 'x', -1)],
    ['a header value beyond the record', fields(-1, 1, 'v', 1, 1, 'x', 50)],
    ['a length of six bytes', Buffer.from([0x81, 0x80, 0x80, 0x80, 0x80, 0, 1, 0])],
    ['bytes behind the headers', fields(-1, 1, 'v', 0, 'z')],
  ])('a broker takes no record with %s, and nor do its readers', async (_, odd) => {
    const topic = `topic-${randomUUID()}`
    await kafka.createTopics([{ topic, partitions: 1 }])
    const records = rawRecord(0, odd)
    for (const codec of [0, 1]) expect((await produce(topic, records, 1, codec))[0]).toBe(INVALID_RECORD)
    expect(() => trueRecords(records, { records: 1, lastDelta: 0 })).toThrow(RangeError)
  })
}
