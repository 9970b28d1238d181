import { join } from 'node:path'
import { SegmentTopicError } from './errors.ts'

/** What the name of a segment says: `from` inclusive, `to` exclusive, SHA-256 of the file's bytes in hex. */
export interface SegmentName {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
  readonly sha256: string
}

/** What Kafka takes for a topic; as a folder's name it leads nowhere else. */
const TOPIC = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/
const PARTITION = /^\d{6}$/
const FILE = /^(\d{20})-(\d{20})-([0-9a-f]{64})\.parquet$/
const PARTITION_DIGITS = 6
const OFFSET_DIGITS = 20
const OFFSET_MAX = 2n ** 63n - 1n

/** Folder of a topic's partitions. @throws SegmentTopicError for a name that Kafka would refuse */
export function topicFolder(folder: string, topic: string): string {
  if (!TOPIC.test(topic)) throw new SegmentTopicError({ topic })
  return join(folder, topic)
}

/** Folder of a partition's segments. @throws SegmentTopicError */
export function partitionFolder(folder: string, topic: string, partition: number): string {
  return join(topicFolder(folder, topic), String(partition).padStart(PARTITION_DIGITS, '0'))
}

/** Path of a segment: `folder/topic/partition/from-to-sha256.parquet`, with leading zeros, so that names sort as offsets do. */
export function segmentPath(folder: string, name: SegmentName): string {
  const file = `${offsetText(name.from)}-${offsetText(name.to)}-${name.sha256}.parquet`
  return join(partitionFolder(folder, name.topic, name.partition), file)
}

/** The partition that a folder's name says; undefined when it is none. */
export function partitionOfName(name: string): number | undefined {
  return PARTITION.test(name) ? Number(name) : undefined
}

/** What a file's name says; undefined when it is no segment's. */
export function parseSegmentName(topic: string, partition: number, file: string): SegmentName | undefined {
  const [, fromText, toText, sha256] = FILE.exec(file) ?? []
  if (fromText === undefined || toText === undefined || sha256 === undefined) return undefined
  const from = BigInt(fromText)
  const to = BigInt(toText)
  return from < to && to <= OFFSET_MAX ? { topic, partition, from, to, sha256 } : undefined
}

function offsetText(offset: bigint): string {
  return String(offset).padStart(OFFSET_DIGITS, '0')
}
