import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { epochAge } from '../../cli/live/epoch-age.ts'
import { LagMeter } from '../../cli/live/lag.ts'
import { LiveMetrics, type Looks } from '../../cli/live/metrics.ts'
import { serveMetrics } from '../../cli/live/metrics-server.ts'
import { EmbeddedLog } from '../../pipelines/embedded-log.ts'
import { ingest } from '../../pipelines/ingest.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { startFollower } from './support/follower.ts'

const NOTHING: Looks = {
  lag: async () => [],
  epochs: async () => ({ lastClosed: 0, openAge_s: undefined }),
  deadLetters: async () => undefined,
}

const empty = (topic: string): NewRecord => ({ topic, partition: 0, key: null, headers: [], value: null })
const headless = (topic: string): NewRecord => ({ ...empty(topic), value: Buffer.from('not Avro') })

/** Name and labels → number, of Prometheus's text format. */
function numbersIn(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith('tally_') && !line.includes('_bucket'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

describe('the metrics of a running ingest', () => {
  let folder: string
  let warehouse: Database | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-metrics-'))
    warehouse = undefined
  })
  afterEach(() => {
    warehouse?.close()
    rmSync(folder, { recursive: true })
  })

  test('are right after a known number of records, by reason, and stay so when nothing comes', async () => {
    const log = await EmbeddedLog.open(join(folder, 'log.duckdb'), { verb: 'test' })
    for (const topic of INPUT_TOPICS) await log.createTopic(topic, 1)
    const records = [
      ...Array.from({ length: 5 }, () => empty(TOPICS.inferences)),
      ...Array.from({ length: 3 }, () => headless(TOPICS.chain)),
    ]
    await log.append(records)
    await log.close()
    const follower = await startFollower(folder, { env: { TALLY_PARTITIONS: '1' } })
    try {
      const scrape = async () => numbersIn(await (await fetch(follower.metrics)).text())
      let numbers = await scrape()
      while (numbers.tally_ingest_records_total !== records.length) numbers = await scrape()
      const lag = Object.fromEntries(
        INPUT_TOPICS.flatMap((topic) =>
          ['records', 'seconds'].map((of) => [`tally_ingest_lag_${of}{topic="${topic}",partition="0"}`, 0]),
        ),
      )
      const known = {
        tally_ingest_records_total: 8,
        'tally_ingest_rejected_total{reason="VALUE_MISSING"}': 5,
        'tally_ingest_rejected_total{reason="HEADER_MISSING"}': 3,
        tally_ingest_bytes_total: 3 * 'not Avro'.length,
        tally_ingest_batch_records_sum: 8,
        tally_epoch_last_closed: 0,
        ...lag,
      }
      expect(numbers).toMatchObject(known)
      const transactions = numbers.tally_ingest_batch_records_count
      for (const part of ['decode', 'append', 'commit'])
        expect(numbers).toMatchObject({ [`tally_ingest_${part}_seconds_count`]: transactions })
      expect(numbers.tally_epoch_open_age_seconds).toBeGreaterThanOrEqual(0)
      expect(Object.keys(numbers).filter((name) => name.includes('failures'))).toEqual([])
      expect(await scrape()).toMatchObject(known)
      expect(await (await fetch(follower.metrics)).text()).toContain('process_resident_memory_bytes')
    } finally {
      await follower.end('SIGTERM')
    }
  })

  test('say how far behind each partition is, in records and since the newest stored one', async () => {
    warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
    let now = 1_000_000n
    const clock = () => now
    const log = new MemoryLog({ now: clock })
    for (const topic of INPUT_TOPICS) log.createTopic(topic, 2)
    const meter = new LagMeter({ source: log, warehouse, clock })
    const lag = async () => {
      const all = await meter.measure()
      const behind = all.filter(({ records, seconds }) => records !== 0 || seconds !== 0)
      return { all: all.length, behind: behind.map((each) => [each.topic, each.partition, each.records, each.seconds]) }
    }
    expect(await lag()).toEqual({ all: 12, behind: [] })

    await log.append([empty(TOPICS.chain), empty(TOPICS.chain)])
    now += 3_000n
    expect(await lag()).toEqual({ all: 12, behind: [[TOPICS.chain, 0, 2, 3]] })
    await ingest({ source: log, warehouse, topics: INPUT_TOPICS, until: 'end' })
    expect(await lag()).toEqual({ all: 12, behind: [] })
    // The newest stored record is 1,000,000; three more come, 60 s later.
    now = 1_060_000n
    expect(await lag()).toEqual({ all: 12, behind: [] })
    await log.append([empty(TOPICS.chain), empty(TOPICS.chain), { ...empty(TOPICS.chain), partition: 1 }])
    now = 1_061_500n
    expect(await lag()).toEqual({
      all: 12,
      behind: [
        [TOPICS.chain, 0, 2, 61.5],
        [TOPICS.chain, 1, 1, 61.5],
      ],
    })
    expect(await epochAge(warehouse, clock)).toEqual({ lastClosed: 0, openAge_s: 61.5 })
    for (const [epoch, state, cutMs] of [
      [1, 'finalized', 1_030_000],
      [2, 'closed', 1_050_000],
      [3, 'open', 1_060_000],
    ])
      await warehouse.run(
        `INSERT INTO epoch (epoch, attempt, state, cut_time_ms, cut_published) VALUES (${epoch}, 1, '${state}', ${cutMs}, true)`,
      )
    expect(await epochAge(warehouse, clock)).toEqual({ lastClosed: 2, openAge_s: 1.5 })
  })

  test('leave out what cannot be read, count that, and show the rest', async () => {
    let isBroken = true
    const metrics = new LiveMetrics({
      ...NOTHING,
      lag: async () => {
        if (isBroken) throw new Error('no broker')
        return [{ topic: 't', partition: 0, records: 1, seconds: 2, held: 3 }]
      },
      deadLetters: async () => 7,
    })
    metrics.onCommit({ records: 1, rejected: {}, bytes: 2, decode_ms: 0, append_ms: 0, commit_ms: 3, positions: [] })
    const broken = numbersIn(await metrics.render())
    expect(broken).toMatchObject({
      tally_ingest_records_total: 1,
      tally_ingest_commit_seconds_sum: 0.003,
      tally_dead_letters_waiting: 7,
      'tally_scrape_failures_total{number="lag"}': 1,
    })
    expect(Object.keys(broken).filter((name) => /lag_|open_age/.test(name))).toEqual([])
    isBroken = false
    const lag = {
      'tally_ingest_lag_records{topic="t",partition="0"}': 1,
      'tally_ingest_lag_seconds{topic="t",partition="0"}': 2,
      'tally_log_held_records{topic="t",partition="0"}': 3,
    }
    expect(numbersIn(await metrics.render())).toMatchObject({
      ...lag,
      'tally_scrape_failures_total{number="lag"}': 1,
    })
  })

  test('are served on their pages alone', async () => {
    const server = await serveMetrics(new LiveMetrics(NOTHING), { host: '127.0.0.1', port: 0 })
    try {
      const page = (path: string, method = 'GET') => fetch(new URL(path, server.url), { method })
      expect((await page('/metrics')).headers.get('content-type')).toContain('text/plain; version=0.0.4')
      expect(await (await page('/healthz')).text()).toBe('ok\n')
      expect((await page('/')).status).toBe(404)
      expect((await page('/metrics', 'POST')).status).toBe(405)
      const { port } = new URL(server.url)
      await expect(
        serveMetrics(new LiveMetrics(NOTHING), { host: '127.0.0.1', port: Number(port) }),
      ).rejects.toMatchObject({ code: 'METRICS_PORT', facts: { port: Number(port) } })
    } finally {
      await server.close()
    }
    await expect(fetch(server.url)).rejects.toThrow()
  })
})
