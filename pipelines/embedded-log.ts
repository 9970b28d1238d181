import { BIGINT, BLOB, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { decodeHeaders, encodeHeaders } from '../schemas/record-bytes.ts'
import { batchLimits } from './batch-limits.ts'
import { appendErased, ERASURE_TABLES, eraseMessages, hasValues } from './embedded-log-erasure.ts'
import { partitionOf } from './partitioner.ts'
import type {
  ErasedMessage,
  LogRecord,
  NewRecord,
  PartitionBounds,
  PartitionOffset,
  ReadOptions,
  RecordBatch,
  RecordSink,
  RecordSource,
} from './record-source.ts'
import { OffsetOutOfRangeError, SourceUnavailableError, TopicMissingError } from './record-source-errors.ts'
import { SerialQueue } from './serial-queue.ts'
import { fromBlob, fromNullableBlob, toBlob } from './warehouse/blob.ts'
import { Database } from './warehouse/database.ts'
import { isRewriteDue } from './warehouse/rewrite-file.ts'

const FOLLOW_POLL_MS = 100

const TABLES = `
  CREATE TABLE IF NOT EXISTS topic (topic VARCHAR NOT NULL, partitions INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS message (
    topic VARCHAR NOT NULL, partition_id INTEGER NOT NULL, message_offset BIGINT NOT NULL, append_ms BIGINT NOT NULL,
    message_key BLOB, headers BLOB NOT NULL, message_value BLOB, bytes BIGINT NOT NULL);
  -- one row per partition that was copied from another log: what of it there was, holes at both ends included
  CREATE TABLE IF NOT EXISTS copied (
    topic VARCHAR NOT NULL, partition_id INTEGER NOT NULL, start_offset BIGINT NOT NULL, end_offset BIGINT NOT NULL);
`
const MESSAGE_TYPES = [VARCHAR, INTEGER, BIGINT, BIGINT, BLOB, BLOB, BLOB, BIGINT]

export interface EmbeddedLogOptions {
  /** What this process does with the log; told to whoever is refused. */
  readonly verb: string
  /** LogAppendTime, Unix milliseconds. Default: the machine's clock. */
  readonly clock?: () => bigint
}

/**
 * A durable log in one DuckDB file: for trying Tallystick and for tests, with the promises of {@link RecordSource} and
 * {@link RecordSink}. It is no broker: one process at a time, no replication.
 */
export class EmbeddedLog implements RecordSource, RecordSink {
  readonly #database: Database
  readonly #clock: () => bigint
  readonly #starts = new Map<string, bigint>()
  readonly #ends = new Map<string, bigint>()
  readonly #partitions = new Map<string, number>()
  /** The database has one connection: a read in the middle of an append would be part of its transaction. */
  readonly #work = new SerialQueue()
  readonly #closing = new AbortController()
  #appends = 0

  private constructor(database: Database, clock: () => bigint) {
    this.#database = database
    this.#clock = clock
  }

  /** @throws WarehouseLockedError when another process has it open. */
  static async open(path: string, options: EmbeddedLogOptions): Promise<EmbeddedLog> {
    const database = await Database.open(path, { verb: options.verb })
    try {
      await database.run(TABLES + ERASURE_TABLES)
      const log = new EmbeddedLog(database, options.clock ?? (() => BigInt(Date.now())))
      await log.#load()
      return log
    } catch (error) {
      database.close()
      throw error
    }
  }

  async #load(): Promise<void> {
    for (const row of await this.#database.all<{ topic: string; partitions: number }>(
      'SELECT topic, partitions FROM topic',
    )) {
      this.#partitions.set(row.topic, row.partitions)
    }
    const ends = await this.#database.all<{ topic: string; partition_id: number; end: bigint }>(
      'SELECT topic, partition_id, max(message_offset) + 1 AS "end" FROM message GROUP BY topic, partition_id',
    )
    for (const row of ends) this.#ends.set(`${row.topic}/${row.partition_id}`, row.end)
    for (const row of await this.#database.all('SELECT * FROM copied')) {
      const place = `${row.topic}/${row.partition_id}`
      const [start, end] = [row.start_offset as bigint, row.end_offset as bigint]
      this.#starts.set(place, start)
      if (end > (this.#ends.get(place) ?? 0n)) this.#ends.set(place, end)
    }
  }

  /** Makes a topic; one that exists is left as it is. */
  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.#work.run(async () => {
      if (this.#partitions.has(topic)) return
      await this.#database.run('INSERT INTO topic VALUES ($topic, $partitions)', { topic, partitions })
      this.#partitions.set(topic, partitions)
    })
  }

  async append(records: readonly NewRecord[]): Promise<readonly PartitionOffset[]> {
    this.#assertOpen()
    return this.#work.run(() => this.#append(records))
  }

  async #append(records: readonly NewRecord[]): Promise<readonly PartitionOffset[]> {
    const appendTimeMs = this.#clock()
    const ends = new Map<string, bigint>()
    const positions = records.map((record) => this.#place(record, ends))
    const rows = records.map((record, index) => toRow({ ...record, ...positions[index]!, appendTimeMs }))
    // One transaction: killed before COMMIT none of them exists, killed after all do. The ends in memory move only then.
    await this.#database.transaction(() => this.#database.append('message', MESSAGE_TYPES, rows))
    for (const [key, end] of ends) this.#ends.set(key, end)
    return positions
  }

  /**
   * Writes what another log handed out, with its offsets and append times. `startOffset` is where that log's partition begins.
   * What is below the end already is left out, so that a copy can be broken off and begun again.
   */
  async copy(batch: RecordBatch, startOffset: bigint): Promise<void> {
    this.#assertOpen()
    const { topic, partition, nextOffset } = batch
    const place = `${topic}/${partition}`
    if (partition >= (this.#partitions.get(topic) ?? 0)) throw new TopicMissingError({ topic: place })
    await this.#work.run(async () => {
      const end = this.#ends.get(place) ?? startOffset
      const rows = batch.records.filter(({ offset }) => offset >= end).map(toRow)
      const row = { topic, partition, start: startOffset, end: nextOffset > end ? nextOffset : end }
      // Records and end together: killed before COMMIT the copy goes on at the old end.
      await this.#database.transaction(async () => {
        await this.#database.run('DELETE FROM copied WHERE topic = $topic AND partition_id = $partition', {
          topic,
          partition,
        })
        await this.#database.run('INSERT INTO copied VALUES ($topic, $partition, $start, $end)', row)
        await this.#database.append('message', MESSAGE_TYPES, rows)
        await appendErased(
          this.#database,
          batch.records.filter(({ offset }) => offset >= end),
        )
      })
      this.#starts.set(place, startOffset)
      this.#ends.set(place, row.end)
    })
  }

  /**
   * Erases the values of messages that are there; one that was erased before stays so. The file may still hold the bytes:
   * close the log, and rewrite it (`rewriteDatabase`) as long as {@link isRewriteDue} says so.
   *
   * @returns how many were erased by this call
   */
  erase(messages: readonly ErasedMessage[]): Promise<number> {
    this.#assertOpen()
    return this.#work.run(() => eraseMessages(this.#database, messages, this.#clock()))
  }

  /** Whether one of the messages is there and still has its value. */
  hasValues(messages: readonly ErasedMessage[]): Promise<boolean> {
    this.#assertOpen()
    return this.#work.run(() => hasValues(this.#database, messages))
  }

  isRewriteDue(): Promise<boolean> {
    this.#assertOpen()
    return this.#work.run(() => isRewriteDue(this.#database))
  }

  #place(record: NewRecord, ends: Map<string, bigint>): PartitionOffset {
    const partitions = this.#partitions.get(record.topic)
    if (partitions === undefined) throw new TopicMissingError({ topic: record.topic })
    const partition = record.partition ?? partitionOf(record.key, partitions, this.#appends++)
    if (partition < 0 || partition >= partitions) throw new TopicMissingError({ topic: `${record.topic}/${partition}` })
    const key = `${record.topic}/${partition}`
    const offset = ends.get(key) ?? this.#ends.get(key) ?? 0n
    ends.set(key, offset + 1n)
    return { topic: record.topic, partition, offset }
  }

  async partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    this.#assertOpen()
    return [...topics].sort().flatMap((topic) => {
      const partitions = this.#partitions.get(topic)
      if (partitions === undefined) throw new TopicMissingError({ topic })
      return Array.from({ length: partitions }, (_, partition) => {
        const end = this.#ends.get(`${topic}/${partition}`) ?? 0n
        const start = this.#starts.get(`${topic}/${partition}`) ?? 0n
        return { topic, partition, startOffset: start, endOffset: end, highWatermark: end }
      })
    })
  }

  async read(options: ReadOptions): Promise<void> {
    const positions = new Map<string, bigint>()
    const assigned = await this.partitions(options.topics)
    for (const bounds of assigned) {
      const { topic, partition } = bounds
      const position = await options.positionOf(topic, partition)
      // Nothing is ever deleted here, so there is no gap to tell of.
      if (position > bounds.endOffset || position < bounds.startOffset)
        throw new OffsetOutOfRangeError({ ...bounds, position })
      const last = options.lastReadOf?.(topic, partition)
      const again = last !== undefined && last >= bounds.startOffset && last < position
      positions.set(`${topic}/${partition}`, again ? last : position)
    }
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const stop = AbortSignal.any(signals)
    if (options.until === 'end') {
      for (const bounds of assigned) await this.#readPartition(bounds, positions, options, stop)
      return
    }
    while (!stop.aborted) {
      for (const bounds of await this.partitions(options.topics))
        await this.#readPartition(bounds, positions, options, stop)
      await pause(FOLLOW_POLL_MS, stop)
    }
  }

  async #readPartition(
    bounds: PartitionBounds,
    positions: Map<string, bigint>,
    options: ReadOptions,
    stop: AbortSignal,
  ): Promise<void> {
    const key = `${bounds.topic}/${bounds.partition}`
    let position = positions.get(key) ?? 0n
    while (position < bounds.endOffset && !stop.aborted) {
      const from = position
      const records = await this.#work.run(() => this.#page(bounds, from, options))
      if (stop.aborted) return
      // No record is left: what lies before the end of a copied partition is hidden.
      position = records.length === 0 ? bounds.endOffset : records.at(-1)!.offset + 1n
      await options.onBatch({ topic: bounds.topic, partition: bounds.partition, records, nextOffset: position })
      positions.set(key, position)
    }
  }

  async #page(bounds: PartitionBounds, from: bigint, options: ReadOptions): Promise<LogRecord[]> {
    const { recordsMax, bytesMax } = batchLimits(options)
    const rows = await this.#database.all(
      `SELECT * FROM (
         SELECT *, sum(bytes) OVER (ORDER BY message_offset) AS bytes_so_far FROM (
           SELECT m.*, e.content FROM message AS m
           LEFT JOIN erased AS e USING (topic, partition_id, message_offset)
           WHERE topic = $topic AND partition_id = $partition AND message_offset >= $from AND message_offset < $to
           ORDER BY message_offset LIMIT ${recordsMax}))
       WHERE bytes_so_far <= $bytesMax OR bytes_so_far = bytes ORDER BY message_offset`,
      {
        topic: bounds.topic,
        partition: bounds.partition,
        from,
        to: bounds.endOffset,
        bytesMax: BigInt(bytesMax),
      },
    )
    return rows.map((row) => ({
      topic: bounds.topic,
      partition: bounds.partition,
      offset: row.message_offset as bigint,
      appendTimeMs: row.append_ms as bigint,
      key: fromNullableBlob(row.message_key),
      headers: decodeHeaders(fromBlob(row.headers)),
      value: fromNullableBlob(row.message_value),
      ...(row.content === null ? {} : { erasedContent: fromBlob(row.content) }),
    }))
  }

  #assertOpen(): void {
    if (!this.#closing.signal.aborted) return
    throw new SourceUnavailableError({ source: this.#database.path }, new Error('The log was closed.'))
  }

  /** Ends every read after the batch under way. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#work.run(() => this.#database.close())
  }
}

function toRow(record: LogRecord): DuckDBValue[] {
  const headers = encodeHeaders(record.headers)
  const bytes = BigInt((record.key?.length ?? 0) + headers.length + (record.value?.length ?? 0))
  const key = record.key === null ? null : toBlob(record.key)
  const value = record.value === null ? null : toBlob(record.value)
  return [record.topic, record.partition, record.offset, record.appendTimeMs, key, toBlob(headers), value, bytes]
}

function pause(duration_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, duration_ms)
    signal.addEventListener('abort', done)
  })
}
