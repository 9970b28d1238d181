import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CompressionCodecs, CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs'
import {
  BATCH_DECOMPRESSED_BYTES_MAX,
  BATCH_RECORDS_MAX,
  fetchBudget,
  registerCodecs,
} from '../../pipelines/kafka-codecs.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import { unreadableIn } from '../../pipelines/kafka-unreadable.ts'
import type { RecordBatch } from '../../pipelines/record-source.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { rawRecord } from '../support/kafka/raw-produce.ts'
import { runs } from '../support/random-runs.ts'

const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
const MIB = 1024 * 1024
const { available, hint } = kafkaAvailable()
registerCodecs()

describe('compressed bytes that are not what their codec makes', onBadBytes)
if (available) describe('compressed batches of a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of Kafka's codecs are skipped. ${hint}`)
  describe.skip('compressed batches of a real Kafka', () => test('are read', () => undefined))
}

function onBadBytes(): void {
  const codecOf = (type: 1 | 2 | 3 | 4) => CompressionCodecs[type]()
  const text = Buffer.from('the same words again, and '.repeat(4000))

  test.each(Object.entries(CODECS))(
    '%s: cut off, foreign or flipped, they give an error or bytes within the bound',
    async (name, type) => {
      const compressed = await codecOf(type).compress({ buffer: text } as never)
      expect(text.equals(await codecOf(type).decompress(compressed))).toBe(true)
      const unreadable = { code: 'BATCH_UNREADABLE', facts: { codec: name } }
      await expect(codecOf(type).decompress(Buffer.from('neither of the four'))).rejects.toMatchObject(unreadable)
      // A snappy block says how much it makes and not where it ends: cut off it makes the rest zeros.
      const cut = codecOf(type).decompress(compressed.subarray(0, compressed.length >> 1))
      if (name === 'snappy') expect(await cut).toHaveLength(text.length)
      else await expect(cut).rejects.toMatchObject(unreadable)
      const flips = fc.tuple(fc.nat(compressed.length - 1), fc.nat(7))
      await fc.assert(
        fc.asyncProperty(flips, async ([at, bit]) => {
          const flipped = Buffer.from(compressed)
          flipped[at]! ^= 1 << bit
          const result = await codecOf(type)
            .decompress(flipped)
            .catch((error: unknown) => error)
          if (Buffer.isBuffer(result)) expect(result.length).toBeLessThanOrEqual(BATCH_DECOMPRESSED_BYTES_MAX)
          else expect(result).toMatchObject(unreadable)
        }),
        runs(300),
      )
      expect(text.equals(await codecOf(type).decompress(compressed))).toBe(true)
    },
  )

  test('a batch whose header says more records than can be taken at once is refused before it is decompressed', async () => {
    const record = (index: number) => rawRecord(index, Buffer.of(1, 1, 0)) // key and value null, no headers
    const plain = Buffer.concat(Array.from({ length: BATCH_RECORDS_MAX }, (_, index) => record(index)))
    const compressed = await codecOf(CODECS.gzip).compress({ buffer: plain } as never)
    const header = Buffer.alloc(61)
    header.writeBigInt64BE(77n, 0)
    header.writeInt8(2, 16)
    const recordsOf = async (records: number) => {
      header.writeInt32BE(records - 1, 23)
      header.writeInt32BE(records, 57)
      return codecOf(CODECS.gzip).decompress(Buffer.concat([header, compressed]).subarray(61))
    }
    expect(plain.equals(await recordsOf(BATCH_RECORDS_MAX))).toBe(true)
    await expect(recordsOf(BATCH_RECORDS_MAX + 1)).rejects.toMatchObject({
      code: 'BATCH_UNREADABLE',
      facts: { offset: 77n, problem: 'it holds 100001 records, more than 100000' },
    })
  })

  test('a fetch that has decompressed its share leaves the next batch for the next fetch, and a bad one once', async () => {
    const compressed = await codecOf(CODECS.gzip).compress({ buffer: text } as never)
    const leftOver = { name: 'KafkaJSPartialMessageError' } // what kafkajs takes for the end of a response
    const within = (decompressedBytes: number, bytes: Buffer, unreadable = new Set<string>()) =>
      fetchBudget.run({ decompressedBytes, unreadable }, () => codecOf(CODECS.gzip).decompress(bytes))
    expect(text.equals(await within(64 * MIB, compressed))).toBe(true)
    await expect(within(64 * MIB + 1, compressed)).rejects.toMatchObject(leftOver)
    const seen = new Set<string>()
    const bad = Buffer.from('no gzip')
    await expect(within(0, bad, seen)).rejects.toMatchObject(leftOver)
    await expect(within(0, bad, seen)).rejects.toMatchObject({ code: 'BATCH_UNREADABLE' })
    // Two partitions may have one at the same offset: neither counts as the other's second time.
    const both = new Set<string>()
    const inBatch = (crc: number) => {
      const header = Buffer.alloc(61)
      header.writeInt8(2, 16)
      header.writeUInt32BE(crc, 17)
      return within(0, Buffer.concat([header, bad]).subarray(61), both)
    }
    await expect(inBatch(1)).rejects.toMatchObject(leftOver)
    await expect(inBatch(2)).rejects.toMatchObject(leftOver)
    await expect(inBatch(1)).rejects.toMatchObject({ code: 'BATCH_UNREADABLE', facts: { offset: 0n } })
  })

  test('what kafkajs itself cannot decode, for instance too many plain records, is such an error too', () => {
    const error = new Error('retried', { cause: new RangeError('Maximum call stack size exceeded') })
    expect(unreadableIn(error)).toMatchObject({ code: 'BATCH_UNREADABLE', facts: { codec: 'none' } })
    expect(unreadableIn(new Error('closed'))).toBeUndefined()
  })
}

function onKafka(): void {
  let kafka: RunningKafka
  let client: Kafka
  beforeAll(async () => {
    kafka = await startKafka()
    client = new Kafka({ brokers: kafka.brokers, clientId: 'test', logLevel: logLevel.NOTHING })
  }, 180_000) // the first run of all fetches the jars
  afterAll(() => kafka.stop(), 90_000)

  async function topicOf(partitions: number, config: Record<string, string> = {}): Promise<string> {
    const topic = `topic-${randomUUID()}`
    await kafka.createTopics([{ topic, partitions, config: { 'max.message.bytes': `${16 * MIB}`, ...config } }])
    return topic
  }

  /** Each list of messages as one batch. */
  async function send(topic: string, batches: readonly { compression: number; messages: Message[] }[]): Promise<void> {
    const producer = client.producer({ allowAutoTopicCreation: false, idempotent: true }) // sends nothing twice
    await producer.connect()
    for (const { compression, messages } of batches) await producer.send({ topic, compression, messages, acks: -1 })
    await producer.disconnect()
  }

  async function readAll(topic: string, onBatch: (batch: RecordBatch) => void): Promise<void> {
    const source = openKafkaSource({ brokers: kafka.brokers, groupId: `group-${randomUUID()}`, clientId: 'test' })
    const read = { topics: [topic], positionOf: () => 0n, onBatch: async (b: RecordBatch) => onBatch(b) }
    await source.read({ ...read, until: 'end' }).finally(() => source.close())
  }

  const valuesIn = async (topic: string) => {
    const values: string[] = []
    await readAll(topic, ({ records }) => values.push(...records.map(({ value }) => String(value))))
    return values
  }
  const messages = (name: string, count: number): Message[] =>
    Array.from({ length: count }, (_, i) => ({
      partition: 0,
      key: `${i}`,
      value: `${name} ${i} ${'x'.repeat(i % 500)}`,
    }))

  test('all four and none, side by side in one partition, come back as they were sent', async () => {
    const topic = await topicOf(1)
    const batches = [['none', 0] as const, ...Object.entries(CODECS), ['none again', 0] as const]
    await send(
      topic,
      batches.map(([name, compression]) => ({ compression, messages: messages(name, 300) })),
    )
    expect(await valuesIn(topic)).toEqual(batches.flatMap(([name]) => messages(name, 300).map(({ value }) => value)))
  })

  test.each(Object.keys(CODECS))('%s as the broker itself compresses it (Java) is read too', async (name) => {
    const topic = await topicOf(1, { 'compression.type': name })
    await send(topic, [
      { compression: 0, messages: messages('small', 3) },
      { compression: 0, messages: messages('large', 5000) },
    ])
    const sent = [...messages('small', 3), ...messages('large', 5000)].map(({ value }) => value)
    expect(await valuesIn(topic)).toEqual(sent)
  })

  test.each(Object.entries(CODECS))(
    '%s: a bomb is an error that names its place; what stands before it is read',
    async (name, compression) => {
      const topic = await topicOf(2)
      const zeros = Buffer.alloc(MIB)
      const bomb = Array.from({ length: 70 }, () => ({ partition: 1, value: zeros }))
      await send(topic, [
        { compression, messages: [{ partition: 0, value: 'elsewhere' }] },
        { compression, messages: [{ partition: 1, value: 'before' }] },
        { compression, messages: bomb },
      ])
      const values: string[] = []
      const read = readAll(topic, ({ records }) => values.push(...records.map(({ value }) => String(value))))
      const facts = { topic, partition: 1, offset: 1n, codec: name }
      await expect(read).rejects.toMatchObject({ code: 'BATCH_UNREADABLE', facts, retriable: false })
      expect(values.sort()).toEqual(['before', 'elsewhere'])
    },
  )

  test('what many batches become together in one fetch is bounded: the rest is fetched again', async () => {
    const topic = await topicOf(1)
    const zeros = Buffer.alloc(MIB)
    const batch = Array.from({ length: 30 }, () => ({ partition: 0, value: zeros }))
    await send(
      topic,
      Array.from({ length: 8 }, () => ({ compression: CompressionTypes.GZIP, messages: batch })),
    )
    let bytes = 0
    await readAll(topic, ({ records }) => {
      for (const { value } of records) bytes += value!.length
    })
    expect(bytes).toBe(8 * 30 * MIB)
  })
}
