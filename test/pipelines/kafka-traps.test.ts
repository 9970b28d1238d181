import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { ingest } from '../../pipelines/ingest.ts'
import type { KafkaTiming } from '../../pipelines/kafka-read.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { NewRecord, RecordBatch, RecordSource } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const { available, hint } = kafkaAvailable()

if (available) describe('traps of a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The tests of Kafka's traps are skipped. ${hint}`)
  describe.skip('traps of a real Kafka', () => test('catch nobody', () => undefined))
}

function onKafka(): void {
  let kafka: RunningKafka
  let admin: Admin
  let client: Kafka
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-traps-'))
    kafka = await startKafka()
    client = new Kafka({ brokers: kafka.brokers, clientId: 'test', logLevel: logLevel.NOTHING })
    admin = client.admin()
    await admin.connect()
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await admin.disconnect()
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  const openSource = (timing: Partial<KafkaTiming> = {}, groupId = `group-${randomUUID()}`) =>
    openKafkaSource({ brokers: kafka.brokers, groupId, clientId: 'test', timing })

  async function topicOf(partitions: number, name = `topic-${randomUUID()}`): Promise<string> {
    await kafka.createTopics([{ topic: name, partitions }])
    return name
  }

  async function append(topic: string, partition: number, values: readonly string[]): Promise<void> {
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    const toRecord = (value: string): NewRecord => ({
      topic,
      partition,
      key: null,
      headers: [],
      value: Buffer.from(value),
    })
    await sink.append(values.map(toRecord)).finally(() => sink.close())
  }

  const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

  /** Follows in the background; `seen` fills with `partition@offset value`. */
  function follow(
    source: RecordSource,
    topic: string,
    options: { onBatch?: (batch: RecordBatch) => Promise<void>; next?: Map<number, bigint> } = {},
  ) {
    const seen: string[] = []
    const next = options.next ?? new Map<number, bigint>()
    const done = source.read({
      topics: [topic],
      positionOf: (_, partition) => next.get(partition) ?? 0n,
      onBatch: async (batch) => {
        await options.onBatch?.(batch)
        seen.push(
          ...batch.records.map(({ partition, offset, value }) => `${partition}@${offset} ${String(value).trim()}`),
        )
        next.set(batch.partition, batch.nextOffset)
      },
      until: 'follow',
    })
    done.catch(() => undefined) // whoever awaits it has its error
    return { seen, next, done }
  }

  const membersOf = async (groupId: string) => (await admin.describeGroups([groupId])).groups[0]!

  test('the first consumer of a fresh cluster: a coordinator that still loads is no failure', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, ['a'])
    const source = openSource()
    const reader = follow(source, topic)
    await until(async () => reader.seen.length === 1)
    await source.close()
    await reader.done
    expect(reader.seen).toEqual(['0@0 a'])
  })

  test('a stored position below the log start stops ingest; a gap that is accepted lets it go on', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, count(0, 5))
    const warehouse = await openWarehouse(join(folder, 'gap.duckdb'), { verb: 'test' })
    expect(await ingestAll(warehouse, topic)).toMatchObject({ records: 5 })
    await append(topic, 0, count(5, 10))
    await kafka.deleteRecords(topic, 0, 8n)
    await expect(ingestAll(warehouse, topic)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      facts: { topic, partition: 0, position: 5n, startOffset: 8n, endOffset: 10n },
    })
    expect(await ingestAll(warehouse, topic, true)).toMatchObject({ records: 2 })
    expect(await positionIn(warehouse, topic)).toBe(10n)
    warehouse.close()
  })

  test('a topic that was deleted and made again: below the stored position at once, beyond it by the last record', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, count(0, 5))
    const warehouse = await openWarehouse(join(folder, 'again.duckdb'), { verb: 'test' })
    await ingestAll(warehouse, topic)
    await kafka.deleteTopic(topic)
    await topicOf(1, topic)
    await append(topic, 0, ['x', 'y'])
    await expect(ingestAll(warehouse, topic, true)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    await append(topic, 0, count(2, 9))
    await expect(ingestAll(warehouse, topic, true)).rejects.toMatchObject({
      code: 'TOPIC_RECREATED',
      facts: { offset: 4n },
    })
    expect(await positionIn(warehouse, topic)).toBe(5n)
    warehouse.close()
  })

  test('a topic that is deleted while it is followed ends the read', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, count(0, 3))
    const source = openSource()
    const reader = follow(source, topic)
    await until(async () => reader.seen.length === 3)
    await kafka.deleteTopic(topic)
    await expect(reader.done).rejects.toMatchObject({ code: 'TOPIC_MISSING', facts: { topic } })
    await source.close()
  })

  test('a topic that is deleted and made again while it is followed ends the read, too', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, count(0, 3))
    const source = openSource()
    const reader = follow(source, topic)
    await until(async () => reader.seen.length === 3)
    await kafka.deleteTopic(topic)
    await topicOf(1, topic)
    await expect(reader.done).rejects.toMatchObject({
      code: expect.stringMatching(/OFFSET_OUT_OF_RANGE|TOPIC_MISSING/),
    })
    expect(reader.seen).toHaveLength(3)
    await source.close()
  })

  test('a tail of nothing but aborted records is progress, also in the warehouse', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, ['a'])
    const producer = client.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let i = 0; i < 3; i++) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: 'aborted', partition: 0 }] })
      await transaction.abort()
    }
    await producer.disconnect()
    await until(async () => (await admin.fetchTopicOffsets(topic))[0]!.high === '7')
    const warehouse = await openWarehouse(join(folder, 'aborted.duckdb'), { verb: 'test' })
    expect(await ingestAll(warehouse, topic)).toMatchObject({ records: 1 })
    expect(await positionIn(warehouse, topic)).toBe(7n)
    warehouse.close()
  })

  test('a zombie and its successor on one warehouse: the zombie writes nothing, nothing is doubled', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, count(0, 50))
    const groupId = `group-${randomUUID()}`
    const warehouse = await openWarehouse(join(folder, 'zombie.duckdb'), { verb: 'test' })
    // The zombie takes a batch, is gone for longer than it may be, and wakes when another has stored the same records.
    let wake: () => void = () => undefined
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    let woken: Promise<unknown> = Promise.resolve()
    const zombie = openSource({ batchMsMax: 500 }, groupId)
    const slow: RecordSource = {
      partitions: (topics) => zombie.partitions(topics),
      close: () => zombie.close(),
      read: (options) =>
        zombie.read({
          ...options,
          onBatch: (batch) => {
            woken = asleep
              .then(() => options.onBatch(batch))
              .then(
                () => 'stored',
                (error) => error.code,
              )
            return woken.then(() => undefined)
          },
        }),
    }
    const first = ingest({ source: slow, warehouse, topics: [topic], until: 'follow' }).catch((error) => error)
    await until(async () => (await membersOf(groupId)).state === 'Stable')
    await until(async () => (await membersOf(groupId)).members.length === 0) // it was given up
    expect(await ingestAll(warehouse, topic, false, groupId)).toMatchObject({ records: 50 })
    wake()
    expect(await woken).toBe('OFFSET_MISMATCH')
    expect(await first).toMatchObject({ code: 'BATCH_TOO_SLOW', facts: { topic, partition: 0 } })
    const rows = 'SELECT count(*) AS records, count(DISTINCT record_offset) AS places FROM record WHERE topic = $topic'
    expect(await warehouse.one(rows, { topic })).toEqual({ records: 50n, places: 50n })
    await zombie.close()
    warehouse.close()
  })

  test('a batch that takes longer than a session costs neither the membership nor a record', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, ['a'])
    const groupId = `group-${randomUUID()}`
    const source = openSource({ sessionTimeoutMs: 1500 }, groupId)
    const members: string[] = []
    const reader = follow(source, topic, {
      onBatch: async () => {
        for (let i = 0; i < 9; i++) {
          members.push(...(await membersOf(groupId)).members.map(({ memberId }) => memberId))
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
      },
    })
    await until(async () => reader.seen.length === 1)
    await source.close()
    await reader.done
    expect(members).toHaveLength(9)
    expect(new Set(members).size).toBe(1)
    expect(reader.seen).toEqual(['0@0 a'])
  })

  test('a partition that is stored slowly does not hold up the others, also when it may fetch no more', async () => {
    const topic = await topicOf(2)
    const large = count(0, 40).map((value) => value.padEnd(900_000)) // more than one partition may hold
    await append(topic, 0, large)
    const source = openSource()
    let others = 0
    const reader = follow(source, topic, {
      onBatch: async ({ partition, records }) => {
        if (partition === 1) others += records.length
        else await until(async () => others === 300)
      },
    })
    for (let i = 0; i < 3; i++) {
      await append(topic, 1, count(i * 100, (i + 1) * 100))
      await until(async () => others === (i + 1) * 100)
    }
    await until(async () => reader.seen.length === 340)
    await source.close()
    await reader.done
    const slow = reader.seen.filter((place) => place.startsWith('0@'))
    expect(slow).toEqual(count(0, 40).map((value) => `0@${value} ${value}`))
  })

  test('what is being stored when another member joins is finished before the partition is handed over', async () => {
    const topic = await topicOf(2)
    await append(topic, 0, count(0, 20))
    await append(topic, 1, count(0, 20))
    const groupId = `group-${randomUUID()}`
    const next = new Map<number, bigint>()
    let storing = 0
    const slowly = async () => {
      storing++
      await new Promise((resolve) => setTimeout(resolve, 4_000))
    }
    const sources = [openSource({}, groupId), openSource({}, groupId)]
    const readers = [follow(sources[0]!, topic, { onBatch: slowly, next })]
    await until(async () => storing === 2)
    readers.push(follow(sources[1]!, topic, { next }))
    await append(topic, 0, ['later'])
    await append(topic, 1, ['later'])
    const seen = () => readers.flatMap((reader) => reader.seen)
    await until(async () => seen().length >= 42)
    await Promise.all(sources.map((source) => source.close()))
    await Promise.all(readers.map(({ done }) => done))
    expect(seen()).toHaveLength(42)
    expect(new Set(seen()).size).toBe(42)
  })

  test('partitions that are added while following are read', async () => {
    const topic = await topicOf(1)
    await append(topic, 0, ['a'])
    const source = openSource({ metadataMaxAgeMs: 1_000 })
    const reader = follow(source, topic)
    await until(async () => reader.seen.length === 1)
    await kafka.addPartitions(topic, 3)
    await append(topic, 2, ['b'])
    await append(topic, 0, ['c'])
    await until(async () => reader.seen.length === 3)
    await source.close()
    await reader.done
    expect(reader.seen.sort()).toEqual(['0@0 a', '0@1 c', '2@0 b'])
  })

  async function ingestAll(warehouse: Database, topic: string, acceptGap = false, groupId?: string) {
    const source = openSource({}, groupId)
    return ingest({ source, warehouse, topics: [topic], until: 'end', acceptGap }).finally(() => source.close())
  }

  async function positionIn(warehouse: Database, topic: string): Promise<bigint> {
    const sql = 'SELECT next_offset FROM read_position WHERE topic = $topic'
    return (await warehouse.one<{ next_offset: bigint }>(sql, { topic }))!.next_offset
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true within 30 s.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
