import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import type { StepResult } from '../../jobs/epochs.ts'
import { type Ledger, openLedger } from '../../jobs/ledger.ts'
import { openKafkaSink } from '../../pipelines/kafka-sink.ts'
import { openKafkaSource } from '../../pipelines/kafka-source.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { GENESIS } from '../support/ledger/cast.ts'
import { Records } from '../support/ledger/records.ts'

/** So long that no test runs over the end of an epoch; the clock of close is set ahead instead. */
const YEAR_S = 31_536_000
const LATER_MS = 10 * YEAR_S * 1_000

const { available, hint } = kafkaAvailable()

if (available) describe('close on a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The test of close on Kafka is skipped. ${hint}`)
  test.skip('the cut on a real broker', () => undefined)
}

function onKafka(): void {
  let kafka: RunningKafka
  let producers: Kafka
  let folder: string
  let ledger: Ledger
  let records: Records
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-close-kafka-'))
    kafka = await startKafka()
    await kafka.createTopics([...INPUT_TOPICS, TOPICS.epochs].map((topic) => ({ topic, partitions: 1 })))
    producers = new Kafka({ brokers: kafka.brokers, clientId: 'producer', logLevel: logLevel.NOTHING })
  }, 180_000) // the first run of all fetches the jars
  beforeEach(async () => {
    // The first epoch of this ledger closes what is there; each test then has the end of the log to itself.
    if (ledger !== undefined) return
    const warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test', memoryLimit: '256MB' })
    ledger = await openLedger(warehouse, GENESIS)
    records = new Records(ledger.ledgerId)
    await send(await records.policy({ epochIntervalS: YEAR_S }))
    expect(await close({ cutNow: true })).toMatchObject({ did: 'done', epoch: 1 })
  }, 90_000)
  afterAll(async () => {
    ledger?.warehouse.close()
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  async function send(...sent: Parameters<ReturnType<typeof openKafkaSink>['append']>[0][number][]): Promise<void> {
    const sink = openKafkaSink({ brokers: kafka.brokers, clientId: 'test' })
    await sink.append(sent)
    await sink.close()
  }

  async function close({ cutNow = false } = {}): Promise<StepResult> {
    const connection = { brokers: kafka.brokers, clientId: 'test' }
    const source = openKafkaSource({ ...connection, groupId: `group-${randomUUID()}` })
    const published = openKafkaSource({ ...connection, groupId: `group-${randomUUID()}` })
    const sink = openKafkaSink(connection)
    try {
      const clock = () => BigInt(Date.now() + (cutNow ? 0 : LATER_MS))
      return await closeEpoch({ ledger, source, published, sink, clock, cutNow })
    } finally {
      for (const end of [source, published, sink]) await end.close()
    }
  }

  /** The broker answers a commit or an abort before its marker is in the log. */
  async function untilStable(): Promise<void> {
    const source = openKafkaSource({ brokers: kafka.brokers, clientId: 'test', groupId: `group-${randomUUID()}` })
    try {
      for (;;) {
        const bounds = await source.partitions(INPUT_TOPICS)
        if (bounds.every(({ endOffset, highWatermark }) => endOffset === highWatermark)) return
        await sleep(50)
      }
    } finally {
      await source.close()
    }
  }

  /** Everything that is stored has one outcome, and cuts follow on each other. */
  async function expectComplete(): Promise<void> {
    const { warehouse } = ledger
    const wrong = await warehouse.all(
      `SELECT r.topic, r.partition_id, r.record_offset, count(o.rid) AS outcomes FROM record AS r LEFT JOIN outcome AS o USING (rid)
       GROUP BY ALL HAVING outcomes <> 1`,
    )
    expect(wrong).toEqual([])
  }

  async function openTransaction(
    id: string,
  ): Promise<{ producer: Producer; transaction: Awaited<ReturnType<Producer['transaction']>> }> {
    const producer = producers.producer({ transactionalId: id, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    return { producer, transaction: await producer.transaction() }
  }

  const message = (offset: number) => {
    const { headers, key, value } = records.deposit('payer', BigInt(offset))
    const named = Object.fromEntries(headers.map(([name, bytes]) => [name, Buffer.from(bytes ?? [])]))
    return { key: Buffer.from(key), value: Buffer.from(value), headers: named }
  }

  test('an open transaction on an otherwise idle partition is waited for; committed, its records are in the epoch', async () => {
    await send(records.deposit('payer', 1n))
    const { producer, transaction } = await openTransaction('committed')
    await transaction.send({ topic: TOPICS.chain, messages: [message(2), message(3)] })
    const waiting = await close()
    expect(waiting).toMatchObject({ did: 'waiting', epoch: 2 })
    expect(waiting.detail).toContain(`ALARM: a transaction is open on ${TOPICS.chain}/0`)
    await transaction.commit()
    await producer.disconnect()
    await untilStable()
    expect(await close()).toMatchObject({ did: 'done', epoch: 2 })
    const row = await ledger.warehouse.one('SELECT count(*)::INTEGER AS records FROM outcome WHERE epoch = 2')
    expect(row).toEqual({ records: 3 })
    await expectComplete()
  }, 120_000)

  test('aborted, it leaves a hole and the epoch ends behind it', async () => {
    await send(records.deposit('payer', 4n))
    const { producer, transaction } = await openTransaction('aborted')
    await transaction.send({ topic: TOPICS.chain, messages: [message(5)] })
    expect(await close()).toMatchObject({ did: 'waiting', epoch: 3 })
    await transaction.abort()
    await producer.disconnect()
    await untilStable()
    expect(await close()).toMatchObject({ did: 'done', epoch: 3 })
    const row = await ledger.warehouse.one(
      'SELECT (to_offset - from_offset)::INTEGER AS offsets FROM epoch_cut WHERE epoch = 3 AND topic = $topic',
      { topic: TOPICS.chain },
    )
    // The deposit, the aborted record, and the marker of the abort.
    expect(row).toEqual({ offsets: 3 })
    await expectComplete()
  }, 120_000)

  test('a cut made now ends at the stable end and leaves the transaction to the next epoch', async () => {
    await send(records.deposit('payer', 6n))
    const { producer, transaction } = await openTransaction('left')
    await transaction.send({ topic: TOPICS.chain, messages: [message(7)] })
    const now = await close({ cutNow: true })
    expect(now).toMatchObject({ did: 'done', epoch: 4 })
    expect(now.detail).toContain(`belong to the next epoch (${TOPICS.chain}/0 from `)
    await transaction.commit()
    await producer.disconnect()
    await untilStable()
    expect(await close()).toMatchObject({ did: 'done', epoch: 5 })
    await expectComplete()
  }, 120_000)

  test('a partition that is added is cut from its first record on, and idle ones at their end', async () => {
    await kafka.addPartitions(TOPICS.chain, 3)
    await send({ ...records.deposit('payer', 8n), partition: 2 })
    expect(await close()).toMatchObject({ did: 'done', epoch: 6 })
    const cut = await ledger.warehouse.all(
      `SELECT partition_id, from_offset, to_offset FROM epoch_cut
       WHERE epoch = 6 AND topic = $topic AND partition_id > 0 ORDER BY partition_id`,
      { topic: TOPICS.chain },
    )
    expect(cut).toEqual([
      { partition_id: 1, from_offset: 0n, to_offset: 0n },
      { partition_id: 2, from_offset: 0n, to_offset: 1n },
    ])
    await expectComplete()
  }, 120_000)
}
