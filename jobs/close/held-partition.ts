import type { PartitionBounds } from '../../pipelines/record-source.ts'
import type { Row } from '../../pipelines/warehouse/database.ts'

/** Kafka's `transaction.max.timeout.ms`: no open transaction is older, unless its coordinator lost it. */
const HANGING_AFTER_MS = 900_000n

/** A partition whose part of the cut is not known yet, because the log still hides some of it. */
export interface HeldPartition {
  readonly bounds: PartitionBounds
  /** The next offset that the warehouse has not got. */
  readonly position: bigint
}

/**
 * The first partition in which a record that belongs to the cut may still appear. In each the cut is certain when a record
 * not earlier than its time is stored (effective times never fall behind it), or when everything is stored that had been
 * appended by the time at which the bounds were read: while a transaction is open, its records lie between the stable end
 * and the high watermark, with append times that may be earlier than the cut.
 *
 * @param stored rows of partition-ends.sql by topic/partition
 */
export function firstHeldPartition(
  partitions: readonly PartitionBounds[],
  stored: ReadonlyMap<string, Row>,
): HeldPartition | undefined {
  for (const bounds of partitions) {
    const row = stored.get(`${bounds.topic}/${bounds.partition}`)
    const position = (row?.next_offset as bigint | undefined) ?? 0n
    if (row?.is_passed !== true && position < bounds.highWatermark) return { bounds, position }
  }
  return undefined
}

/** Why an epoch waits for a partition; after fifteen minutes what to do about it. @param sinceMs when the cut was due */
export function describeHeld({ bounds, position }: HeldPartition, sinceMs: bigint, nowMs: bigint): string {
  const { topic, partition, endOffset, highWatermark } = bounds
  const place = `${topic}/${partition}`
  if (position < endOffset) return `It waits for ${place}, which is stored up to ${position} of ${endOffset}.`
  const hidden = `a transaction is open on ${place} and hides offsets ${endOffset} to ${highWatermark - 1n}`
  if (nowMs - sinceMs < HANGING_AFTER_MS) return `It waits: ${hidden}, which may belong to it.`
  return [
    `ALARM: ${hidden} since ${new Date(Number(sinceMs)).toISOString()} or longer; no epoch can end before it does.`,
    'A producer is stuck, or its coordinator has lost it. Stop that producer, or find and abort the transaction:',
    `kafka-transactions.sh --bootstrap-server BROKER find-hanging --topic ${topic} --partition ${partition}, then`,
    `kafka-transactions.sh --bootstrap-server BROKER abort --topic ${topic} --partition ${partition}`,
    `--start-offset ${endOffset}. Cutting now (--now) ends the epoch before it and leaves its records to the next one.`,
  ].join(' ')
}

/** What a cut at the stable end leaves to the next epoch; empty when that is nothing. */
export function describeHidden(partitions: readonly PartitionBounds[]): string {
  const open = partitions.filter(({ endOffset, highWatermark }) => endOffset < highWatermark)
  if (open.length === 0) return ''
  const places = open.map(({ topic, partition, endOffset }) => `${topic}/${partition} from ${endOffset}`)
  return ` Cut at the stable end: records of open transactions belong to the next epoch (${places.join(', ')}).`
}
