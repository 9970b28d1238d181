import { contentBytes } from '../../schemas/record-bytes.ts'
import type { LogRecord, OffsetGap, RecordBatch, RecordSource } from '../record-source.ts'
import { SerialQueue } from '../serial-queue.ts'
import { removeLeftDrafts } from './drafts.ts'
import { SealedLogChangedError } from './errors.ts'
import { readSegment } from './read-segment.ts'
import { fingerprint, type UnsealedRow, unsealedRow } from './row-content.ts'
import { chainOf, listSegments } from './segment-folder.ts'
import { partitionFolder, type SegmentName, segmentPath } from './segment-name.ts'
import { makePartition, SegmentWriter, type UnsealedSegment } from './write-segment.ts'

/** When a partition's records are sealed: at the first of these. */
export interface SealLimits {
  readonly recordsMax: number
  /** Of contents (keys, headers, values and their lengths). A larger record makes a segment of its own. */
  readonly bytesMax: number
  /** Milliseconds since the first record, or the first progress, that is not sealed. */
  readonly ageMs: number
}

const SEAL_LIMITS: SealLimits = { recordsMax: 100_000, bytesMax: 32 * 1024 * 1024, ageMs: 10_000 }
/** Of all partitions together: beyond it the largest is sealed early. */
const UNSEALED_BYTES_MAX = 128 * 1024 * 1024
/** How often the clock looks for what is old enough. */
const CHECKS_PER_AGE = 10

export interface SealOptions {
  readonly source: RecordSource
  /** Shared with the other sealers and with the reader; made when it is missing. */
  readonly folder: string
  readonly topics: readonly string[]
  readonly until: 'end' | 'follow'
  readonly signal?: AbortSignal
  readonly limits?: Partial<SealLimits>
  /** Seal as a gap what the log lost before it was sealed; else that is an OffsetOutOfRangeError. */
  readonly acceptGap?: boolean
  readonly onProgress?: (counts: SealCounts) => void
}

export interface SealCounts {
  readonly records: number
  readonly segments: number
}

/**
 * Reads partitions of a log and seals them as immutable segments; SegmentSource reads those. Any number of processes may do
 * this as members of one consumer group. They need no warehouse and no word with each other: the folder is all they share.
 *
 * 1. A partition that was assigned starts at the end of its chain of segments. Killed here: nothing was read.
 * 2. Records are kept in memory until a limit is reached. Killed here: they are in the log, and the next owner reads them.
 *    The group's offsets may be ahead of what is sealed by as much: they are for lag tools, nobody starts at them.
 * 3. A segment appears whole or not at all ({@link SegmentWriter.write}).
 *
 * An owner that was taken for dead and wakes seals what its successor seals, too: readers drop what is equal.
 *
 * @throws SealedLogChangedError, SegmentDamagedError, SegmentFolderError, and whatever the source throws
 */
export async function seal(options: SealOptions): Promise<SealCounts> {
  for (const { topic, partition } of await options.source.partitions(options.topics)) {
    await makePartition(options.folder, topic, partition)
  }
  const sealer = new Sealer(options, await SegmentWriter.open(options.folder))
  return sealer.run()
}

/** What of a partition is not sealed yet. */
interface Unsealed {
  readonly topic: string
  readonly partition: number
  /** The end of the chain: where the next segment begins. */
  from: bigint
  /** How far the log was read. */
  next: bigint
  rows: UnsealedRow[]
  /** Of all contents. */
  bytes: number
  /** performance.now() at the first progress behind `from`. */
  since: number
  /** The last sealed record, which the log should still hold. */
  last: LastSealed | undefined
  /** False from its assignment until the log has shown that it does. */
  confirmed: boolean
}

/** Not the record itself, which would keep all the memory that was read with it. */
interface LastSealed {
  readonly offset: bigint
  readonly fingerprint: string
  readonly segment: string
}

class Sealer {
  readonly #options: SealOptions
  readonly #limits: SealLimits
  readonly #writer: SegmentWriter
  readonly #unsealed = new Map<string, Unsealed>()
  /** Assignments, batches and the clock take turns: the writer takes one segment at a time. */
  readonly #turns = new SerialQueue()
  readonly #failed = new AbortController()
  #records = 0
  #segments = 0

  constructor(options: SealOptions, writer: SegmentWriter) {
    this.#options = options
    this.#limits = { ...SEAL_LIMITS, ...options.limits }
    this.#writer = writer
  }

  async run(): Promise<SealCounts> {
    const { source, topics, until, signal, acceptGap } = this.#options
    const ticking = setInterval(() => this.#tick(), Math.max(1, this.#limits.ageMs / CHECKS_PER_AGE))
    try {
      await source.read({
        topics,
        until,
        signal: AbortSignal.any([this.#failed.signal, ...(signal === undefined ? [] : [signal])]),
        positionOf: (topic, partition) => this.#turns.run(() => this.#assign(topic, partition)),
        lastReadOf: (topic, partition) => this.#unsealed.get(keyOf(topic, partition))?.last?.offset,
        onBatch: (batch) => this.#turns.run(() => this.#take(batch)),
        ...(acceptGap === true ? { onGap: (gap) => this.#turns.run(() => this.#sealGap(gap)) } : {}),
        batchBytesMax: this.#limits.bytesMax,
      })
      clearInterval(ticking)
      this.#failed.signal.throwIfAborted()
      // Stopped by its signal it seals nothing more: the partitions may be another's by now, who reads the rest again.
      if (until === 'end' && signal?.aborted !== true) await this.#turns.run(() => this.#sealAll())
    } finally {
      clearInterval(ticking)
      await this.#turns.run(() => this.#writer.close())
    }
    return { records: this.#records, segments: this.#segments }
  }

  /** Where a partition begins that this process has got, or has got again. */
  async #assign(topic: string, partition: number): Promise<bigint> {
    const { folder } = this.#options
    const key = keyOf(topic, partition)
    const known = this.#unsealed.get(key)
    // What was read before a rebalance is as good as what would be read again.
    if (known !== undefined) await this.#seal(known)
    await makePartition(folder, topic, partition)
    await removeLeftDrafts(partitionFolder(folder, topic, partition))
    const segments = await listSegments(folder, topic, partition)
    const { end } = chainOf(segments)
    const knownLast = known?.from === end ? known.last : undefined
    const last = knownLast ?? (await findLastSealed(folder, segments, end))
    this.#unsealed.set(key, {
      topic,
      partition,
      from: end,
      next: end,
      rows: [],
      bytes: 0,
      since: 0,
      last,
      confirmed: last === undefined,
    })
    return end
  }

  async #take(batch: RecordBatch): Promise<void> {
    const unsealed = this.#unsealed.get(keyOf(batch.topic, batch.partition))
    if (unsealed === undefined) throw new RangeError(`${batch.topic}/${batch.partition} was never assigned.`)
    if (!unsealed.confirmed) await this.#confirm(unsealed, batch)
    for (const record of batch.records) {
      if (record.offset >= unsealed.next) await this.#add(unsealed, record)
    }
    moveTo(unsealed, batch.nextOffset)
    await this.#sealLargest()
  }

  /**
   * The log hands out the last sealed record once more. Another one there, or none although the log has offsets that low: it
   * is another log under the same name.
   */
  async #confirm(unsealed: Unsealed, batch: RecordBatch): Promise<void> {
    const { topic, partition, last } = unsealed
    const again = batch.records.find(({ offset }) => offset === last?.offset)
    if (last === undefined || (again === undefined && batch.nextOffset <= last.offset)) return
    if (again === undefined) {
      const bounds = await this.#options.source.partitions([topic])
      const start = bounds.find((bound) => bound.partition === partition)?.startOffset
      if (start !== undefined && start > last.offset) unsealed.confirmed = true
    } else unsealed.confirmed = fingerprint(again.appendTimeMs, contentBytes(again)) === last.fingerprint
    if (!unsealed.confirmed)
      throw new SealedLogChangedError({ topic, partition, offset: last.offset, segment: last.segment })
  }

  async #add(unsealed: Unsealed, record: LogRecord): Promise<void> {
    const row = unsealedRow(record)
    const { recordsMax, bytesMax } = this.#limits
    const count = unsealed.rows.length
    if (count > 0 && (count >= recordsMax || unsealed.bytes + row.content.length > bytesMax)) {
      // What is hidden between two segments belongs to the earlier one.
      moveTo(unsealed, row.offset)
      await this.#seal(unsealed)
    }
    moveTo(unsealed, row.offset + 1n)
    unsealed.rows.push(row)
    unsealed.bytes += row.content.length
  }

  async #sealLargest(): Promise<void> {
    const all = [...this.#unsealed.values()].sort((a, b) => b.bytes - a.bytes)
    let bytes = all.reduce((sum, unsealed) => sum + unsealed.bytes, 0)
    for (const unsealed of all) {
      if (bytes <= UNSEALED_BYTES_MAX) return
      bytes -= unsealed.bytes
      await this.#seal(unsealed)
    }
  }

  #tick(): void {
    const due = [...this.#unsealed.values()].filter(
      ({ from, next, since }) => next > from && performance.now() - since >= this.#limits.ageMs,
    )
    for (const unsealed of due) {
      this.#turns.run(() => this.#seal(unsealed)).catch((error) => this.#failed.abort(error))
    }
  }

  async #sealAll(): Promise<void> {
    for (const unsealed of this.#unsealed.values()) await this.#seal(unsealed)
  }

  /** Seals what nobody sealed yet: another owner may have come between. */
  async #seal(unsealed: Unsealed): Promise<void> {
    const { topic, partition } = unsealed
    const { folder } = this.#options
    const { end } = chainOf(await listSegments(folder, topic, partition))
    if (end > unsealed.from) {
      drop(unsealed, end)
      unsealed.last = undefined
    }
    const { from, next, rows } = unsealed
    if (next <= from) return
    await this.#write(unsealed, { kind: 'records', topic, partition, from, to: next, rows })
  }

  /** The log lost what was not sealed, and the caller accepted that. */
  async #sealGap({ topic, partition, from, to }: OffsetGap): Promise<void> {
    const unsealed = this.#unsealed.get(keyOf(topic, partition))
    if (unsealed === undefined) throw new RangeError(`${topic}/${partition} was never assigned.`)
    await this.#seal(unsealed)
    if (unsealed.from !== from) throw new RangeError(`A gap at ${from} of ${topic}/${partition}, at ${unsealed.from}.`)
    await this.#write(unsealed, { kind: 'gap', topic, partition, from, to, rows: [] })
  }

  async #write(unsealed: Unsealed, segment: UnsealedSegment): Promise<void> {
    const path = segmentPath(this.#options.folder, await this.#writer.write(segment))
    const last = segment.rows.at(-1)
    if (last !== undefined)
      unsealed.last = { offset: last.offset, fingerprint: fingerprint(last.appendTimeMs, last.content), segment: path }
    drop(unsealed, segment.to)
    this.#records += segment.rows.length
    this.#segments++
    this.#options.onProgress?.({ records: this.#records, segments: this.#segments })
  }
}

/** The last record of a chain; segments at its end may hold none. */
async function findLastSealed(
  folder: string,
  segments: readonly SegmentName[],
  end: bigint,
): Promise<LastSealed | undefined> {
  for (const segment of segments.filter(({ to }) => to <= end).reverse()) {
    let last: LogRecord | undefined
    const opened = await readSegment(folder, segment)
    if (opened === undefined) continue
    for await (const records of opened.groups()) last = records.at(-1) ?? last
    if (last === undefined) continue
    const { offset, appendTimeMs } = last
    const path = segmentPath(folder, segment)
    return { offset, fingerprint: fingerprint(appendTimeMs, contentBytes(last)), segment: path }
  }
  return undefined
}

function moveTo(unsealed: Unsealed, next: bigint): void {
  if (next <= unsealed.next) return
  if (unsealed.next === unsealed.from) unsealed.since = performance.now()
  unsealed.next = next
}

/** Forgets what is sealed below an offset. */
function drop(unsealed: Unsealed, sealedEnd: bigint): void {
  unsealed.from = sealedEnd
  if (unsealed.next < sealedEnd) unsealed.next = sealedEnd
  unsealed.rows = unsealed.rows.filter(({ offset }) => offset >= sealedEnd)
  unsealed.bytes = unsealed.rows.reduce((sum, { content }) => sum + content.length, 0)
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
