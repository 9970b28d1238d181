import type { PartitionBounds, ReadOptions, RecordSource } from '../record-source.ts'
import { SourceUnavailableError } from '../record-source-errors.ts'
import { Overlaps } from './overlaps.ts'
import {
  assertInLog,
  type SealedPartition,
  type SegmentsByPartition,
  sealedAlone,
  sealedOf,
  segmentsOf,
} from './sealed-partition.ts'
import { SegmentReading } from './segment-reading.ts'

/** How long a follower that found nothing new waits before it looks into the folder, and asks the log, again. */
const FOLLOW_POLL_MS = 500

export interface SegmentSourceOptions {
  /** Where sealers write. */
  readonly folder: string
  /**
   * The log that is sealed. It tells which partitions there are and how far they go; without it, what is sealed is all.
   * It is closed by whoever opened it.
   */
  readonly upstream?: RecordSource
}

/**
 * Reads what sealers sealed, with the promises of {@link RecordSource}. The end of a partition is where its segments end or
 * leave a gap. With an upstream the high watermark is the log's, so that nobody takes a cut for complete before everything
 * below it is sealed.
 *
 * Of segments that overlap it takes the union; when they are not equal, it stops with a SegmentConflictError.
 */
export class SegmentSource implements RecordSource {
  readonly #folder: string
  readonly #upstream: RecordSource | undefined
  readonly #overlaps: Overlaps
  readonly #closing = new AbortController()

  constructor(options: SegmentSourceOptions) {
    this.#folder = options.folder
    this.#upstream = options.upstream
    this.#overlaps = new Overlaps(options.folder)
  }

  async partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    return (await this.#look(topics)).map(({ bounds }) => bounds)
  }

  async read(options: ReadOptions): Promise<void> {
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const stop = AbortSignal.any(signals)
    const reading = new SegmentReading({ folder: this.#folder, overlaps: this.#overlaps, options, stop })
    let seen = await this.#look(options.topics)
    await reading.assign(seen)
    if (options.until === 'end') {
      for (const sealed of seen) await reading.readPartition(sealed)
      return
    }
    while (!stop.aborted) {
      let progress = false
      for (const sealed of seen) progress = (await reading.readPartition(sealed)) || progress
      if (!progress) await pause(FOLLOW_POLL_MS, stop)
      if (stop.aborted) return
      seen = await this.#look(options.topics)
      await reading.assign(seen)
    }
  }

  /** Ends every `read` after the batch under way. */
  async close(): Promise<void> {
    this.#closing.abort()
  }

  async #look(topics: readonly string[]): Promise<readonly SealedPartition[]> {
    if (this.#closing.signal.aborted)
      throw new SourceUnavailableError({ source: this.#folder }, new Error('This source was closed.'))
    const unique = [...new Set(topics)].sort()
    const sealed = new Map<string, SegmentsByPartition | undefined>()
    for (const topic of unique) sealed.set(topic, await segmentsOf(this.#folder, topic))
    if (this.#upstream === undefined) return unique.flatMap((topic) => sealedAlone(topic, sealed.get(topic)))
    const upstream = await this.#upstream.partitions(unique)
    for (const topic of unique) assertInLog(this.#folder, topic, sealed.get(topic), upstream)
    return upstream.map((bounds) => sealedOf(bounds, sealed.get(bounds.topic)?.get(bounds.partition) ?? []))
  }
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
