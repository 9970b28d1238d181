import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SegmentFolderError } from './errors.ts'
import {
  parseSegmentName,
  partitionFolder,
  partitionOfName,
  type SegmentName,
  segmentPath,
  topicFolder,
} from './segment-name.ts'

/** The partitions of a topic that have a folder, ascending; undefined when the topic has none. @throws SegmentFolderError */
export async function listPartitions(folder: string, topic: string): Promise<readonly number[] | undefined> {
  const path = topicFolder(folder, topic)
  const entries = await entriesOf(path)
  return entries?.map((entry) => {
    const partition = partitionOfName(entry.name)
    if (partition === undefined || !entry.isDirectory())
      throw new SegmentFolderError({ path: join(path, entry.name), problem: 'it is no folder of a partition' })
    return partition
  })
}

/**
 * The segments of a partition by their names alone, ascending by (from, to); none when it has no folder.
 * @throws SegmentFolderError for anything that is neither a segment nor hidden: a name that nobody reads may be a lost record
 */
export async function listSegments(folder: string, topic: string, partition: number): Promise<readonly SegmentName[]> {
  const path = partitionFolder(folder, topic, partition)
  const entries = (await entriesOf(path)) ?? []
  return entries.map((entry) => {
    const name = parseSegmentName(topic, partition, entry.name)
    if (name === undefined || !entry.isFile())
      throw new SegmentFolderError({ path: join(path, entry.name), problem: 'it is no segment' })
    return name
  })
}

/** What of a partition is sealed without a gap. */
export interface Chain {
  /** First offset that is there; 0 when nothing is sealed. */
  readonly start: bigint
  /** Behind the last offset that is reached from `start` without a gap. */
  readonly end: bigint
}

/** The longest run of offsets from the first segment on in which each is covered by a segment. */
export function chainOf(segments: readonly SegmentName[]): Chain {
  const start = segments[0]?.from ?? 0n
  let end = start
  for (const { from, to } of segments) {
    if (from > end) break
    if (to > end) end = to
  }
  return { start, end }
}

/** The segment that covers an offset and reaches furthest. */
export function segmentAt(segments: readonly SegmentName[], offset: bigint): SegmentName | undefined {
  let best: SegmentName | undefined
  for (const segment of segments) {
    if (segment.from > offset) break
    if (segment.to > offset && (best === undefined || segment.to > best.to)) best = segment
  }
  return best
}

/** Paths of the segments that hold a record, in some order. */
export type SegmentsOfRecord = (topic: string, partition: number, offset: bigint) => Promise<readonly string[]>

/** Reads the folder of each partition once, when it is first asked for. @throws as {@link listSegments}, when it is called */
export function segmentsOfRecords(folder: string): SegmentsOfRecord {
  const known = new Map<string, Promise<readonly SegmentName[]>>()
  return async (topic, partition, offset) => {
    const path = partitionFolder(folder, topic, partition)
    const listed = known.get(path) ?? listSegments(folder, topic, partition)
    known.set(path, listed)
    const holding = (await listed).filter(({ from, to }) => from <= offset && offset < to)
    return holding.map((segment) => segmentPath(folder, segment))
  }
}

/** Visible entries by name; undefined when there is no such folder. */
async function entriesOf(path: string): Promise<Dirent[] | undefined> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
