/** One record as the log holds it. Offsets are bigint; bytes are never interpreted here. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** LogAppendTime of the broker, Unix milliseconds. */
  readonly appendTimeMs: bigint
  readonly key: Uint8Array | null
  /** In the order of the record; a name may repeat; a null value and an empty one differ. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
  readonly value: Uint8Array | null
  /**
   * The same headers in Kafka's own bytes (kafka-headers.ts), from a source that has them: cheaper to hash. Headers may then
   * be decoded when they are asked for, so do not spread a record.
   */
  readonly headerBytes?: Uint8Array
  /** SHA-256 of the content that the record had, when its value was erased from the log: `value` is null then. */
  readonly erasedContent?: Uint8Array
}

/** What one partition handed out: records in offset order, and how far the partition was read even when there were none. */
export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly LogRecord[]
  /** The next offset to read after this batch; higher than the last record's when control records or holes follow. */
  readonly nextOffset: bigint
}

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** A message of a log whose value is to be erased. */
export interface ErasedMessage extends PartitionOffset {
  /** SHA-256 of its content, which a reader who knows the record holds it to; null in a topic of dead letters. */
  readonly content: Uint8Array | null
}

/** Offsets that the log lost before they were read: `from` inclusive, `to` exclusive. */
export interface OffsetGap {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
}

export interface PartitionBounds {
  readonly topic: string
  readonly partition: number
  /** First offset that is still there. */
  readonly startOffset: bigint
  /** End of what a read_committed consumer can see (the last stable offset), exclusive. */
  readonly endOffset: bigint
  /** End of everything that was appended, exclusive; above `endOffset` while a transaction is open. */
  readonly highWatermark: bigint
}

export interface ReadOptions {
  readonly topics: readonly string[]
  /** Where to go on, asked for every partition when it is assigned; 0 for one that was never read. */
  readonly positionOf: (topic: string, partition: number) => bigint | Promise<bigint>
  /**
   * Offset of the last record of the partition that the caller holds. While the log still has that offset, reading starts
   * there and the record comes once more, so that the caller sees whether this is still the log that it read.
   */
  readonly lastReadOf?: (topic: string, partition: number) => bigint | undefined
  /**
   * Called in place of an {@link OffsetOutOfRangeError} when the log no longer has `from` to `to` (exclusive); reading then
   * goes on at `to`. Without it reading stops with the error.
   */
  readonly onGap?: (gap: OffsetGap) => Promise<void>
  /** Called for each batch and awaited; one call at a time for a partition. When it throws, reading stops and `read` rejects. */
  readonly onBatch: (batch: RecordBatch) => Promise<void>
  /**
   * `end`: read up to the end offsets that each partition has when the read starts, then resolve.
   * `follow`: go on until the signal aborts.
   */
  readonly until: 'end' | 'follow'
  readonly signal?: AbortSignal
  /** Upper bounds of one batch. Defaults 10,000 records and 16 MiB. */
  readonly batchRecordsMax?: number
  readonly batchBytesMax?: number
}

/**
 * Where records come from. An implementation promises:
 * - records of one partition arrive in offset order, each offset at most once between two assignments;
 * - after assignment the first record of a partition is at or after the offset that `positionOf` returned;
 * - `nextOffset` never falls, and a partition whose tail holds no visible records still reports progress;
 * - a record is never handed out after its partition was revoked or after the signal aborted and `read` resolved;
 * - a position below the partition's start offset is an {@link OffsetOutOfRangeError}, never a silent jump;
 * - with `until: 'end'`, `read` resolves after every partition has reported its end.
 * It may repeat records after a restart: the caller removes duplicates.
 */
export interface RecordSource {
  /** Every partition of the topics, ascending by (topic, partition). @throws TopicMissingError */
  partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]>
  read(options: ReadOptions): Promise<void>
  close(): Promise<void>
}

/** A record to be appended. Without a partition the sink chooses one by the key, as Kafka does (murmur2 modulo partitions). */
export interface NewRecord {
  readonly topic: string
  readonly partition?: number
  readonly key: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
  readonly value: Uint8Array | null
}

/** Where records go. `append` resolves when the records are durable, with their positions in the order given. */
export interface RecordSink {
  append(records: readonly NewRecord[]): Promise<readonly PartitionOffset[]>
  close(): Promise<void>
}
