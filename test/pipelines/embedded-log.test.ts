import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { EmbeddedLog } from '../../pipelines/embedded-log.ts'
import type { LogRecord, NewRecord } from '../../pipelines/record-source.ts'
import { describeRecordSource } from './record-source.contract.ts'

const utf8 = (text: string) => Buffer.from(text)

function record(topic: string, partition: number, value: string): NewRecord {
  return { topic, partition, key: utf8(`key of ${value}`), headers: [['name', utf8(value)]], value: utf8(value) }
}

async function readAll(log: EmbeddedLog, topics: readonly string[]): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  await log.read({
    topics,
    positionOf: () => 0n,
    onBatch: async (batch) => {
      records.push(...batch.records)
    },
    until: 'end',
  })
  return records
}

describeRecordSource(
  'EmbeddedLog',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-log-'))
    const log = await EmbeddedLog.open(join(folder, 'log.duckdb'), { verb: 'contract' })
    return {
      source: log,
      sink: log,
      createTopics: async (topics) => {
        for (const { topic, partitions } of topics) await log.createTopic(topic, partitions)
      },
      close: async () => {
        await log.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
  // It has no transactions and no retention: every offset holds a record, for ever.
  { hide: false, truncate: false },
)

describe('EmbeddedLog', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-log-'))
    path = join(folder, 'log.duckdb')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('opened again it holds the same bytes, offsets and append times, and goes on behind them', async () => {
    let now = 1_000n
    const first = await EmbeddedLog.open(path, { verb: 'test', clock: () => now++ })
    await first.createTopic('t', 2)
    await first.append([record('t', 0, 'a'), record('t', 1, 'b')])
    await first.append([record('t', 0, 'c'), { topic: 't', partition: 0, key: null, headers: [], value: null }])
    const before = await readAll(first, ['t'])
    await first.close()

    const second = await EmbeddedLog.open(path, { verb: 'test', clock: () => 9_000n })
    try {
      expect(before.map(({ appendTimeMs }) => appendTimeMs)).toEqual([1_000n, 1_001n, 1_001n, 1_000n])
      expect(await readAll(second, ['t'])).toEqual(before)
      await second.createTopic('t', 7)
      expect(await second.partitions(['t'])).toMatchObject([{ endOffset: 3n }, { endOffset: 1n }])
      expect(await second.append([record('t', 0, 'd')])).toEqual([{ topic: 't', partition: 0, offset: 3n }])
      expect((await readAll(second, ['t'])).map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 0n])
    } finally {
      await second.close()
    }
  })

  test('appends all records or none, and an append that failed takes no offset', async () => {
    const log = await EmbeddedLog.open(path, { verb: 'test' })
    try {
      await log.createTopic('t', 2)
      await log.append([record('t', 0, 'a')])
      // The last of 3,000 cannot be stored; by then DuckDB has taken the first chunk of 2,048 rows.
      const good = Array.from({ length: 2_999 }, (_, i) => record('t', i % 2, `${i}`))
      const bad = { ...record('t', 1, 'bad'), value: { length: 3 } as Uint8Array }
      await expect(log.append([...good, bad])).rejects.toThrow()
      const outside = log.append([record('t', 0, 'b'), record('t', 2, 'c')])
      await expect(outside).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
      expect(await log.append([record('t', 0, 'd')])).toEqual([{ topic: 't', partition: 0, offset: 1n }])
    } finally {
      await log.close()
    }
    const again = await EmbeddedLog.open(path, { verb: 'test' })
    expect((await readAll(again, ['t'])).map(({ value }) => String(value))).toEqual(['a', 'd'])
    await again.close()
  })

  test('has one process at a time, and says which', async () => {
    const log = await EmbeddedLog.open(path, { verb: 'tally ingest' })
    await expect(EmbeddedLog.open(path, { verb: 'tally run' })).rejects.toMatchObject({
      code: 'WAREHOUSE_LOCKED',
      facts: { pid: process.pid, verb: 'tally ingest' },
    })
    await log.close()
    await (await EmbeddedLog.open(path, { verb: 'tally run' })).close()
  })

  test('closed it takes and gives nothing', async () => {
    const log = await EmbeddedLog.open(path, { verb: 'test' })
    await log.createTopic('t', 1)
    await log.close()
    await log.close()
    await expect(log.append([record('t', 0, 'a')])).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    await expect(log.partitions(['t'])).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })
})
