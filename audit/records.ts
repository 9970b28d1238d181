import { TextEncodingError } from '../anchor/bytes.ts'
import { contentHash } from '../anchor/log/content-hash.ts'
import type { Manifest } from '../anchor/manifest.ts'
import type { RecordHeader } from '../schemas/cloud-events.ts'
import type { RawRecord } from '../schemas/decode-record.ts'
import { OUTCOMES } from '../schemas/rejection.ts'
import { INPUT_TOPICS } from '../schemas/topics.ts'
import { type RecordRow, TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { compareNumbers, compareText, firstOf } from './order.ts'

const NULL_LENGTH = 0xffff_ffff
const GAP_BYTES = 16

type Cut = Manifest['cut']
type PartitionCut = Cut['partitions'][number]

/** A record of the epoch with what its position and its bytes say. */
export interface AuditRecord extends RawRecord {
  /** Row of records.parquet. */
  readonly row: number
  readonly partition: number
  readonly offset: bigint
  readonly incarnation: number
  readonly effectiveMs: bigint
  readonly contentHash: Uint8Array
  /** The offset behind it: of a gap the end of what was lost. */
  readonly end: bigint
  /** As published. */
  readonly outcome: number
  readonly reason: number
}

/** How far each partition got: what the next epoch has to go on from. */
interface PartitionEnd {
  readonly incarnation: number
  readonly to: bigint
  readonly effectiveMs: bigint
}

export type PartitionEnds = ReadonlyMap<string, PartitionEnd>

function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

/**
 * The cut of an epoch against the one before: partitions ascending and known ones still there, each going on where it ended.
 *
 * @param ends undefined when the epochs before were not given
 * @throws DifferenceFound
 */
export function checkCut(cut: Cut, ends: PartitionEnds | undefined, previousTimeMs: bigint): void {
  const where = (index: number, key: string) => `manifest.json cut.partitions[${index}].${key}`
  if (BigInt(cut.timeMs) < previousTimeMs)
    differ('cut', 'manifest.json cut.timeMs', `at least ${previousTimeMs}`, cut.timeMs)
  for (const [index, part] of cut.partitions.entries()) {
    const before = cut.partitions[index - 1]
    if (!INPUT_TOPICS.some((topic) => topic === part.topic)) {
      differ('cut', where(index, 'topic'), INPUT_TOPICS.join(', '), part.topic)
    }
    if (before !== undefined && comparePartitions(before, part) >= 0) {
      differ(
        'cut',
        `manifest.json cut.partitions[${index}]`,
        'ascending by (topic, partition)',
        partitionKey(part.topic, part.partition),
      )
    }
    if (BigInt(part.to) < BigInt(part.from)) differ('cut', where(index, 'to'), `at least ${part.from}`, part.to)
    if (ends === undefined) continue
    const end = ends.get(partitionKey(part.topic, part.partition))
    if (end !== undefined && part.incarnation < end.incarnation) {
      differ('cut', where(index, 'incarnation'), `at least ${end.incarnation}`, part.incarnation)
    }
    const from = end !== undefined && end.incarnation === part.incarnation ? end.to : 0n
    assertSame('cut', where(index, 'from'), from.toString(), part.from)
  }
  for (const key of ends?.keys() ?? []) {
    const isThere = cut.partitions.some((part) => partitionKey(part.topic, part.partition) === key)
    if (!isThere)
      differ('cut', 'manifest.json cut.partitions', `an entry for ${key}, which earlier epochs have`, undefined)
  }
}

function comparePartitions(a: { topic: string; partition: number }, b: { topic: string; partition: number }): number {
  return firstOf(compareText(a.topic, b.topic), a.partition - b.partition)
}

/** Where the cut of an epoch ends; without one, as before epoch 1, nowhere. Effective times are not in it. */
export function endsOfCut(previous: Manifest | undefined): PartitionEnds {
  return new Map(
    (previous?.cut.partitions ?? []).map(({ topic, partition, incarnation, to }) => [
      partitionKey(topic, partition),
      { incarnation, to: BigInt(to), effectiveMs: 0n },
    ]),
  )
}

/**
 * Reads records.parquet as {@link readRecordsOfCut} does, with effective times that never fall.
 *
 * @param ends of the records of all epochs before
 * @throws DifferenceFound
 */
export function readRecords(
  rows: readonly RecordRow[],
  manifest: Manifest,
  ends: PartitionEnds,
): { records: AuditRecord[]; ends: PartitionEnds } {
  const records = readRecordsOfCut(rows, manifest)
  return { records, ends: nextEnds(records, manifest, ends) }
}

/**
 * Reads records.parquet: in leaf order, exactly the offsets of the cut but for the manifest's holes, its gaps as the manifest
 * has them, effective times below the cut's time. It needs no epoch before.
 *
 * @throws DifferenceFound
 */
export function readRecordsOfCut(rows: readonly RecordRow[], manifest: Manifest): AuditRecord[] {
  const cuts = new Map(manifest.cut.partitions.map((part) => [partitionKey(part.topic, part.partition), part]))
  const records = rows.map((row, index) => readRecord(row, index))
  for (const [index, record] of records.entries()) {
    const before = records[index - 1]
    if (before !== undefined && compareLeafOrder(before, record) >= 0) {
      differ('records', at(record), 'ascending by (topic, partition, offset)', `${keyOf(record)}/${record.offset}`)
    }
    checkAgainstCut(record, cuts.get(keyOf(record)), manifest.cut)
  }
  checkHoles(records, manifest)
  return records
}

function compareLeafOrder(a: AuditRecord, b: AuditRecord): number {
  return firstOf(compareText(a.topic, b.topic), a.partition - b.partition, compareNumbers(a.offset, b.offset))
}

function keyOf(record: AuditRecord): string {
  return partitionKey(record.topic, record.partition)
}

function at(record: { row: number }, column?: string): string {
  return `${TABLES.records} row ${record.row}${column === undefined ? '' : ` ${column}`}`
}

/** A row of records.parquet, decoded and hashed. @throws DifferenceFound */
function readRecord(row: RecordRow, index: number): AuditRecord {
  if (row.partition_id < 0 || row.record_offset < 0n || row.incarnation < 0 || row.effective_ms < 0n) {
    differ('records', at({ row: index }), 'no negative number', 'one')
  }
  const headers = decodeHeaders(row.headers, index)
  const isGap = row.outcome === OUTCOMES.gap
  return {
    end: isGap ? gapEnd(row, headers, index) : row.record_offset + 1n,
    row: index,
    topic: row.topic,
    partition: row.partition_id,
    offset: row.record_offset,
    incarnation: row.incarnation,
    effectiveMs: row.effective_ms,
    outcome: row.outcome,
    reason: row.reason,
    key: row.record_key,
    headers,
    value: row.record_value,
    contentHash: hashContent(row, headers, index),
  }
}

/** A gap says where it begins and ends, and nothing else: so no record can be passed off as one. */
function gapEnd(row: RecordRow, headers: readonly RecordHeader[], index: number): bigint {
  const fail = (found: string): never => differ('records', at({ row: index }), 'a gap: u64 from ‖ u64 to alone', found)
  const value = row.record_value
  if (row.record_key !== null || headers.length > 0 || value?.length !== GAP_BYTES) return fail('other bytes')
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const [from, to] = [view.getBigUint64(0), view.getBigUint64(8)]
  if (row.reason !== 0) fail(`reason ${row.reason}`)
  return from === row.record_offset && to > from ? to : fail(`from ${from} to ${to}`)
}

function hashContent(row: RecordRow, headers: RecordHeader[], index: number): Uint8Array {
  try {
    return contentHash({ key: row.record_key, headers, value: row.record_value })
  } catch (cause) {
    if (!(cause instanceof TextEncodingError)) throw cause
    return differ('records', at({ row: index }, 'headers'), 'names in UTF-8', cause.message)
  }
}

/** `u32 count ‖ (field(name) ‖ field(value))…` and nothing after it. */
function decodeHeaders(blob: Uint8Array, row: number): RecordHeader[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const fail = (found: string): never => differ('records', at({ row }, 'headers'), 'u32 count ‖ fields', found)
  let position = 0
  const u32 = (): number => {
    if (position + 4 > blob.length) fail('bytes that end inside a number')
    position += 4
    return view.getUint32(position - 4)
  }
  const field = (): Uint8Array | null => {
    const length = u32()
    if (length === NULL_LENGTH) return null
    if (position + length > blob.length) fail('bytes that end inside a field')
    position += length
    return blob.subarray(position - length, position)
  }
  const headers: RecordHeader[] = []
  for (let left = u32(); left > 0; left--) {
    const name = field() ?? fail('a name that is null')
    headers.push([decodeName(name, fail), field()])
  }
  if (position !== blob.length) fail(`${blob.length - position} bytes left over`)
  return headers
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeName(name: Uint8Array, fail: (found: string) => never): string {
  try {
    return utf8.decode(name)
  } catch {
    return fail('a name that is no UTF-8') // the leaf could not be hashed from it
  }
}

function checkAgainstCut(record: AuditRecord, part: PartitionCut | undefined, cut: Cut): void {
  if (part === undefined) {
    differ('records', at(record), 'a partition of the cut', keyOf(record))
  } else if (record.offset < BigInt(part.from) || record.offset >= BigInt(part.to)) {
    differ('records', at(record, 'record_offset'), `from ${part.from}, below ${part.to} (the cut)`, record.offset)
  }
  assertSame('records', at(record, 'incarnation'), part?.incarnation, record.incarnation)
  if (record.effectiveMs >= BigInt(cut.timeMs)) {
    differ('records', at(record, 'effective_ms'), `below ${cut.timeMs} (the time of the cut)`, record.effectiveMs)
  }
}

/** What the records leave out of the cut must be exactly the holes of the manifest, so that no record is left out unseen. */
function checkHoles(records: readonly AuditRecord[], manifest: Manifest): void {
  const holes: { topic: string; partition: number; from: string; to: string }[] = []
  let index = 0
  for (const { topic, partition, from, to } of manifest.cut.partitions) {
    let next = BigInt(from)
    const hole = (end: bigint) => {
      if (end > next) holes.push({ topic, partition, from: next.toString(), to: end.toString() })
    }
    for (; index < records.length && keyOf(records[index]!) === partitionKey(topic, partition); index++) {
      const record = records[index]!
      if (record.offset < next)
        differ('records', at(record), `offset ${next} or more: a gap lies before`, record.offset)
      hole(record.offset)
      next = record.end
    }
    if (next > BigInt(to)) differ('records', `${partitionKey(topic, partition)}`, `a gap that ends in the cut`, next)
    hole(BigInt(to))
  }
  compareRanges('holes', holes, manifest.holes)
  const gaps = records.filter(({ outcome }) => outcome === OUTCOMES.gap)
  compareRanges(
    'gaps',
    gaps.map(({ topic, partition, offset, end }) => ({ topic, partition, from: String(offset), to: String(end) })),
    manifest.gaps,
  )
}

type Range = Manifest['holes'][number]

function compareRanges(key: 'holes' | 'gaps', computed: readonly Range[], published: readonly Range[]): void {
  const text = (range: Range | undefined) =>
    range === undefined ? undefined : `${partitionKey(range.topic, range.partition)} from ${range.from} to ${range.to}`
  for (let i = 0; i < Math.max(computed.length, published.length); i++) {
    const [expected, found] = [text(computed[i]), text(published[i])]
    if (expected === found) continue
    const what = expected === undefined ? 'nothing: records are there' : `${expected}: no record is there`
    differ('records', `manifest.json ${key}[${i}]`, what, found)
  }
}

function nextEnds(records: readonly AuditRecord[], manifest: Manifest, ends: PartitionEnds): PartitionEnds {
  const next = new Map<string, PartitionEnd>()
  for (const { topic, partition, incarnation, to } of manifest.cut.partitions) {
    const key = partitionKey(topic, partition)
    const before = ends.get(key)
    const effectiveMs = before?.incarnation === incarnation ? before.effectiveMs : 0n
    next.set(key, { incarnation, to: BigInt(to), effectiveMs })
  }
  for (const record of records) {
    const end = next.get(keyOf(record))!
    if (record.effectiveMs < end.effectiveMs) {
      differ(
        'records',
        at(record, 'effective_ms'),
        `at least ${end.effectiveMs}: the running maximum`,
        record.effectiveMs,
      )
    }
    if (record.outcome === OUTCOMES.gap)
      assertSame('records', at(record, 'effective_ms'), end.effectiveMs, record.effectiveMs)
    next.set(keyOf(record), { ...end, effectiveMs: record.effectiveMs })
  }
  return next
}
