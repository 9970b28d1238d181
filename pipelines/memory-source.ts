import { batchLimits, splitByLimits } from './batch-limits.ts'
import { partitionOf } from './partitioner.ts'
import type {
  LogRecord,
  NewRecord,
  PartitionBounds,
  PartitionOffset,
  ReadOptions,
  RecordSink,
  RecordSource,
} from './record-source.ts'
import { OffsetOutOfRangeError, SourceUnavailableError, TopicMissingError } from './record-source-errors.ts'

interface MemoryPartition {
  readonly topic: string
  readonly partition: number
  startOffset: bigint
  /** Where an open transaction begins: readers see nothing from here on. */
  heldAt?: bigint
  /** The slot of `startOffset` first; null where a reader sees nothing. */
  slots: (LogRecord | null)[]
}

export interface MemoryLogOptions {
  /** The broker's clock: Unix milliseconds of each append. Default: the machine's. */
  readonly now?: () => bigint
}

/** A log in memory: the {@link RecordSource} and {@link RecordSink} ports kept small, for tests. */
export class MemoryLog implements RecordSource, RecordSink {
  readonly #now: () => bigint
  readonly #topics = new Map<string, MemoryPartition[]>()
  readonly #waiting = new Set<() => void>()
  #unkeyed = 0
  #closed = false

  constructor(options: MemoryLogOptions = {}) {
    this.#now = options.now ?? (() => BigInt(Date.now()))
  }

  createTopic(topic: string, partitions: number): void {
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, startOffset: 0n, slots: [] })),
    )
  }

  async append(records: readonly NewRecord[]): Promise<readonly PartitionOffset[]> {
    this.#assertOpen()
    // Every place is found before anything is written: a record that fits nowhere leaves nothing behind.
    const places = records.map((record) => this.#placeOf(record))
    const positions = records.map((record, i) => {
      const place = places[i]!
      const { topic, partition } = place
      const offset = endOffset(place)
      const { key, headers, value } = record
      place.slots.push({ topic, partition, offset, appendTimeMs: this.#now(), key, headers, value })
      return { topic, partition, offset }
    })
    this.#wake()
    return positions
  }

  /** Appends `count` offsets that no reader sees, as an aborted transaction or a control record does. */
  hide(topic: string, partition: number, count = 1): void {
    const { slots } = this.#partitionOf(topic, partition)
    for (let i = 0; i < count; i++) slots.push(null)
    this.#wake()
  }

  addPartitions(topic: string, count: number): void {
    const places = this.#topics.get(topic)
    if (places === undefined) throw new TopicMissingError({ topic })
    for (let i = 0; i < count; i++) places.push({ topic, partition: places.length, startOffset: 0n, slots: [] })
  }

  /** Hides what is appended from now on until {@link releaseStable}, as an open transaction does. */
  holdStable(topic: string, partition: number): void {
    const place = this.#partitionOf(topic, partition)
    place.heldAt = endOffset(place)
  }

  releaseStable(topic: string, partition: number): void {
    delete this.#partitionOf(topic, partition).heldAt
    this.#wake()
  }

  /** Deletes everything below `startOffset`, as retention does. */
  truncate(topic: string, partition: number, startOffset: bigint): void {
    const place = this.#partitionOf(topic, partition)
    if (startOffset < place.startOffset || startOffset > endOffset(place))
      throw new RangeError(`No offset ${startOffset}.`)
    place.slots = place.slots.slice(Number(startOffset - place.startOffset))
    place.startOffset = startOffset
  }

  async partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    this.#assertOpen()
    return this.#partitionsOf(topics).map((place) => ({
      topic: place.topic,
      partition: place.partition,
      startOffset: place.startOffset,
      endOffset: stableEnd(place),
      highWatermark: endOffset(place),
    }))
  }

  async read(options: ReadOptions): Promise<void> {
    const bounds = await this.partitions(options.topics)
    const places = this.#partitionsOf(options.topics)
    const ends = bounds.map((bound) => (options.until === 'end' ? bound.endOffset : null))
    const next = await Promise.all(places.map((place) => options.positionOf(place.topic, place.partition)))
    for (const [i, place] of places.entries()) next[i] = await startAt(place, next[i]!, options)

    const stopped = () => this.#closed || options.signal?.aborted === true
    while (!stopped()) {
      let progress = false
      for (const [i, place] of places.entries()) {
        if (stopped()) return
        const after = await readOnce(place, next[i]!, ends[i] ?? stableEnd(place), options)
        progress ||= after > next[i]!
        next[i] = after
      }
      if (progress) continue
      if (options.until === 'end') return
      await this.#appended(options.signal)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake()
  }

  #assertOpen(): void {
    if (this.#closed) throw new SourceUnavailableError({ source: 'memory' }, new Error('The log was closed.'))
  }

  #partitionsOf(topics: readonly string[]): MemoryPartition[] {
    return [...new Set(topics)].sort().flatMap((topic) => {
      const partitions = this.#topics.get(topic)
      if (partitions === undefined) throw new TopicMissingError({ topic })
      return partitions
    })
  }

  #partitionOf(topic: string, partition: number): MemoryPartition {
    const place = this.#partitionsOf([topic])[partition]
    if (place === undefined) throw new RangeError(`Topic ${topic} has no partition ${partition}.`)
    return place
  }

  #placeOf(record: NewRecord): MemoryPartition {
    const count = this.#partitionsOf([record.topic]).length
    const counter = record.key === null && record.partition === undefined ? this.#unkeyed++ : 0
    return this.#partitionOf(record.topic, record.partition ?? partitionOf(record.key, count, counter))
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  async #appended(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal?.addEventListener('abort', wake)
      if (signal?.aborted) wake()
    })
  }
}

function endOffset(place: MemoryPartition): bigint {
  return place.startOffset + BigInt(place.slots.length)
}

function stableEnd(place: MemoryPartition): bigint {
  return place.heldAt ?? endOffset(place)
}

function assertInRange(place: MemoryPartition, position: bigint): void {
  const { topic, partition, startOffset } = place
  if (position >= startOffset && position <= endOffset(place)) return
  throw new OffsetOutOfRangeError({ topic, partition, position, startOffset, endOffset: endOffset(place) })
}

/** The position, or the start when what lay before it was lost and the caller accepts that. */
async function behindGap(place: MemoryPartition, position: bigint, { onGap }: ReadOptions): Promise<bigint> {
  const { topic, partition, startOffset } = place
  if (position >= startOffset || onGap === undefined) {
    assertInRange(place, position)
    return position
  }
  await onGap({ topic, partition, from: position, to: startOffset })
  return startOffset
}

/** Where reading starts: at the last record that the caller holds, while it is still there. */
async function startAt(place: MemoryPartition, position: bigint, options: ReadOptions): Promise<bigint> {
  const next = await behindGap(place, position, options)
  const last = options.lastReadOf?.(place.topic, place.partition)
  return last !== undefined && last >= place.startOffset && last < next ? last : next
}

/** Hands out at most one batch from `position` towards `end`, and returns the next position. */
async function readOnce(place: MemoryPartition, position: bigint, end: bigint, options: ReadOptions): Promise<bigint> {
  if (position >= end) return position
  if (position < place.startOffset) return behindGap(place, position, options)
  const limits = batchLimits(options)
  const from = Number(position - place.startOffset)
  const seen = place.slots.slice(from, Number(end - place.startOffset)).filter((slot) => slot !== null)
  const [records = [], following] = splitByLimits(seen, limits)
  // What is hidden between two batches belongs to the earlier one.
  const nextOffset = following?.[0]?.offset ?? end
  await options.onBatch({ topic: place.topic, partition: place.partition, records, nextOffset })
  return nextOffset
}
