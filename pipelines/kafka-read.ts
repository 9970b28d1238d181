import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Consumer,
  ConsumerCrashEvent,
  ConsumerEndBatchProcessEvent,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Kafka,
  RequestEvent,
} from 'kafkajs'
import { type BatchLimits, batchLimits } from './batch-limits.ts'
import { consumerThatWaits } from './kafka-cluster.ts'
import { type FetchBudget, fetchBudget } from './kafka-codecs.ts'
import { asSourceError, type KafkaLogLine } from './kafka-connection.ts'
import { GroupOffsets } from './kafka-group-offsets.ts'
import { HeldBytes } from './kafka-held-bytes.ts'
import { KafkaPartition } from './kafka-partition.ts'
import { recordOf } from './kafka-record.ts'
import { BatchTooSlowError, GroupSharedError } from './kafka-source-errors.ts'
import { unreadableIn, withPlace } from './kafka-unreadable.ts'
import type { PartitionBounds, ReadOptions, RecordBatch } from './record-source.ts'
import { OffsetOutOfRangeError, SourceUnavailableError, TopicMissingError } from './record-source-errors.ts'

/** How long one fetch may wait for records: a stop takes at least as long, a new record is seen at once. */
const FETCH_WAIT_MS = 200
const FETCH_BYTES_MAX = 16 * 1024 * 1024
const FETCH_PARTITION_BYTES_MAX = 4 * 1024 * 1024
const HEARTBEAT_MS = 3_000
/** A broker that does not answer is left without a goodbye; it drops the member when its session ends. */
const LEAVE_MS_MAX = 5_000
/** Between two questions to a broker that is down. */
const RETRY_MS = 1_000

export interface KafkaTiming {
  /** A member that the broker does not hear from for so long loses its partitions. */
  readonly sessionTimeoutMs: number
  /** New partitions are seen after at most so long. */
  readonly metadataMaxAgeMs: number
  /** A call of `onBatch` that takes longer ends the read, and others take the partitions over. */
  readonly batchMsMax: number
}

export interface KafkaReadParts {
  readonly kafka: Kafka
  readonly brokers: readonly string[]
  readonly groupId: string
  readonly timing: KafkaTiming
  readonly bounds: (topics: readonly string[]) => Promise<readonly PartitionBounds[]>
  readonly log: (line: KafkaLogLine) => void
  readonly options: ReadOptions
}

type BoundsByPlace = ReadonlyMap<string, PartitionBounds>

/**
 * One `read`: a member of the consumer group from joining to leaving. Positions come from the caller, never from the group.
 *
 * kafkajs fetches into {@link KafkaPartition}s, which hand out beside each other: heartbeats go on while `onBatch` stores,
 * and a slow partition holds up no other for long. Before the member joins again it waits until the calls under way have
 * ended, for half a session at most, so that whoever gets the partition next starts behind them.
 * Dying anywhere loses nothing: the caller's position moves with what it stored, not with this.
 */
export class KafkaRead {
  readonly #parts: KafkaReadParts
  readonly #options: ReadOptions
  readonly #limits: BatchLimits
  readonly #consumer: Consumer
  readonly #groupOffsets: GroupOffsets
  readonly #held: HeldBytes
  readonly #budget: FetchBudget = { decompressedBytes: 0, unreadable: new Set() }
  readonly #over: Promise<void>
  #resolveOver: () => void = () => undefined
  #rejectOver: (error: unknown) => void = () => undefined
  /** The assignment; a new map with every rebalance. */
  #owned = new Map<string, KafkaPartition>()
  /** Those of this and earlier assignments that may still have a call under way. */
  readonly #busy = new Set<KafkaPartition>()
  /** `until: 'end'`: the end of each partition that is not reached yet. Null when following. */
  #ends: Map<string, bigint> | null = null
  #assigning: Promise<unknown> = Promise.resolve()
  #closed = false
  #stuck = false
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
    const { sessionTimeoutMs, metadataMaxAgeMs } = parts.timing
    const config = {
      groupId: parts.groupId,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytes: FETCH_BYTES_MAX,
      maxBytesPerPartition: FETCH_PARTITION_BYTES_MAX,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 4),
      metadataMaxAge: metadataMaxAgeMs,
    }
    this.#consumer = consumerThatWaits(parts.kafka, config, () => this.#beforeJoin())
    this.#groupOffsets = new GroupOffsets(this.#consumer, (error) =>
      this.#warn('The offsets that lag tools see were not committed.', { error }),
    )
    this.#held = new HeldBytes({
      pause: (partition) => this.#consumer.pause(asTopics(partition)),
      resume: (partition) => this.#consumer.resume(asTopics(partition)),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const topics = [...new Set(this.#options.topics)]
    const bounds = await this.#parts.bounds(topics)
    if (this.#options.until === 'end') this.#ends = new Map(bounds.map((b) => [placeOf(b), b.endOffset]))
    if (signal.aborted || topics.length === 0) return

    const end = () => this.#end()
    signal.addEventListener('abort', end, { once: true })
    const { GROUP_JOIN, FETCH_START, END_BATCH_PROCESS, REQUEST, CRASH } = this.#consumer.events
    this.#consumer.on(GROUP_JOIN, (event) => this.#onGroupJoin(event))
    this.#consumer.on(FETCH_START, () => {
      this.#budget.decompressedBytes = 0
    })
    this.#consumer.on(END_BATCH_PROCESS, (event) => this.#onBatchEnd(event))
    this.#consumer.on(REQUEST, (event) => this.#onRequest(event))
    this.#consumer.on(CRASH, (event) => this.#onCrash(event))
    try {
      await fetchBudget.run(this.#budget, () => this.#join(topics))
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
      eachBatch: (payload) => this.#take(payload),
    })
  }

  /** The calls under way end first, so that the next owner starts behind them; one that is stuck holds up nobody. */
  async #leave(): Promise<void> {
    this.#end()
    if (!this.#stuck) await this.#idle()
    await this.#groupOffsets.finish()
    try {
      const late = sleep(LEAVE_MS_MAX, 'late', { ref: false })
      const first = await Promise.race([this.#consumer.disconnect(), late])
      if (first === 'late') this.#warn('The broker did not answer when the consumer left.', {})
    } catch (error) {
      // Nothing is handed out any more; the broker drops the member when its session ends.
      this.#warn('The consumer did not leave its group cleanly.', { error })
    }
    this.#left = true
    await this.#assigning
    await this.#idle()
  }

  #end(): void {
    this.#closed = true
    this.#disown()
    this.#resolveOver()
  }

  #fail(error: unknown): void {
    if (this.#closed) this.#warn('Another failure came while reading ended.', { error })
    this.#closed = true
    this.#disown()
    this.#rejectOver(error)
  }

  /** Before each JoinGroup. A call that takes longer than half a session may still run when another member takes over. */
  async #beforeJoin(): Promise<void> {
    // kafkajs restarted by itself while it was being stopped: throwing here is what ends that.
    if (this.#left) throw new Error('This reader has left the group.')
    this.#disown()
    await Promise.race([this.#idle(), sleep(this.#parts.timing.sessionTimeoutMs / 2, undefined, { ref: false })])
    await this.#groupOffsets.finish()
  }

  #onGroupJoin({ payload }: ConsumerGroupJoinEvent): void {
    const assigned = Object.entries(payload.memberAssignment)
    // Paused before the first fetch can go out, in this very tick: positions are not known yet.
    this.#consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })))
    const owned = this.#disown()
    this.#assigning = this.#assigning.then(() => this.#assign(assigned, owned)).catch((error) => this.#fail(error))
  }

  /** From here on nothing of the former assignment is handed out; returns where the next one goes. */
  #disown(): Map<string, KafkaPartition> {
    for (const partition of this.#owned.values()) partition.stop()
    this.#owned = new Map()
    this.#held.reset([])
    return this.#owned
  }

  /** Resolves when no call for a partition that was given up is under way. */
  async #idle(): Promise<void> {
    const stopped = [...this.#busy].filter((partition) => partition.stopped)
    await Promise.all(stopped.map((partition) => partition.idle()))
    for (const partition of stopped) this.#busy.delete(partition)
  }

  /** Asks for the positions, checks them against the log, and lets the partitions flow. */
  async #assign(
    assigned: readonly (readonly [topic: string, partitions: number[]])[],
    owned: Map<string, KafkaPartition>,
  ) {
    const current = () => !this.#closed && this.#owned === owned
    await this.#idle() // or the positions would be those from before what is being stored
    if (!current()) return
    const places = assigned.flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
    this.#assertWholeAssignment(places.map(placeOf))
    const positions: { topic: string; partition: number; position: bigint }[] = []
    for (const { topic, partition } of places) {
      positions.push({ topic, partition, position: await this.#options.positionOf(topic, partition) })
    }
    // Bounds after positions: an end only grows, so a position beyond it never was in this log.
    const bounds = await this.#boundsOf(
      assigned.map(([topic]) => topic),
      current,
    )
    for (const { topic, partition, position } of positions) {
      if (bounds === null || !current()) return
      const start = await this.#startOf(position, boundsAt(bounds, { topic, partition }))
      if (current()) this.#open(owned, { topic, partition, position: start })
    }
    this.#endWhenReached()
  }

  #open(owned: Map<string, KafkaPartition>, at: { topic: string; partition: number; position: bigint }): void {
    const place = placeOf(at)
    const end = this.#ends?.get(place) ?? null
    const partition = new KafkaPartition({ ...at, end }, this.#limits, {
      onBatch: (batch) => this.#callOnBatch(batch),
      onGap: (gap) => this.#options.onGap!(gap),
      onMoved: (moved) => this.#onMoved(moved),
      onError: (error) => this.#fail(error),
    })
    owned.set(place, partition)
    this.#busy.add(partition)
    this.#held.reset([...owned.values()])
    if (this.#ends !== null && (end === null || at.position >= end)) {
      this.#ends.delete(place) // stays paused
      return
    }
    this.#seek(partition)
    this.#consumer.resume(asTopics(partition))
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

  /** Where reading begins: at the position, or at the last record that the caller holds, or where the log now starts. */
  async #startOf(position: bigint, bounds: PartitionBounds): Promise<bigint> {
    const { topic, partition, startOffset } = bounds
    if (this.#isLost(position, bounds)) {
      await this.#options.onGap!({ topic, partition, from: position, to: startOffset })
      return startOffset
    }
    const last = this.#options.lastReadOf?.(topic, partition)
    return last !== undefined && last >= startOffset && last < position ? last : position
  }

  /** @throws OffsetOutOfRangeError unless the log holds the position, or the caller accepts gaps and it was lost */
  #isLost(position: bigint, bounds: PartitionBounds): boolean {
    if (position >= bounds.startOffset && position <= bounds.endOffset) return false
    if (position < bounds.startOffset && this.#options.onGap !== undefined) return true
    throw new OffsetOutOfRangeError({ ...bounds, position })
  }

  /** Bounds by place; null when they are not wanted any more. A follower waits for a broker that is down. */
  async #boundsOf(topics: readonly string[], wanted: () => boolean): Promise<BoundsByPlace | null> {
    for (;;) {
      try {
        return new Map((await this.#parts.bounds(topics)).map((b) => [placeOf(b), b]))
      } catch (error) {
        if (!wanted()) return null
        if (this.#ends !== null || !(error instanceof SourceUnavailableError)) throw error
      }
      await sleep(RETRY_MS)
      if (!wanted()) return null
    }
  }

  async #take({ batch, isStale, heartbeat, resolveOffset }: EachBatchPayload): Promise<void> {
    const owned = this.#owned.get(placeOf(batch))
    if (owned === undefined || isStale()) return
    await this.#inTurn(owned, async () => {
      if (!(await this.#continues(owned, BigInt(batch.firstOffset() ?? owned.fetched)))) return
      const records = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message))
      this.#add(owned, records, BigInt(batch.lastOffset()) + 1n)
      resolveOffset((owned.fetched - 1n).toString())
    })
    // Throws when the group rebalances: kafkajs then joins again, and positions are asked for anew.
    await this.#held.room(owned, heartbeat)
  }

  /** kafkajs calls no handler for a batch whose records are all hidden (aborted, control); it only tells afterwards. */
  #onBatchEnd({ payload }: ConsumerEndBatchProcessEvent): void {
    const owned = this.#owned.get(placeOf(payload))
    if (payload.batchSize > 0 || owned === undefined) return
    this.#inTurn(owned, async () => {
      if (payload.firstOffset !== null && !(await this.#continues(owned, BigInt(payload.firstOffset)))) return
      this.#add(owned, [], BigInt(payload.lastOffset) + 1n)
    })
  }

  #add(owned: KafkaPartition, records: Parameters<KafkaPartition['add']>[0], nextOffset: bigint): void {
    owned.add(records, nextOffset)
    if (owned.fetchedToEnd) this.#consumer.pause(asTopics(owned))
  }

  /** What arrives of a partition is looked at in the order in which it arrived. */
  #inTurn(owned: KafkaPartition, task: () => Promise<void>): Promise<void> {
    const done = owned.intake.then(() => (this.#isMine(owned) ? task() : undefined))
    owned.intake = done.catch((error) => this.#fail(error))
    return owned.intake
  }

  #isMine(partition: KafkaPartition): boolean {
    return !this.#closed && !partition.stopped
  }

  /**
   * kafkajs asks where a partition starts or ends when it has no position of its own: after joining, and after the log lost
   * the position that it had, which it replaces without an error. So whenever it asks, ours are checked.
   */
  #onRequest({ payload }: RequestEvent): void {
    if (payload.apiName !== 'ListOffsets' || this.#closed) return
    for (const owned of this.#owned.values()) {
      if (!owned.fetchedToEnd) this.#inTurn(owned, () => this.#assertHeld(owned))
    }
  }

  /**
   * That the log still has what is to be fetched next. When it has not and the caller accepts gaps, the rest begins at the
   * log's start, or at `arrived`, the first offset of a batch that was fetched before its records went too.
   */
  async #assertHeld(owned: KafkaPartition, arrived?: bigint): Promise<void> {
    const bounds = await this.#boundsOf([owned.topic], () => this.#isMine(owned))
    if (bounds === null) return
    const { startOffset, ...rest } = boundsAt(bounds, owned)
    if (!this.#isLost(owned.fetched, { startOffset, ...rest })) return
    owned.addGap(arrived !== undefined && arrived > owned.fetched && arrived < startOffset ? arrived : startOffset)
    this.#seek(owned)
  }

  /**
   * Whether a fetched batch goes on where the last one ended. A later first offset is a hole, which is legitimate, unless
   * the log lost what lay between: kafkajs then jumps without an error, which must not pass.
   */
  async #continues(owned: KafkaPartition, firstOffset: bigint): Promise<boolean> {
    if (firstOffset === owned.fetched) return true
    await this.#assertHeld(owned, firstOffset)
    if (!this.#isMine(owned)) return false
    if (firstOffset >= owned.fetched) return true
    this.#seek(owned)
    return false
  }

  #seek({ topic, partition, fetched }: KafkaPartition): void {
    this.#consumer.seek({ topic, partition, offset: fetched.toString() })
  }

  async #callOnBatch(batch: RecordBatch): Promise<void> {
    const { topic, partition, nextOffset } = batch
    const { batchMsMax } = this.#parts.timing
    const timer = setTimeout(() => {
      this.#stuck = true
      this.#fail(new BatchTooSlowError({ topic, partition, nextOffset, limit_s: batchMsMax / 1000 }))
    }, batchMsMax)
    try {
      await this.#options.onBatch(batch)
    } finally {
      clearTimeout(timer)
    }
  }

  #onMoved(partition: KafkaPartition): void {
    this.#groupOffsets.moved(partition)
    if (partition.stopped) return
    this.#held.moved(partition)
    if (!partition.reachedEnd) return
    this.#ends?.delete(placeOf(partition))
    this.#endWhenReached()
  }

  #endWhenReached(): void {
    if (this.#ends?.size === 0) this.#end()
  }

  #onCrash({ payload }: ConsumerCrashEvent): void {
    const places = [...this.#owned.values()].map(({ topic, partition, fetched }) => ({
      topic,
      partition,
      offset: fetched,
    }))
    this.#disown() // kafkajs has left the group
    if (payload.restart) {
      // It joins again by itself, and the positions are asked for anew; but it would wait for ever for a topic that is gone.
      this.#assertTopics().catch((error) => this.#fail(error))
      return
    }
    const unreadable = unreadableIn(payload.error)
    if (unreadable === undefined) this.#fail(asSourceError(payload.error, this.#parts.brokers))
    else withPlace(this.#parts.kafka, places, unreadable).then((error) => this.#fail(error))
  }

  async #assertTopics(): Promise<void> {
    try {
      await this.#parts.bounds(this.#options.topics)
    } catch (error) {
      if (!this.#closed && (this.#ends !== null || error instanceof TopicMissingError)) throw error
    }
  }

  #warn(message: string, facts: Record<string, unknown>): void {
    this.#parts.log({ level: 'warn', message, facts: { groupId: this.#parts.groupId, ...facts } })
  }
}

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`
}

function asTopics({
  topic,
  partition,
}: {
  topic: string
  partition: number
}): { topic: string; partitions: number[] }[] {
  return [{ topic, partitions: [partition] }]
}

function boundsAt(bounds: BoundsByPlace, place: { topic: string; partition: number }): PartitionBounds {
  const found = bounds.get(placeOf(place))
  if (found === undefined) throw new Error('The broker assigned a partition that it does not list.')
  return found
}
