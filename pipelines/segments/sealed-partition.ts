import { join } from 'node:path'
import type { PartitionBounds } from '../record-source.ts'
import { OffsetOutOfRangeError, TopicMissingError } from '../record-source-errors.ts'
import { SegmentFolderError } from './errors.ts'
import { chainOf, listPartitions, listSegments } from './segment-folder.ts'
import { partitionFolder, type SegmentName } from './segment-name.ts'

/** A partition as the folder, and the log if there is one, show it at one moment. */
export interface SealedPartition {
  /** `endOffset` is the end of the chain. */
  readonly bounds: PartitionBounds
  /** Ascending by (from, to); some may lie behind a gap. */
  readonly segments: readonly SegmentName[]
  /** The furthest position that a reader may have: it may have read the log itself before. */
  readonly positionMax: bigint
}

/** The segments of each partition of a topic. */
export type SegmentsByPartition = ReadonlyMap<number, readonly SegmentName[]>

/** Undefined when nobody ever sealed the topic. */
export async function segmentsOf(folder: string, topic: string): Promise<SegmentsByPartition | undefined> {
  const partitions = await listPartitions(folder, topic)
  if (partitions === undefined) return undefined
  const segments = new Map<number, readonly SegmentName[]>()
  for (const partition of partitions) segments.set(partition, await listSegments(folder, topic, partition))
  return segments
}

/** What the folder alone tells: it is all there is. @throws TopicMissingError */
export function sealedAlone(topic: string, sealed: SegmentsByPartition | undefined): SealedPartition[] {
  if (sealed === undefined) throw new TopicMissingError({ topic })
  return [...sealed].map(([partition, segments]) => {
    const { start, end } = chainOf(segments)
    const bounds = { topic, partition, startOffset: start, endOffset: end, highWatermark: end }
    return { bounds, segments, positionMax: end }
  })
}

/**
 * What the folder tells of a partition of the log.
 * @param upstream bounds that were asked for after the folder was listed: ends only grow
 * @throws OffsetOutOfRangeError when more is sealed than the log holds: it was sealed from another log
 */
export function sealedOf(upstream: PartitionBounds, segments: readonly SegmentName[]): SealedPartition {
  const { start, end } = chainOf(segments)
  if (end > upstream.highWatermark) throw new OffsetOutOfRangeError({ ...upstream, position: end })
  const bounds = { ...upstream, startOffset: start, endOffset: end }
  return { bounds, segments, positionMax: upstream.endOffset > end ? upstream.endOffset : end }
}

/** @throws SegmentFolderError for sealed partitions that the log does not have */
export function assertInLog(
  folder: string,
  topic: string,
  sealed: SegmentsByPartition | undefined,
  upstream: readonly PartitionBounds[],
): void {
  const known = new Set(upstream.filter((bounds) => bounds.topic === topic).map(({ partition }) => partition))
  for (const partition of sealed?.keys() ?? []) {
    if (known.has(partition)) continue
    const path = join(partitionFolder(folder, topic, partition))
    throw new SegmentFolderError({ path, problem: 'the log has no such partition' })
  }
}
