import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { LogRecord, NewRecord, OffsetGap, RecordSource } from '../../pipelines/record-source.ts'
import { type SealOptions, seal } from '../../pipelines/segments/sealer.ts'
import { SegmentSource } from '../../pipelines/segments/segment-source.ts'
import { filesOf, recordAt, recordsOf, sealSegment } from '../support/segments.ts'

const MIB = 1024 * 1024

describe('a sealer', () => {
  let log: MemoryLog
  let folder: string
  let other: string
  beforeEach(() => {
    log = new MemoryLog()
    log.createTopic('t', 1)
    folder = mkdtempSync(join(tmpdir(), 'tally-sealer-'))
    other = mkdtempSync(join(tmpdir(), 'tally-sealer-'))
  })
  afterEach(async () => {
    await log.close()
    for (const path of [folder, other]) rmSync(path, { recursive: true })
  })

  const sealUp = (options: Partial<SealOptions> = {}) =>
    seal({ source: log, folder, topics: ['t'], until: 'end', ...options })
  const append = (values: readonly (string | Buffer)[]) => log.append(values.map((value) => recordOf(value)))
  const rangesOf = () => filesOf(folder, 't', 0).map((path) => basename(path).split('-').slice(0, 2).map(Number))

  async function readBack(onGap?: (gap: OffsetGap) => Promise<void>): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    await new SegmentSource({ folder }).read({
      topics: ['t'],
      positionOf: () => 0n,
      onBatch: async (batch) => void records.push(...batch.records),
      until: 'end',
      ...(onGap && { onGap }),
    })
    return records
  }
  const valuesOf = (records: readonly LogRecord[]) => records.map(({ value }) => String(value))

  test('goes on where the segments end, and seals nothing twice', async () => {
    await append(['a', 'b'])
    expect(await sealUp()).toEqual({ records: 2, segments: 1 })
    expect(await sealUp()).toEqual({ records: 0, segments: 0 })
    await append(['c'])
    expect(await sealUp()).toEqual({ records: 1, segments: 1 })
    expect(rangesOf()).toEqual([
      [0, 2],
      [2, 3],
    ])
    expect(valuesOf(await readBack())).toEqual(['a', 'b', 'c'])
  })

  test('fills a gap that somebody made', async () => {
    await append(['a', 'b', 'c', 'd'])
    await sealUp({ limits: { recordsMax: 1 } })
    rmSync(filesOf(folder, 't', 0)[1]!)
    expect(valuesOf(await readBack())).toEqual(['a'])
    await sealUp()
    expect(valuesOf(await readBack())).toEqual(['a', 'b', 'c', 'd'])
  })

  test('seals at a number of records and of bytes, a larger record alone; what is hidden belongs to the earlier one', async () => {
    await append(['a', 'b', 'c'])
    log.hide('t', 0, 2)
    await append(['d'])
    log.hide('t', 0, 1)
    await sealUp({ limits: { recordsMax: 3 } })
    expect(rangesOf()).toEqual([
      [0, 5],
      [5, 7],
    ])
    await append([Buffer.alloc(40), Buffer.alloc(50), Buffer.alloc(51), Buffer.alloc(300), Buffer.alloc(1)])
    await sealUp({ limits: { bytesMax: 114 } })
    expect(rangesOf().slice(2)).toEqual([
      [7, 9],
      [9, 10],
      [10, 11],
      [11, 12],
    ])
    expect(await readBack()).toHaveLength(9)
  })

  test('keeps records of 1 MiB apart: no segment is larger than the reader can hold', async () => {
    await append(Array.from({ length: 40 }, (_, index) => Buffer.alloc(MIB, index)))
    await sealUp()
    expect(rangesOf().map(([from, to]) => to! - from!)).toEqual([31, 9])
    expect((await readBack()).map(({ value }) => value![MIB - 1])).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  test('following, it seals after a time, also what holds no record, until it is stopped', async () => {
    const stop = new AbortController()
    const source = new SegmentSource({ folder, upstream: log })
    const following = sealUp({ until: 'follow', signal: stop.signal, limits: { ageMs: 20 } })
    await append(['a'])
    await until(async () => (await source.partitions(['t']))[0]!.endOffset === 1n)
    log.hide('t', 0, 3)
    await until(async () => (await source.partitions(['t']))[0]!.endOffset === 4n)
    stop.abort()
    expect(await following).toEqual({ records: 1, segments: 2 })
  })

  test('that cannot write ends with the error', async () => {
    const following = sealUp({ until: 'follow', limits: { ageMs: 20 } })
    await append(['a'])
    await until(async () => existsSync(join(folder, 't', '000000')) && rangesOf().length === 1)
    rmSync(join(folder, 't'), { recursive: true })
    await append(['b'])
    await expect(following).rejects.toThrow(join('t', '000000'))
  })

  test('that was taken for dead seals only what its successor did not', async () => {
    await append(['a', 'b'])
    const stop = new AbortController()
    let wake: () => void = () => undefined
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    const zombie = sealUp({ source: pausing(log, asleep), until: 'follow', signal: stop.signal, limits: { ageMs: 50 } })
    await append(['c'])
    await sealUp()
    wake()
    await append(['d'])
    await until(async () => (await readBack()).length === 4)
    stop.abort()
    await zombie
    expect(rangesOf()).toEqual([
      [0, 3],
      [3, 4],
    ])
    expect(valuesOf(await readBack())).toEqual(['a', 'b', 'c', 'd'])
  })

  test('stops when the log is another one than it was', async () => {
    // Segments are a source that hands out the last record once more.
    const resealed = (records: readonly LogRecord[], to = records.length) =>
      sealSegment(other, { topic: 't', partition: 0, from: 0n, to: BigInt(to), records })
    const path = await resealed(recordsOf(0, 4))
    const source = new SegmentSource({ folder: other })
    await sealUp({ source })
    rmSync(path)
    const changed = { ...recordAt(3), value: Buffer.from('other') }
    for (const records of [[changed, ...recordsOf(4, 8)], recordsOf(4, 8)]) {
      const made = await resealed([...recordsOf(0, 3), ...records], 8)
      await expect(sealUp({ source })).rejects.toMatchObject({ code: 'SEALED_LOG_CHANGED', facts: { offset: 3n } })
      rmSync(made)
    }
    await resealed(recordsOf(0, 8))
    await sealUp({ source })
    expect(rangesOf()).toEqual([
      [0, 4],
      [4, 8],
    ])
  })

  test('seals what the log lost as a gap only when told to, and readers have to accept it, too', async () => {
    await append(['a', 'b', 'c', 'd'])
    await sealUp({ limits: { recordsMax: 1 } })
    for (const path of filesOf(folder, 't', 0).slice(1)) rmSync(path)
    log.truncate('t', 0, 3n)
    await expect(sealUp()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    await sealUp({ acceptGap: true })
    await expect(readBack()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', facts: { position: 1n } })
    const gaps: OffsetGap[] = []
    expect(valuesOf(await readBack(async (gap) => void gaps.push(gap)))).toEqual(['a', 'd'])
    expect(gaps).toEqual([{ topic: 't', partition: 0, from: 1n, to: 3n }])
    await sealSegment(folder, { topic: 't', partition: 0, from: 1n, to: 2n, records: [{ ...recordAt(1) }] })
    await expect(readBack(async () => undefined)).rejects.toMatchObject({ code: 'SEGMENT_CONFLICT' })
  })

  test('removes drafts of dead processes when they are old enough, and no others', async () => {
    await append(['a'])
    await sealUp()
    const place = join(folder, 't', '000000')
    const host = hostname().replaceAll(/[^a-zA-Z0-9._]/g, '_')
    const draft = (owner: string, pid: number, age_s: number) => {
      const path = join(place, `.seal-${owner}-${pid}-${crypto.randomUUID()}`)
      writeFileSync(path, '')
      utimesSync(path, new Date(), new Date(Date.now() - age_s * 1_000))
      return path
    }
    const DEAD = 2 ** 22 + 1
    const left = [draft(host, DEAD, 5), draft(host, process.pid, 3_600), draft('elsewhere', DEAD, 3_600)]
    draft(host, DEAD, 3_600)
    draft('elsewhere', DEAD, 2 * 86_400)
    draft(host, process.pid, 2 * 86_400)
    await sealUp()
    expect(filesOf(folder, 't', 0).filter((path) => basename(path).startsWith('.'))).toEqual(left.sort())
  })
})

function recordOf(value: string | Buffer): NewRecord {
  return { topic: 't', partition: 0, key: null, headers: [], value: Buffer.from(value) }
}

/** A log whose first batch arrives late. */
function pausing(log: RecordSource, asleep: Promise<void>): RecordSource {
  return {
    partitions: (topics) => log.partitions(topics),
    close: () => log.close(),
    read: (options) =>
      log.read({
        ...options,
        onBatch: async (batch) => {
          await options.onBatch(batch)
          await asleep
        },
      }),
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true within 30 s.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
