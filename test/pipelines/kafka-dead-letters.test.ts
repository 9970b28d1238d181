import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { listLetters } from '../../pipelines/dead-letters/list.ts'
import { publishDeadLetters } from '../../pipelines/dead-letters/publish.ts'
import { redriveLetters } from '../../pipelines/dead-letters/redrive.ts'
import { ingest } from '../../pipelines/ingest.ts'
import { openKafkaAdmin } from '../../pipelines/kafka-admin.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import { applyTopics, planTopics } from '../../pipelines/plan-topics.ts'
import type { LogRecord, NewRecord, RecordSink } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { RECORD_BYTES_MAX } from '../../schemas/limits.ts'
import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const TOPIC = TOPICS.inferences
const LEDGER_ID = new Uint8Array(32).fill(7)
const { available, hint } = kafkaAvailable()

if (available) describe('dead letters on a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The Kafka test of dead letters is skipped. ${hint}`)
  test.skip('come back byte for byte', () => undefined)
}

const bare = ({ key, headers, value }: LogRecord | NewRecord) => ({
  key: key === null ? null : Buffer.from(key).toString('hex'),
  headers: headers.map(([name, each]) => [name, each === null ? null : Buffer.from(each).toString('hex')]),
  value: value === null ? null : Buffer.from(value).toString('hex'),
})

/** What a stranger can put into a record, each rejected by its own bytes. */
const STRANGE: readonly NewRecord[] = [
  { key: null, headers: [], value: null },
  { key: Buffer.alloc(0), headers: [['', null]], value: Buffer.alloc(0) },
  {
    key: Buffer.from('key'),
    headers: [
      ['b', Buffer.from('1')],
      ['a', null],
      ['b', Buffer.alloc(0)],
      ['7', Uint8Array.of(0, 0xff, 0x1b)],
      ['constructor', Buffer.from('x')],
      ['b', Buffer.from('1')],
      ['tally_dlq_id', Buffer.from('forged')],
    ],
    value: Buffer.from('no record of ours'),
  },
  {
    key: null,
    headers: Array.from({ length: 2_000 }, (_, i) => [`h${i % 3}`, Buffer.from('x')]),
    value: Buffer.from('1'),
  },
  { key: null, headers: [], value: Buffer.alloc(RECORD_BYTES_MAX + 1) },
  {
    key: Buffer.alloc(RECORD_BYTES_MAX / 2, 1),
    headers: [['h', Buffer.alloc(RECORD_BYTES_MAX / 2, 2)]],
    value: Buffer.alloc(1),
  },
].map((record) => ({ topic: TOPIC, partition: 1, ...record }) as NewRecord)

function onKafka(): void {
  let kafka: RunningKafka
  let folder: string
  let sink: RecordSink
  let warehouse: Database
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tally-letters-'))
    kafka = await startKafka()
    const admin = openKafkaAdmin({ brokers: kafka.brokers, clientId: 'test' })
    await applyTopics(admin, await planTopics(admin, {}))
    sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await sink.close()
    warehouse.close()
    await kafka.stop()
    rmSync(folder, { recursive: true })
  }, 90_000)

  const publish = () => publishDeadLetters({ warehouse, sink, ledgerId: LEDGER_ID, clock: () => 0n })
  const openSource = () =>
    openKafkaSource({ brokers: kafka.brokers, groupId: `group-${randomUUID()}`, clientId: 'test' })

  async function ingestAll(): Promise<number> {
    const source = openSource()
    const { rejected } = await ingest({ source, warehouse, topics: INPUT_TOPICS, until: 'end' })
    await source.close()
    return rejected
  }

  async function recordsOn(topic: string): Promise<LogRecord[]> {
    const source = openSource()
    const records: LogRecord[] = []
    const onBatch = async (batch: { records: readonly LogRecord[] }) => void records.push(...batch.records)
    await source.read({ topics: [topic], positionOf: () => 0n, onBatch, until: 'end' })
    await source.close()
    return records
  }

  test('each comes back byte for byte from its dead-letter topic, and again from its own topic when it is redriven', async () => {
    await sink.append(STRANGE)
    expect(await ingestAll()).toBe(STRANGE.length)
    expect(await publish()).toEqual({ published: STRANGE.length, waiting: 0, stopped: [] })
    const found = await recordsOn(deadLetterTopic(TOPIC))
    const untouched = found.map((each, i) => ({ ...each, headers: each.headers.slice(0, STRANGE[i]!.headers.length) }))
    expect(untouched.map(bare)).toEqual(STRANGE.map(bare))
    for (const [i, each] of found.entries()) {
      const own = each.headers.slice(STRANGE[i]!.headers.length).map(([name, value]) => [name, String(value)])
      expect(own).toEqual([
        ['__connect.errors.topic', TOPIC],
        ['__connect.errors.partition', '1'],
        ['__connect.errors.offset', String(i)],
        ['__connect.errors.connector.name', 'tallystick'],
        ['__connect.errors.stage', 'INGEST'],
        ['__connect.errors.exception.class.name', expect.stringMatching(/^[A-Z_]+$/)],
        ['__connect.errors.exception.message', expect.stringMatching(/./)],
        ['tally_dlq_id', `0x${'07'.repeat(32)}/${TOPIC}/0/1/${i}`],
      ])
    }

    const letters = (await listLetters(warehouse, { limit: 100 })).map(({ letter }) => BigInt(letter)).reverse()
    const places = await redriveLetters({ warehouse, sink, clock: () => 0n, letters })
    const all = await recordsOn(TOPIC)
    const again = places.map((place) =>
      all.find((each) => each.partition === place.partition && each.offset === place.offset),
    )
    expect(again.map((each) => bare(each!))).toEqual(STRANGE.map(bare))
    expect(await ingestAll()).toBe(STRANGE.length)
    await publish()
  })

  test('one that its dead-letter topic refuses as too large is told of, and the next ones follow it', async () => {
    const admin = openKafkaAdmin({ brokers: kafka.brokers, clientId: 'test' })
    const topic = deadLetterTopic(TOPIC)
    const before = (await recordsOn(topic)).length
    await admin.changeSettings(topic, { 'max.message.bytes': '20000' })
    const record = (value: Uint8Array): NewRecord => ({ topic: TOPIC, partition: 0, key: null, headers: [], value })
    const sent = [record(Buffer.from('small')), record(Buffer.alloc(50_000, 1)), record(Buffer.from('small too'))]
    await sink.append(sent)
    await ingestAll()
    expect(await publish()).toMatchObject({ published: 3, waiting: 0, stopped: [] })
    const [first, notice, last] = (await recordsOn(topic)).slice(before)
    expect([first!.value, last!.value]).toEqual([Buffer.from('small'), Buffer.from('small too')])
    expect([notice!.key, notice!.value]).toEqual([null, null])
    expect(notice!.headers.at(-1)).toEqual(['tally_dlq_omitted_bytes', Buffer.from('50000')])
  })
}
