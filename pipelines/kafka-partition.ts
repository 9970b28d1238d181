import { type BatchLimits, recordBytes } from './batch-limits.ts'
import type { LogRecord, OffsetGap, RecordBatch } from './record-source.ts'

/** What a record costs in memory beside its bytes; about what kafkajs makes of an empty one. */
const RECORD_OVERHEAD_BYTES = 512

export interface PartitionCalls {
  readonly onBatch: (batch: RecordBatch) => Promise<void>
  readonly onGap: (gap: OffsetGap) => Promise<void>
  /** After each call, when memory is free again and `next` has moved. */
  readonly onMoved: (partition: KafkaPartition) => void
  /** A call failed; no other follows. */
  readonly onError: (error: unknown) => void
}

interface Stretch {
  readonly records: readonly LogRecord[]
  readonly sizes: readonly number[]
  readonly nextOffset: bigint
  /** Index of the first record that was not handed out. */
  at: number
}

/**
 * A partition that this member owns, from its assignment to the next: what was fetched of it and not yet handed out, in
 * order, one call at a time. What kafkajs fetched in several pieces is handed out in batches as large as the limits allow.
 */
export class KafkaPartition {
  readonly topic: string
  readonly partition: number
  /** Where `until: 'end'` stops; null when following. */
  readonly end: bigint | null
  /** The next offset to hand out. */
  next: bigint
  /** The next offset to fetch. */
  fetched: bigint
  /** Of what was fetched and is not yet stored, with what records cost beside their bytes. */
  heldBytes = 0
  /** Whatever arrives is looked at in the order in which it arrived. */
  intake: Promise<void> = Promise.resolve()
  readonly #limits: BatchLimits
  readonly #calls: PartitionCalls
  #queue: (Stretch | OffsetGap)[] = []
  #calling: Promise<void> | null = null
  #stopped = false

  constructor(
    place: { topic: string; partition: number; position: bigint; end: bigint | null },
    limits: BatchLimits,
    calls: PartitionCalls,
  ) {
    this.topic = place.topic
    this.partition = place.partition
    this.end = place.end
    this.next = place.position
    this.fetched = place.position
    this.#limits = limits
    this.#calls = calls
  }

  get reachedEnd(): boolean {
    return this.end !== null && this.next >= this.end
  }

  get fetchedToEnd(): boolean {
    return this.end !== null && this.fetched >= this.end
  }

  /** How many pieces wait. Each may keep the memory of the whole response that it came with. */
  get waiting(): number {
    return this.#queue.length
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Takes what was fetched up to `nextOffset` (exclusive); parts of it that were taken before are left out. */
  add(records: readonly LogRecord[], nextOffset: bigint): void {
    const end = this.end !== null && nextOffset > this.end ? this.end : nextOffset
    if (this.#stopped || end <= this.fetched) return
    const fresh = records.filter(({ offset }) => offset >= this.fetched && offset < end)
    const sizes = fresh.map(recordBytes)
    this.heldBytes += sizes.reduce((sum, size) => sum + size + RECORD_OVERHEAD_BYTES, 0)
    this.#queue.push({ records: fresh, sizes, nextOffset: end, at: 0 })
    this.fetched = end
    this.#start()
  }

  /** What lies between is lost; told in its turn. */
  addGap(to: bigint): void {
    if (this.#stopped) return
    this.#queue.push({ topic: this.topic, partition: this.partition, from: this.fetched, to })
    this.fetched = to
    this.#start()
  }

  /** Nothing is handed out any more after the call under way. */
  stop(): void {
    this.#stopped = true
    this.#queue = []
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    await this.#calling
  }

  #start(): void {
    this.#calling ??= this.#handOut().finally(() => {
      this.#calling = null
      if (this.#queue.length > 0) this.#start() // it came when the last call had ended
    })
  }

  async #handOut(): Promise<void> {
    const { topic, partition } = this
    while (!this.#stopped && this.#queue.length > 0) {
      const [first] = this.#queue
      try {
        if ('to' in first!) {
          this.#queue.shift()
          await this.#calls.onGap(first)
          this.next = first.to
        } else {
          const { records, nextOffset, bytes } = this.#take()
          await this.#calls.onBatch({ topic, partition, records, nextOffset })
          this.next = nextOffset
          this.heldBytes -= bytes
        }
      } catch (error) {
        this.stop()
        this.#calls.onError(error)
        return
      }
      this.#calls.onMoved(this)
    }
  }

  #take(): { records: LogRecord[]; nextOffset: bigint; bytes: number } {
    const records: LogRecord[] = []
    let bytes = 0
    let nextOffset = this.next
    for (let stretch = this.#queue[0]; stretch !== undefined && !('to' in stretch); stretch = this.#queue[0]) {
      while (stretch.at < stretch.records.length) {
        const record = stretch.records[stretch.at]!
        const size = stretch.sizes[stretch.at]!
        const full = records.length >= this.#limits.recordsMax || bytes + size > this.#limits.bytesMax
        if (records.length > 0 && full) return { records, nextOffset: record.offset, bytes: held(records, bytes) }
        records.push(record)
        bytes += size
        stretch.at++
      }
      nextOffset = stretch.nextOffset
      this.#queue.shift()
    }
    return { records, nextOffset, bytes: held(records, bytes) }
  }
}

function held(records: readonly LogRecord[], bytes: number): number {
  return bytes + records.length * RECORD_OVERHEAD_BYTES
}
