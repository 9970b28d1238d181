import type {
  Consumer,
  ConsumerCrashEvent,
  ConsumerEndBatchProcessEvent,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Kafka,
  RequestEvent,
} from 'kafkajs'
import { type BatchLimits, batchLimits, splitByLimits } from './batch-limits.ts'
import { asSourceError, type KafkaLogLine } from './kafka-connection.ts'
import { recordOf } from './kafka-record.ts'
import { GroupSharedError } from './kafka-source-errors.ts'
import type { LogRecord, PartitionBounds, ReadOptions } from './record-source.ts'
import { OffsetOutOfRangeError } from './record-source-errors.ts'

/** How long one fetch may wait for records: a stop takes at least as long, a new record is seen at once. */
const FETCH_WAIT_MS = 200
const FETCH_BYTES_MAX = 16 * 1024 * 1024
const FETCH_PARTITION_BYTES_MAX = 4 * 1024 * 1024

/** A partition that this member owns, until the next rebalance makes a new object of it. */
interface Owned {
  readonly topic: string
  readonly partition: number
  /** Where `until: 'end'` stops; null when following. */
  readonly end: bigint | null
  /** The next offset to hand out. */
  next: bigint
  /** How far kafkajs skipped batches without visible records; null when that was handed out. */
  skippedTo: bigint | null
}

export interface KafkaReadParts {
  readonly kafka: Kafka
  readonly brokers: readonly string[]
  readonly groupId: string
  readonly bounds: (topics: readonly string[]) => Promise<readonly PartitionBounds[]>
  readonly log: (line: KafkaLogLine) => void
  readonly options: ReadOptions
}

/**
 * One `read`: a member of the consumer group from joining to leaving. Positions come from the caller, never from the group.
 *
 * Whatever touches positions or calls `onBatch` goes through one queue, so that assignments, batches and skipped stretches
 * cannot overtake each other. Dying anywhere loses nothing: the caller's position moves with what it stored, not with this.
 */
export class KafkaRead {
  readonly #parts: KafkaReadParts
  readonly #options: ReadOptions
  readonly #limits: BatchLimits
  readonly #consumer: Consumer
  readonly #over: Promise<void>
  #resolveOver: () => void = () => undefined
  #rejectOver: (error: unknown) => void = () => undefined
  #owned = new Map<string, Owned>()
  /** `until: 'end'`: the end of each partition that is not reached yet. Null when following. */
  #ends: Map<string, bigint> | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  #left = false

  constructor(parts: KafkaReadParts) {
    this.#parts = parts
    this.#options = parts.options
    this.#limits = batchLimits(parts.options)
    this.#over = new Promise((resolve, reject) => {
      this.#resolveOver = resolve
      this.#rejectOver = reject
    })
    // It may reject while the group is still being joined, before anyone awaits it.
    this.#over.catch(() => undefined)
    this.#consumer = parts.kafka.consumer({
      groupId: parts.groupId,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytes: FETCH_BYTES_MAX,
      maxBytesPerPartition: FETCH_PARTITION_BYTES_MAX,
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const topics = [...new Set(this.#options.topics)]
    const bounds = await this.#parts.bounds(topics)
    if (this.#options.until === 'end') this.#ends = new Map(bounds.map((b) => [placeOf(b), b.endOffset]))
    if (signal.aborted || topics.length === 0) return

    const end = () => this.#end()
    signal.addEventListener('abort', end, { once: true })
    const { GROUP_JOIN, REBALANCING, END_BATCH_PROCESS, REQUEST, CRASH } = this.#consumer.events
    this.#consumer.on(GROUP_JOIN, (event) => this.#onGroupJoin(event))
    this.#consumer.on(REBALANCING, () => this.#disown())
    this.#consumer.on(END_BATCH_PROCESS, (event) => this.#onBatchEnd(event))
    this.#consumer.on(REQUEST, (event) => this.#onRequest(event))
    this.#consumer.on(CRASH, (event) => this.#onCrash(event))
    try {
      await this.#join(topics)
      await this.#over
    } finally {
      signal.removeEventListener('abort', end)
      await this.#leave()
    }
  }

  async #join(topics: string[]): Promise<void> {
    try {
      await this.#consumer.connect()
      await this.#consumer.subscribe({ topics, fromBeginning: true })
    } catch (error) {
      throw asSourceError(error, this.#parts.brokers)
    }
    // Resolves when the group was joined, or after a crash, of which the event tells. Leaving before that would let
    // kafkajs join behind our back.
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#inTurn(() => this.#handOut(payload)),
    })
  }

  async #leave(): Promise<void> {
    this.#closed = true
    try {
      await this.#consumer.disconnect()
    } catch (error) {
      // Nothing is handed out any more; the broker drops the member when its session ends.
      this.#warn('The consumer did not leave its group cleanly.', { error })
    }
    this.#left = true
    await this.#queue
  }

  #end(): void {
    this.#closed = true
    this.#resolveOver()
  }

  #fail(error: unknown): void {
    this.#closed = true
    this.#rejectOver(error)
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(task)
    this.#queue = done.catch(() => undefined) // whoever queued the task has its error
    return done
  }

  #onGroupJoin({ payload }: ConsumerGroupJoinEvent): void {
    // kafkajs restarted by itself while it was being stopped: throwing here is what ends that.
    if (this.#left) throw new Error('This reader has left the group.')
    const assigned = Object.entries(payload.memberAssignment)
    // Paused before the first fetch can go out, in this very tick: positions are not known yet.
    this.#consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })))
    const owned = this.#disown()
    this.#inTurn(() => this.#assign(assigned, owned)).catch((error) => this.#fail(error))
  }

  /** From here on nothing of the former assignment is handed out; returns where the next one goes. */
  #disown(): Map<string, Owned> {
    this.#owned = new Map()
    return this.#owned
  }

  /** Asks for the positions, checks them against the log, and lets the partitions flow. */
  async #assign(assigned: readonly (readonly [topic: string, partitions: number[]])[], owned: Map<string, Owned>) {
    const current = () => !this.#closed && this.#owned === owned
    if (!current()) return
    const places = assigned.flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
    this.#assertWholeAssignment(places.map(placeOf))
    const positions: { topic: string; partition: number; position: bigint }[] = []
    for (const { topic, partition } of places) {
      positions.push({ topic, partition, position: await this.#options.positionOf(topic, partition) })
    }
    // Bounds after positions: an end only grows, so a position beyond it never was in this log.
    const bounds = new Map((await this.#parts.bounds(assigned.map(([topic]) => topic))).map((b) => [placeOf(b), b]))
    for (const place of positions) assertInRange(place.position, bounds.get(placeOf(place)))
    if (!current()) return

    for (const { topic, partition, position } of positions) {
      const place = placeOf({ topic, partition })
      const end = this.#ends?.get(place) ?? null
      const partitionOwned = { topic, partition, end, next: position, skippedTo: null }
      owned.set(place, partitionOwned)
      if (this.#ends !== null && (end === null || position >= end)) {
        this.#ends.delete(place) // stays paused
        continue
      }
      this.#consumer.seek({ topic, partition, offset: position.toString() })
      this.#consumer.resume([{ topic, partitions: [partition] }])
    }
    this.#endWhenReached()
  }

  /** `until: 'end'` would wait for ever for a partition that another member of the group reads. */
  #assertWholeAssignment(places: readonly string[]): void {
    if (this.#ends === null) return
    const mine = new Set(places)
    const elsewhere = [...this.#ends.keys()].filter((place) => !mine.has(place))
    if (elsewhere.length > 0) {
      throw new GroupSharedError({ groupId: this.#parts.groupId, partitions: elsewhere.join(', ') })
    }
  }

  async #handOut({
    batch,
    isStale,
    heartbeat,
    resolveOffset,
    commitOffsetsIfNecessary,
  }: EachBatchPayload): Promise<void> {
    const owned = this.#owned.get(placeOf(batch))
    if (owned === undefined || this.#closed || isStale()) return
    let runs: { records: LogRecord[]; nextOffset: bigint }[]
    try {
      if (!(await this.#continues(owned, BigInt(batch.firstOffset() ?? owned.next)))) return
      const after = clamp(BigInt(batch.lastOffset()) + 1n, owned.end)
      if (after <= owned.next) return
      const records = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message))
      runs = this.#runsOf(
        records.filter((record) => record.offset >= owned.next && record.offset < after),
        after,
      )
    } catch (error) {
      this.#fail(error)
      return
    }
    for (const run of runs) {
      if (!(await this.#deliver(owned, run.records, run.nextOffset))) return
      resolveOffset((run.nextOffset - 1n).toString())
      // Throws when the group rebalances: kafkajs joins again, and what is left of this batch is asked for anew.
      await heartbeat()
    }
    const { topic, partition } = owned
    await this.#commit(() =>
      commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: owned.next.toString() }] }] }),
    )
    this.#endWhenReached()
  }

  #runsOf(records: readonly LogRecord[], after: bigint): { records: LogRecord[]; nextOffset: bigint }[] {
    const runs = splitByLimits(records, this.#limits)
    if (runs.length === 0) return [{ records: [], nextOffset: after }]
    return runs.map((run, i) => ({ records: run, nextOffset: runs[i + 1]?.[0]?.offset ?? after }))
  }

  /** kafkajs calls no handler for a batch whose records are all hidden (aborted, control); it only tells afterwards. */
  #onBatchEnd({ payload }: ConsumerEndBatchProcessEvent): void {
    const owned = this.#owned.get(placeOf(payload))
    if (payload.batchSize > 0 || owned === undefined || this.#closed) return
    const queued = owned.skippedTo !== null
    owned.skippedTo = BigInt(payload.lastOffset) + 1n
    const first = payload.firstOffset === null ? null : BigInt(payload.firstOffset)
    if (!queued) this.#inTurn(() => this.#skip(owned, first)).catch((error) => this.#fail(error))
  }

  async #skip(owned: Owned, first: bigint | null): Promise<void> {
    const skippedTo = clamp(owned.skippedTo ?? owned.next, owned.end)
    owned.skippedTo = null
    if (this.#owned.get(placeOf(owned)) !== owned || this.#closed || skippedTo <= owned.next) return
    if (first !== null && !(await this.#continues(owned, first))) return
    if (!(await this.#deliver(owned, [], skippedTo))) return
    const { topic, partition, next } = owned
    await this.#commit(() => this.#consumer.commitOffsets([{ topic, partition, offset: next.toString() }]))
    this.#endWhenReached()
  }

  /**
   * kafkajs asks where a partition starts or ends when it has no position of its own: after joining, and after the log lost
   * the position that it had, which it replaces without an error. So whenever it asks, ours are checked.
   */
  #onRequest({ payload }: RequestEvent): void {
    if (payload.apiName !== 'ListOffsets' || this.#owned.size === 0 || this.#closed) return
    const owned = this.#owned
    this.#inTurn(() => this.#assertHeld(owned)).catch((error) => this.#fail(error))
  }

  async #assertHeld(owned: Map<string, Owned>): Promise<void> {
    if (this.#owned !== owned || this.#closed) return
    const all = [...owned.values()].filter(({ end, next }) => end === null || next < end)
    const bounds = new Map((await this.#parts.bounds(all.map(({ topic }) => topic))).map((b) => [placeOf(b), b]))
    for (const place of all) assertInRange(place.next, bounds.get(placeOf(place)))
  }

  /**
   * Whether a fetched batch goes on where the last one ended. A later first offset is a hole, which is legitimate, unless
   * the log lost what lay between: kafkajs then jumps without an error, which must not pass.
   */
  async #continues(owned: Owned, firstOffset: bigint): Promise<boolean> {
    if (firstOffset === owned.next) return true
    const { topic, partition, next } = owned
    const bounds = await this.#parts.bounds([topic])
    assertInRange(
      next,
      bounds.find((b) => b.partition === partition),
    )
    if (firstOffset > next) return true
    this.#consumer.seek({ topic, partition, offset: next.toString() })
    return false
  }

  /** Calls `onBatch`. False when reading is over or the partition went to another member meanwhile. */
  async #deliver(owned: Owned, records: readonly LogRecord[], nextOffset: bigint): Promise<boolean> {
    const mine = () => !this.#closed && this.#owned.get(placeOf(owned)) === owned
    if (!mine()) return false
    const { topic, partition } = owned
    try {
      await this.#options.onBatch({ topic, partition, records, nextOffset })
    } catch (error) {
      this.#fail(error)
      return false
    }
    owned.next = nextOffset
    if (owned.end !== null && nextOffset >= owned.end) {
      this.#ends?.delete(placeOf(owned))
      if (mine()) this.#consumer.pause([{ topic, partitions: [partition] }])
    }
    return mine()
  }

  /** The group's own offsets are for lag tools alone: a commit that fails is only said. */
  async #commit(commit: () => Promise<void>): Promise<void> {
    try {
      await commit()
    } catch (error) {
      this.#warn('The offsets that lag tools see were not committed.', { error })
    }
  }

  #endWhenReached(): void {
    if (this.#ends?.size === 0) this.#end()
  }

  #onCrash({ payload }: ConsumerCrashEvent): void {
    if (payload.restart) return // kafkajs joins again by itself, and the positions are asked for anew
    this.#fail(asSourceError(payload.error, this.#parts.brokers))
  }

  #warn(message: string, facts: Record<string, unknown>): void {
    this.#parts.log({ level: 'warn', message, facts: { groupId: this.#parts.groupId, ...facts } })
  }
}

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`
}

function clamp(offset: bigint, end: bigint | null): bigint {
  return end !== null && offset > end ? end : offset
}

function assertInRange(position: bigint, bounds: PartitionBounds | undefined): void {
  if (bounds === undefined) throw new Error('The broker assigned a partition that it does not list.')
  if (position < bounds.startOffset || position > bounds.endOffset)
    throw new OffsetOutOfRangeError({ ...bounds, position })
}
