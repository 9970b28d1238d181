import { batchLimits, splitByLimits } from '../batch-limits.ts'
import type { LogRecord, PartitionBounds, ReadOptions } from '../record-source.ts'
import { OffsetOutOfRangeError } from '../record-source-errors.ts'
import { SegmentDamagedError } from './errors.ts'
import type { Overlaps } from './overlaps.ts'
import { readSegment, type Segment } from './read-segment.ts'
import type { SealedPartition } from './sealed-partition.ts'
import { chainOf, listSegments, segmentAt } from './segment-folder.ts'
import { type SegmentName, segmentPath } from './segment-name.ts'

export interface SegmentReadingParts {
  readonly folder: string
  readonly overlaps: Overlaps
  readonly options: ReadOptions
  readonly stop: AbortSignal
}

/** One `read` of a SegmentSource: where it is in each partition. */
export class SegmentReading {
  readonly #parts: SegmentReadingParts
  readonly #positions = new Map<string, bigint>()

  constructor(parts: SegmentReadingParts) {
    this.#parts = parts
  }

  /** Asks for the positions of partitions that are new. @throws OffsetOutOfRangeError */
  async assign(seen: readonly SealedPartition[]): Promise<void> {
    for (const sealed of seen) {
      const key = keyOf(sealed)
      if (!this.#positions.has(key)) this.#positions.set(key, await this.#startOf(sealed))
    }
  }

  async #startOf({ bounds, positionMax }: SealedPartition): Promise<bigint> {
    const { options } = this.#parts
    const { topic, partition, startOffset } = bounds
    const position = await options.positionOf(topic, partition)
    if (position > positionMax) throw new OffsetOutOfRangeError({ ...bounds, position })
    if (position < startOffset) return this.#behindGap(bounds, position)
    const last = options.lastReadOf?.(topic, partition)
    return last !== undefined && last >= startOffset && last < position ? last : position
  }

  /**
   * Hands out what is sealed behind the position, one segment in memory at a time.
   * @returns whether there was anything
   */
  async readPartition(seen: SealedPartition): Promise<boolean> {
    const { folder, overlaps, stop } = this.#parts
    const start = this.#position(seen)
    if (start >= seen.bounds.endOffset || stop.aborted) return false
    let sealed = seen
    await overlaps.assertEqual(sealed.segments)
    while (!stop.aborted && this.#position(sealed) < seen.bounds.endOffset) {
      const segment = segmentAt(sealed.segments, this.#position(sealed))
      if (segment === undefined) throw new RangeError('A chain without a gap has one.')
      const opened = await readSegment(folder, segment)
      if (opened === undefined) sealed = await this.#lookAgain(sealed, segment)
      else if (opened.kind === 'gap') await this.#passGap(sealed, segment.to)
      else await this.#handOut(sealed, opened, segment.to)
    }
    return this.#position(sealed) > start
  }

  /** A segment is gone: deleted with all before it, which is a gap, or replaced by others. @throws SegmentDamagedError if not */
  async #lookAgain(sealed: SealedPartition, gone: SegmentName): Promise<SealedPartition> {
    const { folder, overlaps } = this.#parts
    const { topic, partition } = gone
    const segments = await listSegments(folder, topic, partition)
    const bounds = { ...sealed.bounds, startOffset: chainOf(segments).start }
    const position = this.#position(sealed)
    if (segments.length > 0 && position < bounds.startOffset)
      this.#positions.set(keyOf(sealed), await this.#behindGap(bounds, position))
    else if ([undefined, gone.sha256].includes(segmentAt(segments, position)?.sha256))
      throw new SegmentDamagedError({
        path: segmentPath(folder, gone),
        problem: 'it is gone, and nothing in its place',
      })
    await overlaps.assertEqual(segments)
    return { ...sealed, bounds, segments }
  }

  /** @throws OffsetOutOfRangeError unless the caller accepts gaps */
  async #behindGap(bounds: PartitionBounds, position: bigint): Promise<bigint> {
    const { onGap } = this.#parts.options
    const { topic, partition, startOffset } = bounds
    if (onGap === undefined) throw new OffsetOutOfRangeError({ ...bounds, position })
    await onGap({ topic, partition, from: position, to: startOffset })
    return startOffset
  }

  /** The log lost what lies between; who sealed that let it go, and whoever reads has to as well. */
  async #passGap(sealed: SealedPartition, to: bigint): Promise<void> {
    const bounds = { ...sealed.bounds, startOffset: to }
    this.#positions.set(keyOf(sealed), await this.#behindGap(bounds, this.#position(sealed)))
  }

  /** Everything behind the position. What holds no record at the end of the segment belongs to its last batch. */
  async #handOut(sealed: SealedPartition, segment: Segment, to: bigint): Promise<void> {
    const limits = batchLimits(this.#parts.options)
    let held: readonly LogRecord[] = []
    for await (const records of segment.groups()) {
      const position = this.#position(sealed)
      const unread = records.filter(({ offset }) => offset >= position)
      for (const run of splitByLimits(unread, limits)) {
        // One run behind: only then it is known which one is the last.
        if (held.length > 0 && !(await this.#deliver(sealed, held, held.at(-1)!.offset + 1n))) return
        held = run
      }
    }
    await this.#deliver(sealed, held, to)
  }

  /** @returns false when reading was stopped before */
  async #deliver(sealed: SealedPartition, records: readonly LogRecord[], nextOffset: bigint): Promise<boolean> {
    const { options, stop } = this.#parts
    if (stop.aborted) return false
    const { topic, partition } = sealed.bounds
    await options.onBatch({ topic, partition, records, nextOffset })
    this.#positions.set(keyOf(sealed), nextOffset)
    return true
  }

  #position(sealed: SealedPartition): bigint {
    return this.#positions.get(keyOf(sealed)) ?? 0n
  }
}

function keyOf({ bounds }: SealedPartition): string {
  return `${bounds.topic}/${bounds.partition}`
}
