import type { Kafka } from 'kafkajs'
import { ISOLATION, openCluster } from './kafka-cluster.ts'
import { UnreadableBatchError } from './kafka-source-errors.ts'
import type { PartitionOffset } from './record-source.ts'

const FETCH_BYTES = 4 * 1024 * 1024

/** What in the chain of causes says that a batch could not be decoded. */
export function unreadableIn(error: unknown): UnreadableBatchError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof UnreadableBatchError) return e
    // Of kafkajs's own decoding: bytes that end early, or more records in one batch than fit on the stack.
    if (e.name === 'RangeError')
      return new UnreadableBatchError({ offset: undefined, codec: 'none', problem: e.message })
  }
  return undefined
}

/**
 * The same error with its partition. kafkajs decodes a response as a whole and does not say of which partition a batch was
 * that it could not read, so each is fetched alone from where it stood.
 */
export async function withPlace(
  kafka: Kafka,
  places: readonly PartitionOffset[],
  error: UnreadableBatchError,
): Promise<UnreadableBatchError> {
  const cluster = openCluster(kafka)
  try {
    await cluster.connect()
    for (const { topic, partition, offset } of places) {
      await cluster.addTargetTopic(topic)
      const { leader } = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)!
      const broker = await cluster.findBroker({ nodeId: leader })
      const request = { partition, fetchOffset: offset.toString(), maxBytes: FETCH_BYTES }
      const found = await broker
        .fetch({
          isolationLevel: ISOLATION.readCommitted,
          maxWaitTime: 1,
          maxBytes: FETCH_BYTES,
          topics: [{ topic, partitions: [request] }],
        })
        .then(() => undefined, unreadableIn)
      if (found !== undefined) return new UnreadableBatchError({ ...found.batch, topic, partition })
    }
    return error
  } catch {
    return error // the broker is gone meanwhile; what is known is said
  } finally {
    await cluster.disconnect()
  }
}
