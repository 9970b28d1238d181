import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { ISOLATION, type KafkaCluster, openCluster } from './kafka-cluster.ts'
import { asSourceError, kafkaErrorType } from './kafka-connection.ts'
import type { PartitionBounds } from './record-source.ts'

const EARLIEST = -2
const LATEST = -1
/** While leaders change; each wait is twice the one before it, about ten seconds in all. */
const ATTEMPTS = 6
const WAIT_MS = 300

/**
 * The bounds of every partition of the topics, ascending. The end offset is asked for with isolation level read_committed
 * (the last stable offset), and after it the high watermark without isolation, so that it is never the lower of the two.
 *
 * @throws TopicMissingError, SourceLoginError, SourceUntrustedError, SourceUnavailableError
 */
export async function fetchBounds(
  kafka: Kafka,
  brokers: readonly string[],
  topics: readonly string[],
): Promise<PartitionBounds[]> {
  // A cluster of its own for each call: one that once saw a topic which is gone fails for all others.
  const cluster = openCluster(kafka)
  const bounds: PartitionBounds[] = []
  let asked: string | undefined
  try {
    await cluster.connect()
    for (const topic of [...new Set(topics)].sort()) {
      asked = topic
      bounds.push(...(await whileLeadersChange(() => boundsOf(cluster, topic))))
    }
    return bounds
  } catch (error) {
    throw asSourceError(error, brokers, asked)
  } finally {
    await cluster.disconnect()
  }
}

async function whileLeadersChange<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      const missing = kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
      if (tried === ATTEMPTS || missing || !isRetriable(error)) throw error
    }
    await sleep(WAIT_MS * 2 ** (tried - 1))
  }
}

function isRetriable(error: unknown): boolean {
  return error instanceof Error && 'retriable' in error && error.retriable === true
}

async function boundsOf(cluster: KafkaCluster, topic: string): Promise<PartitionBounds[]> {
  await cluster.metadata({ topics: [topic] }) // fails at once when there is no such topic
  await cluster.addTargetTopic(topic)
  await cluster.refreshMetadata()
  const starts = await offsetsOf(cluster, topic, ISOLATION.readCommitted, EARLIEST)
  const ends = await offsetsOf(cluster, topic, ISOLATION.readCommitted, LATEST)
  const highs = await offsetsOf(cluster, topic, ISOLATION.readUncommitted, LATEST)
  return [...starts]
    .sort(([a], [b]) => a - b)
    .map(([partition, startOffset]) => ({
      topic,
      partition,
      startOffset,
      endOffset: ends.get(partition)!,
      highWatermark: highs.get(partition)!,
    }))
}

/** Partition → offset, asked of each partition's leader. */
async function offsetsOf(
  cluster: KafkaCluster,
  topic: string,
  isolationLevel: number,
  timestamp: number,
): Promise<Map<number, bigint>> {
  const partitionsOf = new Map<number, { partition: number; timestamp: number }[]>()
  for (const { leader, partitionId } of cluster.findTopicPartitionMetadata(topic)) {
    const list = partitionsOf.get(leader) ?? []
    list.push({ partition: partitionId, timestamp })
    partitionsOf.set(leader, list)
  }
  const answers = await Promise.all(
    [...partitionsOf].map(async ([nodeId, partitions]) => {
      const broker = await cluster.findBroker({ nodeId })
      return broker.listOffsets({ isolationLevel, topics: [{ topic, partitions }] })
    }),
  )
  const partitions = answers.flatMap(({ responses }) => responses.flatMap((response) => response.partitions))
  return new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
}
