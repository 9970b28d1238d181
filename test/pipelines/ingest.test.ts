import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { recordInference } from '../../client/src/record-inference.ts'
import type { CommitFacts } from '../../pipelines/ingest/transactions.ts'
import { type IngestOptions, ingest } from '../../pipelines/ingest.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { LogRecord, NewRecord, ReadOptions, RecordBatch, RecordSource } from '../../pipelines/record-source.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { contentBytes } from '../../schemas/record-bytes.ts'
import { TOPICS } from '../../schemas/topics.ts'

const TOPIC = TOPICS.inferences
const BATCH_RECORDS = 7

function use(id: string): NewRecord {
  const bytes = Buffer.from(id)
  const address = `0x${'11'.repeat(20)}`
  const what = { model: 'm', infrastructure: 'i', payer: address, token: address, fee: 5n, input: bytes, output: bytes }
  return recordInference({ source: 'urn:test', id, salt: Buffer.alloc(16), now: new Date(0), ...what }).record
}

function broken(partition: number): NewRecord {
  return { topic: TOPIC, partition, key: null, headers: [], value: Buffer.from('no record of ours') }
}

/** What a test sees of a stored record. */
interface Row {
  readonly rid: bigint
  readonly partition: number
  readonly offset: bigint
  readonly append_ms: bigint
  readonly effective_ms: bigint
  readonly content: string
  readonly reason: number
}

async function rowsOf(warehouse: Database): Promise<Row[]> {
  const rows = await warehouse.all('SELECT * FROM record ORDER BY topic, partition_id, record_offset, rid')
  return rows.map((row) => ({
    rid: row.rid as bigint,
    partition: row.partition_id as number,
    offset: row.record_offset as bigint,
    append_ms: row.append_ms as bigint,
    effective_ms: row.effective_ms as bigint,
    content: Buffer.from(fromBlob(row.content_hash)).toString('hex'),
    reason: row.ingest_reason as number,
  }))
}

function positionsOf(warehouse: Database) {
  return warehouse.all('SELECT partition_id, next_offset, effective_ms FROM read_position ORDER BY partition_id')
}

async function recordsOf(log: RecordSource): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const onBatch = async (batch: RecordBatch) => void records.push(...batch.records)
  await log.read({ topics: [TOPIC], positionOf: () => 0n, onBatch, until: 'end' })
  return records
}

const contentOf = (record: LogRecord) => createHash('sha256').update(contentBytes(record)).digest('hex')

/** Another source with one method of its own. */
function sourceThat(log: RecordSource, read: (options: ReadOptions) => Promise<void>): RecordSource {
  return { partitions: (topics) => log.partitions(topics), close: () => log.close(), read }
}

/** Fails at its n-th batch: before the caller saw it, or after it was stored and the source did not hear of it. */
function dyingSource(log: RecordSource, diesAt: number, when: 'before' | 'after'): RecordSource {
  let batches = 0
  return sourceThat(log, (options) =>
    log.read({
      ...options,
      batchRecordsMax: BATCH_RECORDS,
      onBatch: async (batch) => {
        const dies = batches++ === diesAt
        if (dies && when === 'before') throw new Error('died')
        await options.onBatch(batch)
        if (dies) throw new Error('died')
      },
    }),
  )
}

/** Hands out the batches it is given, whatever was read before. */
function sourceOf(log: RecordSource, batches: readonly RecordBatch[]): RecordSource {
  return sourceThat(log, async ({ onBatch, positionOf }) => {
    await positionOf(TOPIC, 0)
    for (const batch of batches) await onBatch(batch)
  })
}

describe('ingest', () => {
  let folder: string
  let log: MemoryLog
  let warehouse: Database
  let now: bigint

  const open = () => openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
  const run = (source: RecordSource) => ingest({ source, warehouse, topics: [TOPIC], until: 'end' })
  async function restart(): Promise<void> {
    warehouse.close()
    warehouse = await open()
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tally-ingest-'))
    now = 1_000n
    log = new MemoryLog({ now: () => now })
    log.createTopic(TOPIC, 3)
    warehouse = await open()
  })
  afterEach(() => {
    warehouse.close()
    rmSync(folder, { recursive: true })
  })

  describe('takes each record exactly once', () => {
    test('whenever it dies and however often it is started again', async () => {
      const uses = Array.from({ length: 61 }, (_, i) => ({ ...use(`use-${i}`), partition: i % 3 }))
      await log.append([...uses, broken(1), broken(1)])
      let deaths = 0
      let records = 0
      for (let diesAt = 0; ; diesAt = deaths < 12 ? (diesAt + 1) % 3 : diesAt + 1) {
        const when = deaths % 2 === 0 ? 'before' : 'after'
        try {
          records += (await run(dyingSource(log, diesAt, when))).records
          break
        } catch (error) {
          expect(String(error)).toContain('died')
          deaths++
          await restart()
        }
      }
      expect(deaths).toBeGreaterThan(5)
      expect(records).toBeLessThan(61)
      const rows = await rowsOf(warehouse)
      const expected = await recordsOf(log)
      expect(rows.map(({ partition, offset, content }) => ({ partition, offset, content }))).toEqual(
        expected.map((each) => ({ partition: each.partition, offset: each.offset, content: contentOf(each) })),
      )
      const rids = rows.map(({ rid }) => rid).sort((a, b) => Number(a - b))
      expect(rids).toEqual(rids.map((_, index) => BigInt(index + 1)))
      expect(rows.filter(({ reason }) => reason !== 0).map(({ partition }) => partition)).toEqual([1, 1])
      expect(await run(log)).toEqual({ records: 0, rejected: 0 })
    })

    test('when batches overlap what is stored: what is below the position is dropped', async () => {
      await log.append(Array.from({ length: 10 }, (_, i) => ({ ...use(`use-${i}`), partition: 0 })))
      const all = await recordsOf(log)
      const batch = (from: number, to: number): RecordBatch => ({
        topic: TOPIC,
        partition: 0,
        records: all.slice(from, to),
        nextOffset: BigInt(to),
      })
      expect(await run(sourceOf(log, [batch(0, 5), batch(3, 8), batch(0, 4), batch(2, 8)]))).toMatchObject({
        records: 8,
      })
      await restart()
      expect(await run(sourceOf(log, [batch(0, 6), batch(6, 10)]))).toMatchObject({ records: 2 })
      const rows = await rowsOf(warehouse)
      expect(rows.map(({ rid, offset }) => [rid, offset])).toEqual(all.map(({ offset }) => [offset + 1n, offset]))
      expect(await positionsOf(warehouse)).toMatchObject([{ partition_id: 0, next_offset: 10n }])
    })

    test('and tells how many it took, and how many their own bytes rejected', async () => {
      await log.append([{ ...use('a'), partition: 0 }, broken(0), { ...use('b'), partition: 2 }])
      const seen: object[] = []
      const counts = await ingest({
        source: log,
        warehouse,
        topics: [TOPIC],
        until: 'end',
        onProgress: (progress) => seen.push(progress),
      })
      expect(counts).toEqual({ records: 3, rejected: 1 })
      expect(seen.at(-1)).toEqual(counts)
    })
  })

  describe('a zombie, whose position somebody else moved,', () => {
    test.each([
      ['a partition that was never read', 0],
      ['a partition that was read before', 4],
    ])('gets an error and writes nothing: %s', async (_, readBefore) => {
      const uses = Array.from({ length: 8 }, (_, i) => ({ ...use(`use-${i}`), partition: 0 }))
      await log.append(uses.slice(0, readBefore))
      await run(log)
      await log.append(uses.slice(readBefore))
      const zombie = sourceThat(log, (options) =>
        log.read({
          ...options,
          onBatch: async (batch) => {
            // It was handed the batch, then stood still while another one did its work.
            await run(log)
            await log.append([{ ...use('later'), partition: 0 }])
            await options.onBatch(batch)
          },
        }),
      )
      await expect(run(zombie)).rejects.toMatchObject({
        code: 'OFFSET_MISMATCH',
        facts: { topic: TOPIC, partition: 0, expected: BigInt(readBefore), found: 8n },
      })
      expect((await rowsOf(warehouse)).map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n])
      expect(await positionsOf(warehouse)).toMatchObject([{ partition_id: 0, next_offset: 8n }])
      // It may be started again.
      expect(await run(log)).toEqual({ records: 1, rejected: 0 })
    })
  })

  test('two readers of one warehouse, each with partitions of its own, give every record an id of its own', async () => {
    const other = TOPICS.contributions
    log.createTopic(other, 1)
    await log.append(Array.from({ length: 40 }, (_, i) => ({ ...use(`use-${i}`), partition: 0 })))
    await log.append(Array.from({ length: 40 }, (_, i) => ({ ...broken(0), topic: other, value: Buffer.from(`${i}`) })))
    const inBatches = sourceThat(log, (options) => log.read({ ...options, batchRecordsMax: BATCH_RECORDS }))
    // Both look where the ids are before either of them writes.
    await Promise.all(
      [TOPIC, other].map((topic) => ingest({ source: inBatches, warehouse, topics: [topic], until: 'end' })),
    )
    const rids = (await rowsOf(warehouse)).map(({ rid }) => rid).sort((a, b) => Number(a - b))
    expect(rids).toEqual(Array.from({ length: 80 }, (_, index) => BigInt(index + 1)))
    const letters = await warehouse.one('SELECT count(*) AS letters, count(DISTINCT rid) AS rids FROM dead_letter')
    expect(letters).toEqual({ letters: 40n, rids: 40n })
  })

  describe('progress', () => {
    test('through offsets without a record is stored, and the next start begins behind them', async () => {
      log.hide(TOPIC, 1, 3)
      await log.append([{ ...use('a'), partition: 1 }])
      log.hide(TOPIC, 1, 2)
      log.hide(TOPIC, 2, 4)
      expect(await run(log)).toEqual({ records: 1, rejected: 0 })
      const ends = [
        { partition_id: 1, next_offset: 6n, effective_ms: 1_000n },
        { partition_id: 2, next_offset: 4n, effective_ms: 0n },
      ]
      expect(await positionsOf(warehouse)).toEqual(ends)
      await restart()
      const asked: bigint[] = []
      const watched = sourceThat(log, (options) =>
        log.read({
          ...options,
          positionOf: async (topic, partition) => {
            const position = await options.positionOf(topic, partition)
            asked[partition] = position
            return position
          },
        }),
      )
      log.hide(TOPIC, 2, 1)
      await run(watched)
      expect(asked).toEqual([0n, 6n, 4n])
      expect(await positionsOf(warehouse)).toEqual([ends[0], { ...ends[1], next_offset: 5n }])
    })

    test('is kept when reading stops in the middle, by a signal', async () => {
      await log.append(Array.from({ length: 30 }, (_, i) => ({ ...use(`use-${i}`), partition: 0 })))
      const stop = new AbortController()
      const small = sourceThat(log, (options) => log.read({ ...options, batchRecordsMax: 10 }))
      const counts = await ingest({
        source: small,
        warehouse,
        topics: [TOPIC],
        until: 'follow',
        signal: stop.signal,
        onProgress: () => stop.abort(),
      })
      expect(counts).toEqual({ records: 10, rejected: 0 })
      expect(await positionsOf(warehouse)).toMatchObject([{ next_offset: 10n }])
    })
  })

  describe('effective time', () => {
    test('is the running maximum of append times in the partition, across batches and restarts', async () => {
      const appended: [time: bigint, partition: number][] = [
        [100n, 0],
        [50n, 0],
        [70n, 1],
        [90n, 0],
        [150n, 0],
        [149n, 0],
        [60n, 1],
      ]
      for (const [index, [time, partition]] of appended.entries()) {
        now = time
        await log.append([{ ...use(`use-${index}`), partition }])
        await run(log)
        await restart()
      }
      // A rejected record moves it too: its append time is the log's word.
      now = 500n
      await log.append([broken(1)])
      now = 80n
      await log.append([{ ...use('last'), partition: 1 }])
      await run(log)
      const rows = await rowsOf(warehouse)
      const times = (partition: number) =>
        rows.filter((row) => row.partition === partition).map((row) => [row.append_ms, row.effective_ms])
      expect(times(0)).toEqual([
        [100n, 100n],
        [50n, 100n],
        [90n, 100n],
        [150n, 150n],
        [149n, 150n],
      ])
      expect(times(1)).toEqual([
        [70n, 70n],
        [60n, 70n],
        [500n, 500n],
        [80n, 500n],
      ])
    })
  })

  describe('a log that was made again under the same name', () => {
    const ids = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ ...use(`use-${from + i}`), partition: 0 }))
    async function madeAgain(fill: (again: MemoryLog) => Promise<unknown> | unknown): Promise<MemoryLog> {
      await log.append(ids(0, 5))
      await run(log)
      const again = new MemoryLog({ now: () => now })
      again.createTopic(TOPIC, 3)
      await fill(again)
      return again
    }

    test.each<[what: string, fill: (again: MemoryLog) => Promise<unknown> | unknown]>([
      ['another record stands at the last offset that was read', (again) => again.append(ids(10, 20))],
      [
        'the same record stands there, appended at another time',
        (again) => {
          now = 2_000n
          return again.append(ids(0, 9))
        },
      ],
      [
        'no record stands there, but others behind it',
        async (again) => {
          again.hide(TOPIC, 0, 5)
          await again.append(ids(5, 7))
        },
      ],
    ])('is refused, and nothing is written: %s', async (_, fill) => {
      const again = await madeAgain(fill)
      const rows = await rowsOf(warehouse)
      await expect(run(again)).rejects.toMatchObject({
        code: 'TOPIC_RECREATED',
        facts: { topic: TOPIC, partition: 0, offset: 4n },
      })
      await restart()
      await expect(run(again)).rejects.toMatchObject({ code: 'TOPIC_RECREATED' })
      expect(await rowsOf(warehouse)).toEqual(rows)
      expect(await positionsOf(warehouse)).toMatchObject([{ partition_id: 0, next_offset: 5n }])
    })

    test('is told from one that goes on, and from one whose last record was deleted after it was read', async () => {
      const goesOn = await madeAgain((again) => again.append(ids(0, 7)))
      expect(await run(goesOn)).toEqual({ records: 2, rejected: 0 })
      await restart()
      goesOn.truncate(TOPIC, 0, 7n)
      await goesOn.append(ids(7, 8))
      expect(await run(goesOn)).toEqual({ records: 1, rejected: 0 })
    })
  })

  describe('transactions', () => {
    const inPartition = (partition: number, from: number, records: readonly LogRecord[]): RecordBatch => ({
      topic: TOPIC,
      partition,
      records: records.map((record, index) => ({ ...record, partition, offset: BigInt(from + index) })),
      nextOffset: BigInt(from + records.length),
    })
    /** Hands all batches out at the same time. */
    const sideBySide = (batches: readonly RecordBatch[]) =>
      sourceThat(log, async ({ onBatch }) => void (await Promise.all(batches.map(onBatch))))
    /** The same warehouse with one method of its own. */
    const warehouseWith = (name: 'appendColumns' | 'transaction', method: (...values: never[]) => unknown): Database =>
      new Proxy(warehouse, {
        get: (target, property) => {
          const member = property === name ? method : (Reflect.get(target, property, target) as unknown)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    const ingestInto = (into: Database, source: RecordSource, more: Partial<IngestOptions> = {}) =>
      ingest({ source, warehouse: into, topics: [TOPIC], until: 'end', ...more })
    let records: LogRecord[]
    beforeEach(async () => {
      await log.append([use('a'), use('b'), broken(0)].map((record) => ({ ...record, partition: 0 })))
      records = await recordsOf(log)
    })

    test('hold batches of many partitions, and say what they made visible', async () => {
      const commits: CommitFacts[] = []
      const batches = Array.from({ length: 40 }, (_, partition) => inPartition(partition, 0, records))
      const counts = await ingestInto(warehouse, sideBySide(batches), { onCommit: (facts) => commits.push(facts) })
      expect(counts).toEqual({ records: 120, rejected: 40 })
      expect(commits.length).toBeLessThan(5)
      const positions = commits.flatMap((facts) => facts.positions)
      expect(positions.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual(
        batches.map(({ partition }) => [partition, 3n]),
      )
      const bytes = records.reduce((sum, { key, headers, value }) => {
        const inHeaders = headers.reduce((all, [name, text]) => all + name.length + (text?.length ?? 0), 0)
        return sum + (key?.length ?? 0) + inHeaders + (value?.length ?? 0)
      }, 0)
      expect(commits.reduce((sum, facts) => sum + facts.bytes, 0)).toBe(40 * bytes)
      expect(commits.reduce((sum, facts) => sum + (facts.rejected.HEADER_MISSING ?? 0), 0)).toBe(40)
      for (const { decode_ms, append_ms, commit_ms } of commits)
        expect(Math.min(decode_ms, append_ms, commit_ms)).toBeGreaterThan(0)
      const rids = (await rowsOf(warehouse)).map(({ rid }) => rid).sort((a, b) => Number(a - b))
      expect(rids).toEqual(Array.from({ length: 120 }, (_, index) => BigInt(index + 1)))
    })

    test('acknowledge a batch only behind its COMMIT', async () => {
      let committed = false
      const slow = warehouseWith('transaction', async (work: () => Promise<unknown>) => {
        const result = await warehouse.transaction(work)
        await new Promise((resolve) => setTimeout(resolve, 50))
        committed = true
        return result
      })
      const source = sourceThat(log, async ({ onBatch }) => {
        await onBatch(inPartition(0, 0, records))
        expect(committed).toBe(true)
      })
      await ingestInto(slow, source)
      expect(committed).toBe(true)
    })

    test('are bounded by bytes: giant records wait undecoded', async () => {
      const giant = { ...records[0]!, value: Buffer.alloc(2 ** 20) }
      const limit = 16 * 2 ** 20
      const batches = Array.from({ length: 12 }, (_, partition) => inPartition(partition, 0, Array(9).fill(giant)))
      const sizes: number[] = []
      const counts = await ingestInto(warehouse, sideBySide(batches), { onCommit: ({ bytes }) => sizes.push(bytes) })
      expect(counts).toEqual({ records: 108, rejected: 108 })
      expect(Math.max(...sizes)).toBeLessThan(limit)
      expect(sizes.length).toBe(12) // two batches of nine would be above the limit
    })

    test('go on with a partition that came while reading, from its beginning', async () => {
      const source = sourceOf(log, [inPartition(0, 0, records), inPartition(7, 0, records.slice(0, 1))])
      await ingestInto(warehouse, source)
      expect(await positionsOf(warehouse)).toMatchObject([
        { partition_id: 0, next_offset: 3n },
        { partition_id: 7, next_offset: 1n },
      ])
    })

    test('end with the first that fails: nothing is written after it, whatever else was on its way', async () => {
      let appends = 0
      const failing = warehouseWith('appendColumns', (...values: Parameters<Database['appendColumns']>) => {
        if (++appends === 3) throw new Error('no space')
        return warehouse.appendColumns(...values)
      })
      const outcomes: string[] = []
      const source = sourceThat(log, async ({ onBatch }) => {
        const hand = (partition: number, from: number) =>
          onBatch(inPartition(partition, from, records)).then(
            () => outcomes.push(`${partition} stored`),
            (error: Error) => outcomes.push(`${partition} ${error.message}`),
          )
        await hand(0, 0)
        await hand(1, 0)
        await Promise.all([hand(0, 3), hand(1, 3)])
        // Whoever comes later is told so too, and nobody waits: the source cannot end before its calls do.
        await hand(2, 0)
        await hand(3, 0)
        throw new Error('over')
      })
      await expect(ingestInto(failing, source)).rejects.toThrow('over')
      expect(outcomes.sort()).toEqual(['0 no space', '0 stored', '1 no space', '1 stored', '2 no space', '3 no space'])
      expect(await rowsOf(warehouse)).toHaveLength(6)
      expect(await positionsOf(warehouse)).toMatchObject([{ next_offset: 3n }, { next_offset: 3n }])
    })

    test('whose COMMIT fails, although it was written, end the process; the next one goes on behind it', async () => {
      const doubtful = warehouseWith('appendColumns', async (...values: Parameters<Database['appendColumns']>) => {
        await warehouse.appendColumns(...values)
        await warehouse.run('COMMIT') // so that the one that follows fails
      })
      await expect(ingestInto(doubtful, log)).rejects.toMatchObject({ code: 'COMMIT_DOUBTFUL', retriable: true })
      await log.append([{ ...use('c'), partition: 0 }])
      await expect(run(log)).rejects.toMatchObject({ code: 'COMMIT_DOUBTFUL' })
      await restart()
      expect(await run(log)).toEqual({ records: 1, rejected: 0 })
      expect((await rowsOf(warehouse)).map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n])
    })
  })
})
