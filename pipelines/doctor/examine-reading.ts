import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import type { TopicState } from '../log-admin.ts'
import type { PartitionBounds, PartitionOffset } from '../record-source.ts'
import { type Finding, ok } from './finding.ts'
import type { Stored, StoredPosition } from './stored.ts'

/** Topics whose records are needed for as long as the ledger may have to be read again. */
const KEPT_TOPICS = [...INPUT_TOPICS, TOPICS.epochs]
const DAY_MS = 86_400_000n
const HOUR_MS = 3_600_000n

export interface Reading {
  readonly stored: Stored
  readonly bounds: readonly PartitionBounds[]
  readonly nowMs: bigint
}

/** What is stored against what the log holds: gaps, topics made again, how much is unread. */
export function examinePositions({ stored, bounds }: Reading): Finding[] {
  const findings: Finding[] = []
  let lag = 0n
  for (const { topic, partition, startOffset, endOffset } of bounds) {
    const next = positionOf(stored, topic, partition)?.next ?? 0n
    const subject = `${topic}/${partition}`
    const held = `the log holds ${startOffset} to ${endOffset}`
    if (next < startOffset) {
      const found = `is read up to ${next}, and ${held}`
      const means = `${startOffset - next} offsets were deleted before they were read; ingest stops (OFFSET_OUT_OF_RANGE).`
      const mend = 'tally ingest --accept-gap'
      findings.push({ check: 'positions', severity: 'error', subject, found, means, mend })
    } else if (next > endOffset) {
      const found = `is read up to ${next}, but ${held}`
      const means =
        'The topic was made again, or the broker lost records that were read; ingest stops (OFFSET_OUT_OF_RANGE or TOPIC_RECREATED).'
      const mend = 'Keep the warehouse, which has them, and see docs/operations/kafka.md#failures'
      findings.push({ check: 'positions', severity: 'error', subject, found, means, mend })
    } else lag += endOffset - next
  }
  for (const { topic, partition, next } of stored.positions) {
    if (bounds.some((each) => each.topic === topic && each.partition === partition)) continue
    if (!bounds.some((each) => each.topic === topic)) continue // the topic itself is missing: said elsewhere
    const found = `was read up to ${next} and does not exist any more`
    const means = 'The topic was made again with fewer partitions.'
    const mend = 'Keep the warehouse, which has its records, and see docs/operations/kafka.md#failures'
    findings.push({ check: 'positions', severity: 'error', subject: `${topic}/${partition}`, found, means, mend })
  }
  return findings.length > 0 ? findings : [ok('positions', `all within the log; ${lag} offsets are still to be read`)]
}

/** Limited retention of what is read, against the oldest record that is still needed from the log. */
export function examineRetention(states: readonly TopicState[], reading: Reading | null): Finding[] {
  const findings: Finding[] = []
  for (const { topic, settings } of states) {
    if (settings === null || !KEPT_TOPICS.some((kept) => kept === topic)) continue
    const limit_ms = BigInt(settings.get('retention.ms') ?? -1)
    const limit_bytes = BigInt(settings.get('retention.bytes') ?? -1)
    const mend = 'tally topics create'
    if (limit_bytes >= 0n) {
      const found = `retention.bytes is ${limit_bytes}: a full partition deletes its oldest records, read or not`
      const means = 'A gap in the log stops ingest for good, and a lost warehouse cannot be read again.'
      findings.push({ check: 'retention', severity: 'warning', subject: topic, found, means, mend })
    }
    if (limit_ms < 0n) continue
    const age_ms = reading === null ? null : neededAge(topic, reading)
    const endangered = age_ms !== null && age_ms * 2n > limit_ms
    const needed =
      age_ms === null ? '' : `; the oldest record that is not stored, or in no published bundle, is ${span(age_ms)} old`
    findings.push({
      check: 'retention',
      severity: endangered ? 'error' : 'warning',
      subject: topic,
      found: `retention.ms is ${span(limit_ms)}${needed}`,
      means: endangered
        ? 'It is deleted soon, or was already: then it is missing from the ledger, or cannot be read again.'
        : 'A stop that is longer loses records, and a lost warehouse cannot be read again.',
      mend,
    })
  }
  return findings.length > 0 ? findings : [ok('retention', 'input topics and cuts keep everything')]
}

/** Age of the oldest record that is still needed; null when there is none. Of what is unread, the last read one stands for it. */
function neededAge(topic: string, { stored, bounds, nowMs }: Reading): bigint | null {
  const unread = bounds
    .filter((each) => each.topic === topic)
    .flatMap(({ partition, endOffset }) => {
      const position = positionOf(stored, topic, partition)
      return position !== undefined && position.next < endOffset ? [position.effectiveMs] : []
    })
  const unsealed = stored.unsealedMs.get(topic)
  const times = unsealed === undefined ? unread : [...unread, unsealed]
  if (times.length === 0) return null
  const oldest = times.reduce((least, each) => (each < least ? each : least))
  return nowMs > oldest ? nowMs - oldest : 0n
}

/** An open transaction that stood at the same offset in two looks. */
export function examineTransactions(first: readonly PartitionBounds[], second: readonly PartitionBounds[]): Finding[] {
  const findings: Finding[] = []
  for (const { topic, partition, endOffset, highWatermark } of second) {
    const before = first.find((each) => each.topic === topic && each.partition === partition)
    if (highWatermark <= endOffset || before === undefined) continue
    if (before.endOffset !== endOffset || before.highWatermark <= before.endOffset) continue
    findings.push({
      check: 'transactions',
      severity: 'warning',
      subject: `${topic}/${partition}`,
      found: `a transaction is open at offset ${endOffset}; ${highWatermark - endOffset} offsets behind it are hidden`,
      means: 'Nothing behind it is read, and no cut goes beyond it, until it ends or its producer’s time is up.',
      mend: `kafka-transactions.sh --bootstrap-server … find-hanging --topic ${topic} --partition ${partition}; then abort it with the same tool`,
    })
  }
  return findings.length > 0 ? findings : [ok('transactions', 'none holds the log back')]
}

/** Kafka's own offsets of the group: for lag tools alone, but they tell of another process. */
export function examineGroup(groupId: string, committed: readonly PartitionOffset[], stored: Stored): Finding[] {
  const ahead = committed.filter(({ topic, partition, offset }) => {
    return offset > (positionOf(stored, topic, partition)?.next ?? 0n)
  })
  if (ahead.length === 0) return [ok('group', `${groupId} is nowhere ahead of the warehouse`)]
  return ahead.map(({ topic, partition, offset }) => ({
    check: 'group',
    severity: 'warning',
    subject: `${topic}/${partition}`,
    found: `group ${groupId} committed ${offset}, the warehouse is at ${positionOf(stored, topic, partition)?.next ?? 0n}`,
    means:
      'Another warehouse is filled under this group, or this one is an older copy. Nothing is lost: positions never come from the group.',
    mend: 'Give each warehouse a group of its own (KAFKA_GROUP)',
  }))
}

export function examineLetters({ waitingLetters }: Stored): Finding[] {
  const waiting = [...waitingLetters].filter(([, letters]) => letters > 0)
  if (waiting.length === 0) return [ok('dead letters', 'all are published')]
  return waiting.map(([topic, letters]) => ({
    check: 'dead letters',
    severity: 'warning',
    subject: topic,
    found: `${letters} wait to be published to ${deadLetterTopic(topic)}`,
    means: 'Whoever watches that topic does not know of them yet; the warehouse has them.',
    mend: 'tally ingest',
  }))
}

function positionOf({ positions }: Stored, topic: string, partition: number): StoredPosition | undefined {
  return positions.find((each) => each.topic === topic && each.partition === partition)
}

function span(duration_ms: bigint): string {
  if (duration_ms >= 2n * DAY_MS) return `${duration_ms / DAY_MS} days`
  if (duration_ms >= 2n * HOUR_MS) return `${duration_ms / HOUR_MS} hours`
  return `${duration_ms / 1_000n} s`
}
