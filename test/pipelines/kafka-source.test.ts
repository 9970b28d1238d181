import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { NewRecord, ReadOptions, RecordBatch } from '../../pipelines/record-source.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { describeRecordSource } from './record-source.contract.ts'

const { available, hint } = kafkaAvailable()

if (available) {
  describe('with a real Kafka', onKafka)
} else if (process.env.CI === 'true') {
  test('Kafka can run here', () => {
    throw new Error(hint)
  })
} else {
  console.warn(`The Kafka tests are skipped. ${hint}`)
  describe.skip('with a real Kafka', () => test('keeps the promises of RecordSource', () => undefined))
}

function onKafka(): void {
  let kafka: RunningKafka
  let client: Kafka
  let admin: Admin
  beforeAll(async () => {
    kafka = await startKafka()
    client = new Kafka({ brokers: kafka.brokers, clientId: 'test', logLevel: logLevel.NOTHING })
    admin = client.admin()
    await admin.connect()
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await admin.disconnect()
    await kafka.stop()
  }, 90_000)

  const openSource = (groupId = `group-${randomUUID()}`) =>
    openKafkaSource({ brokers: kafka.brokers, groupId, clientId: 'test' })
  const openSink = () => openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })

  async function topicOf(partitions: number, config: Record<string, string> = {}): Promise<string> {
    const topic = `topic-${randomUUID()}`
    await kafka.createTopics([{ topic, partitions, config }])
    return topic
  }

  async function append(records: readonly NewRecord[]): Promise<void> {
    const sink = openSink()
    await sink.append(records)
    await sink.close()
  }

  /** Runs `use` with a producer whose transaction is open and holds one record in the partition. */
  async function withTransaction(topic: string, partition: number, end: 'commit' | 'abort', use = async () => {}) {
    const producer: Producer = client.producer({
      transactionalId: randomUUID(),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    const [sent] = await transaction.send({ topic, messages: [{ value: 'in a transaction', partition }] })
    await use()
    await transaction[end]()
    await producer.disconnect()
    // The broker answers before the marker that ends the transaction is in the log.
    await until(async () => (await endOffset(topic, partition)) >= BigInt(sent!.baseOffset!) + 2n)
  }

  async function endOffset(topic: string, partition: number): Promise<bigint> {
    const offsets = await admin.fetchTopicOffsets(topic)
    return BigInt(offsets.find((o) => o.partition === partition)!.high)
  }

  describeRecordSource('KafkaSource', async () => {
    const source = openSource()
    const sink = openSink()
    return {
      source,
      sink,
      createTopics: (topics) => kafka.createTopics(topics),
      hide: (topic, partition) => withTransaction(topic, partition, 'abort'),
      truncate: (topic, partition, startOffset) => kafka.deleteRecords(topic, partition, startOffset),
      close: async () => {
        await source.close()
        await sink.close()
      },
    }
  })

  test('the end offset is the last stable one: an open transaction holds it back', async () => {
    const topic = await topicOf(1)
    const source = openSource()
    await append(numbered(topic, 0, 3))
    await withTransaction(topic, 0, 'commit', async () => {
      expect((await source.partitions([topic]))[0]).toMatchObject({ endOffset: 3n, highWatermark: 4n })
      expect(valuesOf(await readAll(source, topic))).toEqual(['0', '1', '2'])
    })
    expect((await source.partitions([topic]))[0]).toMatchObject({ endOffset: 5n, highWatermark: 5n })
    expect(valuesOf(await readAll(source, topic))).toEqual(['0', '1', '2', 'in a transaction'])
    await source.close()
  })

  test('commits the positions to the group, so that lag tools see them', async () => {
    const topic = await topicOf(2)
    const groupId = `group-${randomUUID()}`
    const source = openSource(groupId)
    await append(numbered(topic, 0, 7))
    await withTransaction(topic, 1, 'abort')
    await readAll(source, topic)
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
    expect(committed!.partitions.map((p) => [p.partition, p.offset])).toEqual([
      [0, '7'],
      [1, '2'],
    ])
    await source.close()
  })

  test('never takes its position from the group', async () => {
    const topic = await topicOf(1)
    const groupId = `group-${randomUUID()}`
    const source = openSource(groupId)
    await append(numbered(topic, 0, 5))
    await readAll(source, topic)
    expect(valuesOf(await readAll(source, topic, 2n))).toEqual(['2', '3', '4'])
    await source.close()
  })

  test('refuses records that carry their producer’s time', async () => {
    const topic = await topicOf(1, { 'message.timestamp.type': 'CreateTime' })
    const source = openSource()
    await append(numbered(topic, 0, 1))
    await expect(readAll(source, topic)).rejects.toMatchObject({ code: 'PRODUCER_TIME' })
    await source.close()
  })

  for (const [what, deleted] of [
    ['part of', 38n],
    ['all of', 40n],
  ] as const) {
    for (const mode of ['end', 'follow'] as const) {
      test(`says so when ${what} what it had still to read is deleted (${mode})`, async () => {
        const topic = await topicOf(1)
        const source = openSource()
        // More than is fetched ahead, so that the log loses what was not fetched yet.
        await append(numbered(topic, 0, 40).map((record) => ({ ...record, value: new Uint8Array(900_000) })))
        let next = 0n
        const onBatch = async ({ nextOffset }: RecordBatch) => {
          if (next === 0n) await kafka.deleteRecords(topic, 0, deleted)
          next = nextOffset
        }
        const read = source.read({ topics: [topic], positionOf: () => 0n, onBatch, until: mode })
        await expect(read).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', facts: { startOffset: deleted } })
        expect(next > 0n && next < 38n).toBe(true)
        await source.close()
      })
    }
  }

  test('two followers of one group share the partitions; what one leaves the other goes on with', async () => {
    const topic = await topicOf(4)
    const groupId = `group-${randomUUID()}`
    const sources = [openSource(groupId), openSource(groupId)]
    const aborts = [new AbortController(), new AbortController()]
    const next = new Map<number, bigint>()
    const seen: string[] = []
    const readers = sources.map((source, i) =>
      source.read({
        topics: [topic],
        positionOf: (_, partition) => next.get(partition) ?? 0n,
        onBatch: async (batch) => {
          seen.push(...batch.records.map((r) => `${i}: ${r.partition}@${r.offset}`))
          next.set(batch.partition, batch.nextOffset)
        },
        until: 'follow',
        signal: aborts[i]!.signal,
      }),
    )
    const members = async () => (await admin.describeGroups([groupId])).groups[0]!
    await until(async () => {
      const { members: all, state } = await members()
      return state === 'Stable' && all.length === 2
    })
    const write = () => append([0, 1, 2, 3].flatMap((p) => numbered(topic, p, 5)))
    await write()
    await until(async () => seen.length >= 20)
    expect(new Set(seen.map((s) => s[0]))).toEqual(new Set(['0', '1']))
    aborts[0]!.abort()
    await readers[0]
    await write()
    await until(async () => seen.length >= 40)
    aborts[1]!.abort()
    await readers[1]
    const places = [0, 1, 2, 3].flatMap((p) => Array.from({ length: 10 }, (_, o) => `${p}@${o}`))
    expect(seen.map((s) => s.slice(3)).sort()).toEqual(places.sort())
    await Promise.all(sources.map((source) => source.close()))
  })

  test('reading to the end refuses a group in which another member holds partitions', async () => {
    const topic = await topicOf(4)
    const groupId = `group-${randomUUID()}`
    const follower = openSource(groupId)
    const following = follower.read({ topics: [topic], positionOf: () => 0n, onBatch: async () => {}, until: 'follow' })
    await until(async () => (await admin.describeGroups([groupId])).groups[0]!.state === 'Stable')
    const source = openSource(groupId)
    await append(numbered(topic, 0, 1))
    await expect(readAll(source, topic)).rejects.toMatchObject({ code: 'GROUP_SHARED' })
    await Promise.all([source.close(), follower.close()])
    await following
  })

  test('a crash that kafkajs does not heal ends the read', async () => {
    const topic = await topicOf(1)
    const groupId = `group-${randomUUID()}`
    const stranger = client.consumer({ groupId, partitionAssigners: [strangeAssigner] })
    await stranger.connect()
    await stranger.subscribe({ topics: [topic] })
    await stranger.run({ eachMessage: async () => {} })
    const source = openSource(groupId)
    await append(numbered(topic, 0, 1))
    await expect(readAll(source, topic)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retriable: true })
    await stranger.disconnect()
    await source.close()
  })

  test('a record larger than the topic takes is refused, and the sink goes on', async () => {
    const topic = await topicOf(1, { 'max.message.bytes': '10000' })
    const sink = openSink()
    const large = { ...numbered(topic, 0, 1)[0]!, value: new Uint8Array(20_000) }
    await expect(sink.append([large])).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
    const after = await sink.append(numbered(topic, 0, 2))
    expect(after.map((p) => p.offset)).toEqual([0n, 1n])
    await sink.close()
  })

  test('a partition that the topic does not have is refused', async () => {
    const topic = await topicOf(2)
    const sink = openSink()
    await expect(sink.append(numbered(topic, 2, 1))).rejects.toMatchObject({ code: 'PARTITION_MISSING' })
    await sink.close()
  })

  test('a broker that is not there is said to be so', async () => {
    const options = { brokers: ['127.0.0.1:1'], clientId: 'test' }
    const source = openKafkaSource({ ...options, groupId: 'g' })
    const sink = openKafkaSink(options)
    const unavailable = { code: 'SOURCE_UNAVAILABLE', facts: { source: '127.0.0.1:1' } }
    await Promise.all([
      expect(source.partitions(['t'])).rejects.toMatchObject(unavailable),
      expect(readAll(source, 't')).rejects.toMatchObject(unavailable),
      expect(sink.append(numbered('t', 0, 1))).rejects.toMatchObject(unavailable),
    ])
    await Promise.all([source.close(), sink.close()])
  })
}

function numbered(topic: string, partition: number, count: number): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    topic,
    partition,
    key: null,
    headers: [],
    value: Buffer.from(`${i}`),
  }))
}

function valuesOf(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap((b) => b.records.map((r) => Buffer.from(r.value!).toString()))
}

async function readAll(source: { read(options: ReadOptions): Promise<void> }, topic: string, position = 0n) {
  const batches: RecordBatch[] = []
  const onBatch = async (batch: RecordBatch) => {
    batches.push(batch)
  }
  await source.read({ topics: [topic], positionOf: () => position, onBatch, until: 'end' })
  return batches
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true within 30 s.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Has a name that no other member of the group offers. */
const strangeAssigner = () => ({
  name: 'Strange',
  version: 1,
  protocol: () => ({ name: 'Strange', metadata: Buffer.alloc(0) }),
  assign: async () => [],
})
