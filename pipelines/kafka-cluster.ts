import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs'

// kafkajs 2.2.4 has no public call for three things that this source needs: offsets without isolation (the high watermark),
// a fetch of one partition, and a place to wait in before a member joins its group again. The cluster behind each of its
// clients has them. It is reached through the one method that makes it; the tests on a real broker hold that, and fail when
// a new kafkajs does it another way.

/** Of ListOffsets and Fetch: whether a client sees what a transaction has not committed. */
export const ISOLATION = { readUncommitted: 0, readCommitted: 1 } as const

interface PartitionRequest {
  readonly partition: number
}

/** One node, as kafkajs speaks to it. */
interface KafkaBroker {
  /** `timestamp`: -2 for the first offset, -1 for the end. */
  listOffsets(request: {
    readonly isolationLevel: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly (PartitionRequest & { readonly timestamp: number })[]
    }[]
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  }>
  fetch(request: {
    readonly isolationLevel: number
    readonly maxWaitTime: number
    readonly maxBytes: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly (PartitionRequest & { readonly fetchOffset: string; readonly maxBytes: number })[]
    }[]
  }): Promise<unknown>
}

export interface KafkaCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  metadata(request: { readonly topics: readonly string[] }): Promise<unknown>
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(node: { readonly nodeId: number }): Promise<KafkaBroker>
  findGroupCoordinator(request: unknown): Promise<KafkaBroker>
}

type CreateCluster = (options: object) => KafkaCluster

/** A cluster of its own on the client's settings; not connected yet. */
export function openCluster(kafka: Kafka): KafkaCluster {
  return createClusterOf(kafka).create({ allowAutoTopicCreation: false, metadataMaxAge: 0 })
}

/** A consumer that calls `beforeJoin` and waits for it whenever it is about to join its group. */
export function consumerThatWaits(kafka: Kafka, config: ConsumerConfig, beforeJoin: () => Promise<void>): Consumer {
  const { name, create } = createClusterOf(kafka)
  const createWaiting: CreateCluster = (options) => {
    const cluster = create(options)
    const findGroupCoordinator = cluster.findGroupCoordinator.bind(cluster)
    // The first thing that a member does to join; it does it for nothing else.
    cluster.findGroupCoordinator = async (request) => {
      await beforeJoin()
      return findGroupCoordinator(request)
    }
    return cluster
  }
  const waiting: Kafka = Object.create(kafka, { [name]: { value: createWaiting } })
  return waiting.consumer(config)
}

function createClusterOf(kafka: Kafka): { name: symbol; create: CreateCluster } {
  const name = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  )
  const create: unknown = name === undefined ? undefined : Reflect.get(kafka, name)
  if (name === undefined || typeof create !== 'function')
    throw new TypeError('This kafkajs makes clusters in an unknown way.')
  return { name, create: create as CreateCluster }
}
