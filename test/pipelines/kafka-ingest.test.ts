import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { recordInference } from '../../client/src/record-inference.ts'
import { ingest } from '../../pipelines/ingest.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import type { RecordSource } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const RECORDS = 500
const PARTITIONS = 3
const { available, hint } = kafkaAvailable()

if (available) describe('ingest from a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The Kafka ingest test is skipped. ${hint}`)
  test.skip('each record once', () => undefined)
}

function onKafka(): void {
  let kafka: RunningKafka
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-kafka-'))
    kafka = await startKafka()
    await kafka.createTopics([{ topic: TOPICS.inferences, partitions: PARTITIONS }])
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    await sink.append(Array.from({ length: RECORDS }, (_, index) => inference(index)))
    await sink.append([{ topic: TOPICS.inferences, partition: 0, key: null, headers: [], value: Buffer.from('junk') }])
    await sink.close()
  }, 180_000) // the first run of all fetches the jars
  afterAll(async () => {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  test('promise 1 and 2: interrupted after a commit and before one, each record is there once, bad ones too', async () => {
    const path = join(folder, 'warehouse.duckdb')
    await expect(ingestFrom(path, interrupted('after'))).rejects.toThrow('interrupted')
    await expect(ingestFrom(path, interrupted('before'))).rejects.toThrow('interrupted')
    await ingestFrom(path, openSource())
    const warehouse = await openWarehouse(path, { verb: 'test' })
    const counts = await warehouse.one(
      `SELECT count(*) AS records, count(DISTINCT (partition_id, record_offset)) AS places, count(DISTINCT id_hash) AS ids,
         count(*) FILTER (ingest_reason <> 0) AS rejected FROM record`,
    )
    expect(counts).toEqual({
      records: BigInt(RECORDS + 1),
      places: BigInt(RECORDS + 1),
      ids: BigInt(RECORDS),
      rejected: 1n,
    })
    expect(await positions(warehouse)).toBe(BigInt(RECORDS + 1))
    warehouse.close()
    expect((await ingestFrom(path, openSource())).records).toBe(0)
  }, 120_000)

  function openSource(): RecordSource {
    return openKafkaSource({ brokers: kafka.brokers, groupId: `group-${randomUUID()}`, clientId: 'test' })
  }

  /** A source whose second batch fails, before or after it was stored. */
  function interrupted(when: 'before' | 'after'): RecordSource {
    const source = openSource()
    let batches = 0
    return {
      partitions: (topics) => source.partitions(topics),
      close: () => source.close(),
      read: (options) =>
        source.read({
          ...options,
          batchRecordsMax: 50,
          onBatch: async (batch) => {
            // Partitions are handed out beside each other: others come while this one is being stored.
            const isSecond = ++batches === 2
            if (isSecond && when === 'before') throw new Error('interrupted')
            await options.onBatch(batch)
            if (isSecond) throw new Error('interrupted')
          },
        }),
    }
  }
}

async function ingestFrom(path: string, source: RecordSource) {
  const warehouse = await openWarehouse(path, { verb: 'test' })
  try {
    return await ingest({ source, warehouse, topics: [TOPICS.inferences], until: 'end' })
  } finally {
    await source.close()
    warehouse.close()
  }
}

async function positions(warehouse: Database): Promise<bigint> {
  const row = await warehouse.one<{ read: bigint }>('SELECT sum(next_offset)::BIGINT AS read FROM read_position')
  return row!.read
}

function inference(index: number) {
  return recordInference({
    source: 'urn:test',
    id: `use-${index}`,
    model: 'model',
    infrastructure: 'server',
    payer: `0x${'11'.repeat(20)}`,
    token: `0x${'22'.repeat(20)}`,
    fee: 1n,
    input: Buffer.from(`input ${index}`),
    output: Buffer.from('output'),
  }).record
}
