import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { LogRecord, OffsetGap, ReadOptions, RecordBatch } from '../../pipelines/record-source.ts'
import { seal } from '../../pipelines/segments/sealer.ts'
import { SegmentSource } from '../../pipelines/segments/segment-source.ts'
import { filesOf, recordAt, recordsOf, sealSegment } from '../support/segments.ts'
import { describeRecordSource } from './record-source.contract.ts'

/** As DuckDB writes bytes: one header with the name FF and a null value. */
const NULL_FIELD = '\\xFF'.repeat(4)
const NAMELESS = `\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\xFF${NULL_FIELD}`

for (const withUpstream of [true, false]) {
  describeRecordSource(`SegmentSource ${withUpstream ? 'before a log' : 'alone'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-segments-'))
    const log = new MemoryLog()
    const topics: string[] = []
    const sealAll = () => seal({ source: log, folder, topics, until: 'end' })
    const source = new SegmentSource({ folder, ...(withUpstream && { upstream: log }) })
    return {
      source,
      sink: {
        append: async (records) => {
          const positions = await log.append(records)
          await sealAll()
          return positions
        },
        close: () => log.close(),
      },
      createTopics: async (created) => {
        for (const { topic, partitions } of created) {
          log.createTopic(topic, partitions)
          topics.push(topic)
        }
        await sealAll()
      },
      hide: async (topic, partition) => {
        log.hide(topic, partition)
        await sealAll()
      },
      truncate: async (topic, partition, startOffset) => {
        log.truncate(topic, partition, startOffset)
        await removeBelow(folder, topic, partition, startOffset)
      },
      close: async () => {
        await source.close()
        await log.close()
        rmSync(folder, { recursive: true })
      },
    }
  })
}

/** Segments below an offset are gone, as when old ones are deleted; one that reaches beyond begins there. The last one stays, as a gap. */
async function removeBelow(folder: string, topic: string, partition: number, startOffset: bigint): Promise<void> {
  const source = new SegmentSource({ folder })
  const onGap = async () => undefined
  const kept = (await readAll(source, topic, { onGap, positionOf: () => 0n })).filter(
    (r) => r.partition === partition && r.offset >= startOffset,
  )
  const bounds = (await source.partitions([topic])).find((each) => each.partition === partition)!
  const { endOffset } = bounds
  for (const file of filesOf(folder, topic, partition)) rmSync(file)
  if (startOffset < endOffset) {
    await sealSegment(folder, { topic, partition, from: startOffset, to: endOffset, records: kept })
  } else
    await sealSegment(folder, { kind: 'gap', topic, partition, from: bounds.startOffset, to: endOffset, records: [] })
}

async function readAll(source: SegmentSource, topic: string, options: Partial<ReadOptions> = {}): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const onBatch = async (batch: RecordBatch) => {
    records.push(...batch.records)
  }
  await source.read({ topics: [topic], positionOf: () => 0n, onBatch, until: 'end', ...options })
  return records
}

describe('segments', () => {
  let folder: string
  let source: SegmentSource
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-segments-'))
    source = new SegmentSource({ folder })
  })
  afterEach(async () => {
    await source.close()
    rmSync(folder, { recursive: true })
  })

  const sealRange = (from: number, to: number, records = recordsOf(from, to)) =>
    sealSegment(folder, { topic: 't', partition: 0, from: BigInt(from), to: BigInt(to), records })
  const offsetsOf = (records: readonly LogRecord[]) => records.map(({ offset }) => Number(offset))
  const endOf = async () => (await source.partitions(['t']))[0]!.endOffset
  /** Reading fails with this code, and hands out nothing. */
  async function expectRefused(code: string, facts: object = {}): Promise<void> {
    const handedOut: RecordBatch[] = []
    const onBatch = async (batch: RecordBatch) => {
      handedOut.push(batch)
    }
    await expect(readAll(new SegmentSource({ folder }), 't', { onBatch })).rejects.toMatchObject({ code, facts })
    expect(handedOut).toEqual([])
  }

  test('come back as they were sealed', async () => {
    await sealRange(0, 7)
    await sealRange(7, 12)
    expect(await readAll(source, 't')).toEqual(recordsOf(0, 12))
  })

  test('what two of them hold alike comes once', async () => {
    await sealRange(0, 10)
    await sealRange(4, 8)
    await sealRange(6, 15)
    await sealRange(0, 10)
    await sealRange(15, 20, [])
    await sealRange(12, 20, recordsOf(12, 15))
    expect(filesOf(folder, 't', 0)).toHaveLength(5)
    expect(await readAll(source, 't')).toEqual(recordsOf(0, 15))
    expect(await endOf()).toBe(20n)
  })

  const other = { ...recordAt(6), value: Buffer.from('other') }
  for (const [what, records] of Object.entries({
    'another value': [recordAt(5), other, recordAt(7), recordAt(8)],
    'another append time': [recordAt(5), { ...recordAt(6), appendTimeMs: 1n }, recordAt(7), recordAt(8)],
    'an offset without a record': [recordAt(5), recordAt(7), recordAt(8)],
  })) {
    test(`that overlap with ${what} stop the reader, which names both files`, async () => {
      const one = await sealRange(0, 8)
      const second = await sealRange(5, 9, records)
      await expectRefused('SEGMENT_CONFLICT', { topic: 't', partition: 0, offset: 6n, one, other: second })
    })
  }

  test('a conflict that comes later stops a reader that follows, also below its position', async () => {
    await sealRange(0, 8)
    const read: number[] = []
    const onBatch = async ({ records }: RecordBatch) => {
      read.push(...offsetsOf(records))
      if (records[0]!.offset === 0n) {
        await sealRange(5, 7, [other])
        await sealRange(8, 9)
      }
    }
    await expect(readAll(source, 't', { onBatch, until: 'follow' })).rejects.toMatchObject({ code: 'SEGMENT_CONFLICT' })
    expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('a gap is the end until it is filled', async () => {
    await sealRange(0, 4)
    await sealRange(6, 9)
    expect(await endOf()).toBe(4n)
    expect(offsetsOf(await readAll(source, 't'))).toEqual([0, 1, 2, 3])
    await sealRange(4, 6)
    expect(await endOf()).toBe(9n)
    expect(offsetsOf(await readAll(source, 't', { positionOf: () => 4n }))).toEqual([4, 5, 6, 7, 8])
  })

  test('one that goes while others are read is an error, and what was read before stays read', async () => {
    await sealRange(0, 4)
    const second = await sealRange(4, 6)
    await sealRange(6, 8)
    const read: number[] = []
    const onBatch = async ({ records }: RecordBatch) => {
      read.push(...offsetsOf(records))
      rmSync(second, { force: true })
    }
    await expect(readAll(source, 't', { onBatch })).rejects.toMatchObject({
      code: 'SEGMENT_DAMAGED',
      facts: { path: second },
    })
    expect(read).toEqual([0, 1, 2, 3])
  })

  test('the last record comes once more to whoever asks', async () => {
    await sealRange(0, 4)
    const records = await readAll(source, 't', { positionOf: () => 3n, lastReadOf: () => 1n })
    expect(offsetsOf(records)).toEqual([1, 2, 3])
  })

  test('a position below the first is a gap to whoever accepts one', async () => {
    await sealRange(4, 6)
    await expectRefused('OFFSET_OUT_OF_RANGE', { position: 0n, startOffset: 4n })
    const gaps: OffsetGap[] = []
    const records = await readAll(source, 't', { onGap: async (gap) => void gaps.push(gap) })
    expect([gaps, offsetsOf(records)]).toEqual([[{ topic: 't', partition: 0, from: 0n, to: 4n }], [4, 5]])
  })

  describe('before a log', () => {
    let log: MemoryLog
    beforeEach(async () => {
      log = new MemoryLog()
      log.createTopic('t', 2)
      await log.append(recordsOf(0, 10).map(({ offset: _, ...record }) => record))
      source = new SegmentSource({ folder, upstream: log })
    })

    test('end where they end, below the log’s high watermark; all partitions of the log are there', async () => {
      await sealRange(0, 4)
      expect(await source.partitions(['t'])).toEqual([
        { topic: 't', partition: 0, startOffset: 0n, endOffset: 4n, highWatermark: 10n },
        { topic: 't', partition: 1, startOffset: 0n, endOffset: 0n, highWatermark: 0n },
      ])
    })

    test('a reader that is ahead of them, because it read the log itself before, waits for them', async () => {
      await sealRange(0, 4)
      const positionOf = (_: string, partition: number) => (partition === 0 ? 7n : 0n)
      expect(await readAll(source, 't', { positionOf })).toEqual([])
      await sealRange(4, 9)
      expect(offsetsOf(await readAll(source, 't', { positionOf }))).toEqual([7, 8])
    })

    test('more than the log holds was sealed from another log', async () => {
      await sealRange(0, 11)
      await expect(source.partitions(['t'])).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    })

    test('of a partition that the log does not have are refused', async () => {
      await sealSegment(folder, { topic: 't', partition: 2, from: 0n, to: 1n, records: [] })
      await expect(source.partitions(['t'])).rejects.toMatchObject({ code: 'SEGMENT_FOLDER' })
    })
  })

  describe('that are not as they were sealed', () => {
    test('a flipped bit anywhere, and a file that ends early', async () => {
      const path = await sealRange(0, 20)
      const bytes = readFileSync(path)
      for (let at = 0; at < bytes.length; at += 1 + Math.floor(bytes.length / 50)) {
        const flipped = Buffer.from(bytes)
        flipped[at]! ^= 1
        writeFileSync(path, flipped)
        await expectRefused('SEGMENT_DAMAGED', { path })
      }
      writeFileSync(path, bytes)
      for (const length of [0, 1, 8, bytes.length - 1]) {
        truncateSync(path, length)
        await expectRefused('SEGMENT_DAMAGED', { path })
        writeFileSync(path, bytes)
      }
      expect(await readAll(source, 't')).toEqual(recordsOf(0, 20))
    })

    test('a file under the offsets or in the partition of another, with rows and without', async () => {
      for (const records of [recordsOf(0, 3), []]) {
        const path = await sealRange(0, 3, records)
        const longer = join(dirname(path), basename(path).replace(/-0*3-/, `-${'4'.padStart(20, '0')}-`))
        renameSync(path, longer)
        await expectRefused('SEGMENT_DAMAGED', { path: longer })
        const elsewhere = join(folder, 't', '000001')
        mkdirSync(elsewhere, { recursive: true })
        renameSync(longer, join(elsewhere, basename(path)))
        await expectRefused('SEGMENT_DAMAGED')
        rmSync(elsewhere, { recursive: true })
      }
    })

    test('names that no sealer writes; hidden ones are left alone', async () => {
      const path = await sealRange(0, 3)
      const place = (...names: string[]) => join(folder, 't', ...names)
      const digits = (offset: bigint) => String(offset).padStart(20, '0')
      const hash = 'a'.repeat(64)
      const hostile = [
        place('0'),
        place('000000', 'copy of a segment.parquet'),
        place('000000', `${basename(path)}.bak`),
        place('000000', `${digits(9n)}-${digits(5n)}-${hash}.parquet`),
        place('000000', `${digits(0n)}-${'9'.repeat(20)}-${hash}.parquet`),
        place('000000', `${digits(0n)}-${digits(3n)}-*.parquet`),
      ]
      for (const name of hostile) {
        writeFileSync(name, '')
        await expectRefused('SEGMENT_FOLDER', { path: name })
        rmSync(name)
      }
      const link = place('000000', `${digits(3n)}-${digits(4n)}-${hash}.parquet`)
      symlinkSync('/etc/hostname', link)
      await expectRefused('SEGMENT_FOLDER', { path: link })
      rmSync(link)
      writeFileSync(place('.DS_Store'), '')
      writeFileSync(place('000000', '.nfs0001'), '')
      expect(await readAll(source, 't')).toEqual(recordsOf(0, 3))
    })

    test('a name with the right hash around what is no segment', async () => {
      mkdirSync(join(folder, 't', '000000'), { recursive: true })
      for (const bytes of ['', 'PAR1', `PAR1${'\0'.repeat(100)}PAR1`, `PAR1${'\xff'.repeat(100)}PAR1`]) {
        const path = join(
          folder,
          't',
          '000000',
          `${'0'.padStart(20, '0')}-${'1'.padStart(20, '0')}-${sha256(bytes)}.parquet`,
        )
        writeFileSync(path, bytes, 'latin1')
        await expectRefused('SEGMENT_DAMAGED', { path })
        rmSync(path)
      }
    })
  })

  describe('that somebody forged under the right hash', () => {
    const forgeries = {
      'another content': `REPLACE (encode('forged') AS value)`,
      'another key': `REPLACE (NULL::BLOB AS key)`,
      'headers that are none': `REPLACE (encode('x') AS headers)`,
      'an offset twice': `REPLACE (1::BIGINT AS "offset")`,
      'offsets behind its end': `REPLACE ("offset" + 1 AS "offset")`,
      'another topic': `REPLACE ('u' AS topic)`,
      'offsets of another type': `REPLACE ("offset"::DOUBLE AS "offset")`,
      'a header name that is no text, under its own content hash': `REPLACE (
        NULL::BLOB AS key, '${NAMELESS}'::BLOB AS headers, NULL::BLOB AS value,
        unhex(sha256('${NULL_FIELD}${NAMELESS}${NULL_FIELD}'::BLOB)) AS content_hash)`,
      'a missing column': 'EXCLUDE (content_hash)',
      'one more column': 'RENAME (value AS values)',
    }
    for (const [what, change] of Object.entries(forgeries)) {
      test(what, async () => {
        const path = await sealRange(0, 3)
        const forged = join(folder, 'forged')
        const metadata = `{'format': 'tallystick-segment/1', 'kind': 'records', 'topic': 't', 'partition': '0', 'from': '0', 'to': '3'}`
        const instance = await DuckDBInstance.create()
        const connection = await instance.connect()
        await connection.run(
          `COPY (SELECT * ${change} FROM read_parquet('${path}')) TO '${forged}' (FORMAT parquet, KV_METADATA ${metadata})`,
        )
        connection.closeSync()
        instance.closeSync()
        const named = path.replace(/[0-9a-f]{64}/, sha256(readFileSync(forged, 'latin1')))
        rmSync(path)
        renameSync(forged, named)
        await expectRefused('SEGMENT_DAMAGED', { path: named })
      })
    }
  })

  test('lie below their folder whatever a topic is called', async () => {
    for (const topic of ['..', '.', '', '../t', 'a/b', 'a\0b', 'ü', 'a'.repeat(250)]) {
      await expect(source.partitions([topic])).rejects.toMatchObject({ code: 'SEGMENT_TOPIC' })
    }
  })
})

function sha256(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('hex')
}
