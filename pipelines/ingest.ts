import { createHash } from 'node:crypto'
import { contentBytes } from '../schemas/record-bytes.ts'
import { recordBytes } from './batch-limits.ts'
import { TopicRecreatedError } from './ingest/errors.ts'
import { type LastRecord, loadPositions, type Place, type Position, placeOf, UNREAD } from './ingest/positions.ts'
import { recordColumns } from './ingest/record-columns.ts'
import { type CommitFacts, type Step, Transactions } from './ingest/transactions.ts'
import type { LogRecord, OffsetGap, RecordBatch, RecordSource } from './record-source.ts'
import { RecordErasedError } from './record-source-errors.ts'
import { SerialQueue } from './serial-queue.ts'
import type { Database } from './warehouse/database.ts'
import { OffsetMismatchError } from './warehouse/errors.ts'

/**
 * Bytes of records that may be decoded and not yet committed, all partitions together; further batches wait undecoded. A
 * batch takes about three times its bytes here: as it was read, in its columns, and in DuckDB's.
 */
const PENDING_BYTES_MAX = 32 * 1024 * 1024

export interface IngestOptions {
  readonly source: RecordSource
  readonly warehouse: Database
  readonly topics: readonly string[]
  readonly until: 'end' | 'follow'
  readonly signal?: AbortSignal
  /**
   * Go on behind offsets that the log lost before they were read, with a gap in the ledger in their place. Without it they
   * are an OffsetOutOfRangeError.
   */
  readonly acceptGap?: boolean
  /**
   * Records wait for schemas that are not built in: called for each batch that has such, before it is stored. While it has not
   * resolved, the batch is not committed; when it rejects, ingest ends with that and the batch comes again.
   */
  readonly onUnknownSchemas?: (schemaIds: ReadonlySet<number>) => Promise<void>
  readonly onProgress?: (counts: IngestCounts) => void
  /** After each transaction, what it made visible. */
  readonly onCommit?: (facts: CommitFacts) => void
}

export interface IngestCounts {
  /** Records read and stored by this call, rejected ones included. */
  readonly records: number
  readonly rejected: number
}

/**
 * Reads the log into the warehouse. It decides only what a record's own bytes decide (docs/formats.md#decisions); what
 * depends on other records is decided at close.
 *
 * 1. Each partition starts at the warehouse's own next offset. Killed here: nothing was read.
 * 2. A batch is decoded and hashed in memory while the one before is being committed. Killed here: the log hands it out again.
 * 3. Rows and the new offsets become visible in one transaction; an offset moves only from where this process left it, and
 *    records below it are dropped. Killed before COMMIT: nothing happened, the log hands the batch out again. Killed after:
 *    the next start begins behind it. A batch is acknowledged to the log only then.
 *
 * Memory: PENDING_BYTES_MAX about three times over, what the source holds, and DuckDB's own limit. Measured with DuckDB at
 * 384 MB: 600 MiB for events of 200 bytes, 880 MiB for records of 1 MiB by the thousand.
 *
 * @throws OffsetMismatchError when someone else moved the offsets
 * @throws RecordErasedError when a record that is not stored yet was erased from the log
 * @throws TopicRecreatedError when a partition is not the one that was read before
 * @throws CommitDoubtfulError; and whatever the source throws. After any of them nothing more was written.
 */
export async function ingest(options: IngestOptions): Promise<IngestCounts> {
  const { warehouse, source, topics, until, signal } = options
  const run = new Ingest(options, await loadPositions(warehouse))
  try {
    await source.read({
      topics,
      until,
      ...(signal === undefined ? {} : { signal }),
      positionOf: (topic, partition) => run.assign({ topic, partition }),
      lastReadOf: (topic, partition) => run.lastReadOf({ topic, partition }),
      ...(options.acceptGap ? { onGap: (gap: OffsetGap) => run.skip(gap) } : {}),
      onBatch: (batch) => run.store(batch),
    })
  } finally {
    await run.idle()
  }
  return run.counts
}

/** A partition as this process knows it. */
interface Partition extends Place {
  position: Position | undefined
  /** False from its assignment until the log has shown that it still holds the last record that was read. */
  confirmed: boolean
  /** Steps of one partition never overlap: each begins where the one before was committed. */
  readonly queue: SerialQueue
}

class Ingest {
  readonly #options: IngestOptions
  readonly #partitions = new Map<string, Partition>()
  readonly #stored: ReadonlyMap<string, Position>
  readonly #transactions: Transactions
  readonly #room = new Room(PENDING_BYTES_MAX)
  #counts: IngestCounts = { records: 0, rejected: 0 }

  constructor(options: IngestOptions, stored: ReadonlyMap<string, Position>) {
    this.#options = options
    this.#stored = stored
    this.#transactions = new Transactions(options.warehouse, (facts) => this.#committed(facts))
  }

  get counts(): IngestCounts {
    return this.#counts
  }

  idle(): Promise<void> {
    return this.#transactions.idle()
  }

  /** Where the partition goes on; after what is still being written of it. */
  assign(place: Place): Promise<bigint> {
    const partition = this.#partitionOf(place)
    return partition.queue.run(() => {
      partition.confirmed = partition.position?.last === undefined
      return partition.position?.nextOffset ?? 0n
    })
  }

  lastReadOf(place: Place): bigint | undefined {
    return this.#partitionOf(place).position?.last?.offset
  }

  store(batch: RecordBatch): Promise<void> {
    const partition = this.#partitionOf(batch)
    return partition.queue.run(() => this.#store(partition, batch))
  }

  /** Moves the position over offsets that the log lost; the row that says so becomes visible with it. */
  skip(gap: OffsetGap): Promise<void> {
    const partition = this.#partitionOf(gap)
    return partition.queue.run(async () => {
      const { position } = partition
      const expected = position?.nextOffset ?? 0n
      if (gap.from !== expected || gap.to <= gap.from)
        throw new OffsetMismatchError({ ...gap, expected, found: gap.from })
      const after = { ...(position ?? UNREAD), nextOffset: gap.to }
      await this.#commit(partition, { place: gap, before: position, after, gap, decode_ms: 0, bytes: 0 })
    })
  }

  async #store(partition: Partition, batch: RecordBatch): Promise<void> {
    if (!partition.confirmed) await this.#confirm(partition, batch)
    const { position } = partition
    const from = position?.nextOffset ?? 0n
    const records = batch.records.filter((record) => record.offset >= from)
    const movesNothing = batch.nextOffset <= from && position !== undefined
    if (batch.nextOffset < from || (records.length === 0 && movesNothing)) return
    const erased = records.find(({ erasedContent }) => erasedContent !== undefined)
    if (erased !== undefined) throw new RecordErasedError(placeIn(erased))
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
    await this.#room.enter(bytes)
    try {
      const step = stepOf(partition, records, batch.nextOffset, bytes)
      const unknown = step.columns?.unknownSchemas
      if (unknown !== undefined && unknown.size > 0) await this.#options.onUnknownSchemas?.(unknown)
      await this.#commit(partition, step)
    } finally {
      this.#room.leave(bytes)
    }
  }

  /**
   * The log hands out the last record that was read once more. Another one there, or none although the log has offsets that
   * low: it is another log under the same name.
   */
  async #confirm(partition: Partition, batch: RecordBatch): Promise<void> {
    const last = partition.position!.last!
    const again = batch.records.find((record) => record.offset === last.offset)
    if (again !== undefined) assertSame(partition, last, again)
    else if (batch.nextOffset <= last.offset) return
    else {
      const bounds = await this.#options.source.partitions([partition.topic])
      const start = bounds.find((bound) => bound.partition === partition.partition)?.startOffset
      if (start === undefined || start <= last.offset) throw recreated(partition, last, 'nothing')
    }
    partition.confirmed = true
  }

  async #commit(partition: Partition, step: Step): Promise<void> {
    await this.#transactions.commit(step)
    partition.position = step.after
  }

  #committed(facts: CommitFacts): void {
    const rejected = Object.values(facts.rejected).reduce((sum, count) => sum + count, 0)
    const { counts } = this
    this.#counts = { records: counts.records + facts.records, rejected: counts.rejected + rejected }
    this.#options.onCommit?.(facts)
    this.#options.onProgress?.(this.#counts)
  }

  #partitionOf({ topic, partition }: Place): Partition {
    const key = placeOf({ topic, partition })
    let known = this.#partitions.get(key)
    if (known === undefined) {
      const position = this.#stored.get(key)
      known = { topic, partition, position, confirmed: position?.last === undefined, queue: new SerialQueue() }
      this.#partitions.set(key, known)
    }
    return known
  }
}

function stepOf(partition: Partition, records: readonly LogRecord[], nextOffset: bigint, bytes: number): Step {
  const started = performance.now()
  const before = partition.position
  const { incarnation, effectiveMs, last } = before ?? UNREAD
  const columns = recordColumns(partition, records, bytes, { incarnation, effectiveMs })
  return {
    place: partition,
    before,
    after: { incarnation, nextOffset, effectiveMs: columns.effectiveMs, last: columns.last ?? last },
    columns,
    decode_ms: performance.now() - started,
    bytes,
  }
}

function assertSame(place: Place, last: LastRecord, again: LogRecord): void {
  const found = Buffer.from(again.erasedContent ?? createHash('sha256').update(contentBytes(again)).digest())
  if (!found.equals(last.contentHash)) throw recreated(place, last, `content ${found.toString('hex')}`)
  if (again.appendTimeMs !== last.appendTimeMs)
    throw recreated(place, last, `the same content, appended at ${again.appendTimeMs}`)
}

function placeIn({ topic, partition, offset }: LogRecord) {
  return { topic, partition, offset }
}

function recreated({ topic, partition }: Place, last: LastRecord, found: string): TopicRecreatedError {
  const stored = `content ${Buffer.from(last.contentHash).toString('hex')}, appended at ${last.appendTimeMs}`
  return new TopicRecreatedError({ topic, partition, offset: last.offset, stored, found })
}

/** Admits work up to a limit, in the order it came; what is larger than the limit goes in alone. */
class Room {
  readonly #limit: number
  readonly #waiting: { readonly size: number; readonly enter: () => void }[] = []
  #taken = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  async enter(size: number): Promise<void> {
    if (this.#waiting.length > 0 || !this.#fits(size))
      await new Promise<void>((resolve) => this.#waiting.push({ size, enter: resolve }))
    else this.#taken += size
  }

  leave(size: number): void {
    this.#taken -= size
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.size); next = this.#waiting[0]) {
      this.#taken += next.size
      this.#waiting.shift()
      next.enter()
    }
  }

  #fits(size: number): boolean {
    return this.#taken === 0 || this.#taken + size <= this.#limit
  }
}
