import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { copyLog } from '../../pipelines/copy-log.ts'
import { EmbeddedLog } from '../../pipelines/embedded-log.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { LogRecord, NewRecord, RecordBatch, RecordSource } from '../../pipelines/record-source.ts'
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

  describe('a copy of another log', () => {
    /** Another log with three partitions: holes in the middle and at the end, a lost beginning, and nothing at all. */
    async function original(): Promise<MemoryLog> {
      let now = 5_000n
      const log = new MemoryLog({ now: () => now++ })
      log.createTopic('t', 3)
      await log.append([record('t', 0, 'a'), record('t', 0, 'b'), record('t', 1, 'gone'), record('t', 1, 'c')])
      log.hide('t', 0, 2)
      await log.append([record('t', 0, 'd')])
      log.hide('t', 0)
      log.truncate('t', 1, 1n)
      return log
    }
    const batchesOf = async (source: RecordSource) => {
      const batches: RecordBatch[] = []
      const starts = new Map((await source.partitions(['t'])).map((b) => [b.partition, b.startOffset]))
      await source.read({
        topics: ['t'],
        until: 'end',
        positionOf: (_, partition) => starts.get(partition)!,
        onBatch: async (batch) => {
          batches.push(batch)
        },
      })
      return batches
    }
    const ends = (batches: readonly RecordBatch[]) => new Map(batches.map((b) => [b.partition, b.nextOffset]))
    const records = (batches: readonly RecordBatch[]) => batches.flatMap((batch) => batch.records)

    test('holds its records, offsets, append times, bounds and holes, also when opened again', async () => {
      const from = await original()
      const first = await EmbeddedLog.open(path, { verb: 'test' })
      expect(await copyLog({ from, to: first, topics: ['t'] })).toBe(4)
      await first.close()
      const again = await EmbeddedLog.open(path, { verb: 'test' })
      try {
        expect(await again.partitions(['t'])).toEqual(await from.partitions(['t']))
        const [copied, source] = [await batchesOf(again), await batchesOf(from)]
        expect(records(copied)).toEqual(records(source))
        expect(ends(copied)).toEqual(ends(source))
      } finally {
        await again.close()
      }
    })

    test('begun again adds what is new, and nothing twice', async () => {
      const from = await original()
      const log = await EmbeddedLog.open(path, { verb: 'test' })
      try {
        await copyLog({ from, to: log, topics: ['t'] })
        expect(await copyLog({ from, to: log, topics: ['t'] })).toBe(0)
        await from.append([record('t', 2, 'e'), record('t', 0, 'f')])
        expect(await copyLog({ from, to: log, topics: ['t'] })).toBe(2)
        for (const batch of await batchesOf(from)) await log.copy(batch, batch.records[0]?.offset ?? 0n)
        expect(records(await batchesOf(log))).toEqual(records(await batchesOf(from)))
        const [position] = await log.append([record('t', 0, 'own')])
        expect(position).toEqual({ topic: 't', partition: 0, offset: 7n })
      } finally {
        await log.close()
      }
    })

    test('a record larger than a batch comes through, also behind a hole', async () => {
      const from = new MemoryLog()
      from.createTopic('t', 1)
      from.hide('t', 0, 3)
      await from.append([{ ...record('t', 0, 'x'), value: Buffer.alloc(100_000) }])
      const log = await EmbeddedLog.open(path, { verb: 'test' })
      try {
        await copyLog({ from, to: log, topics: ['t'] })
        const offsets: bigint[] = []
        await log.read({
          topics: ['t'],
          until: 'end',
          batchBytesMax: 1_000,
          positionOf: () => 0n,
          onBatch: async (batch) => {
            for (const { offset } of batch.records) offsets.push(offset)
          },
        })
        expect(offsets).toEqual([3n])
      } finally {
        await log.close()
      }
    })
  })
})
