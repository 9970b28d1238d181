import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, ConfigResourceTypes, ConfigSource, Kafka } from 'kafkajs'
import type { TallyError } from '../schemas/errors.ts'
import { asSourceError, type KafkaConnectionOptions, kafkaClient, kafkaErrorType } from './kafka-connection.ts'
import type { LogAdmin, PartitionState, TopicState, TopicToCreate } from './log-admin.ts'
import { NotPermittedError, TopicRefusedError } from './log-admin-errors.ts'
import type { PartitionOffset } from './record-source.ts'

// kafkajs declares both enums, and Node finds neither among the names that its CommonJS module exports.
const TOPIC_RESOURCE: ConfigResourceTypes = 2
/** A setting of the topic itself, not one that its broker has for all. */
const OWN_SETTING: ConfigSource = 1

/** Ten seconds. */
const CREATED_LOOKS = 100
const CREATED_LOOK_MS = 100

/** Five seconds. */
const COUNTED_TRIES = 20
const COUNTED_TRY_MS = 250

/** Errors that speak of what was asked, not of the broker's state. */
const REFUSALS = [
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_REPLICA_ASSIGNMENT',
  'INVALID_REQUEST',
  'POLICY_VIOLATION',
]

/** Opens a {@link LogAdmin} on Kafka. Each question is a connection of its own, so there is nothing to close. */
export function openKafkaAdmin(options: KafkaConnectionOptions): LogAdmin {
  return new KafkaAdmin(options)
}

class KafkaAdmin implements LogAdmin {
  readonly #kafka: Kafka
  readonly #brokers: readonly string[]

  constructor(options: KafkaConnectionOptions) {
    this.#kafka = kafkaClient(options)
    this.#brokers = options.brokers
  }

  nodes(): Promise<readonly number[]> {
    return this.#ask('to see the cluster', async (admin) => {
      const { brokers } = await admin.describeCluster()
      return brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
    })
  }

  topics(names: readonly string[]): Promise<readonly TopicState[]> {
    return this.#ask('to see its topics', async (admin) => {
      const known = new Set(await admin.listTopics())
      const found = names.filter((name) => known.has(name))
      if (found.length === 0) return []
      const metadata = new Map(
        (await admin.fetchTopicMetadata({ topics: found })).topics.map((topic) => [topic.name, topic.partitions]),
      )
      const states: TopicState[] = []
      for (const topic of found) {
        const partitions: PartitionState[] = (metadata.get(topic) ?? []).map((each) => ({
          partition: each.partitionId,
          leader: each.leader,
          replicas: each.replicas,
          inSync: each.isr,
        }))
        partitions.sort((a, b) => a.partition - b.partition)
        states.push({ topic, partitions, settings: await settingsOf(admin, topic) })
      }
      return states
    })
  }

  createTopic({ topic, partitions, replication, settings }: TopicToCreate): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    const topics = [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }]
    return this.#change('to create topics', topic, async (admin) => {
      // kafkajs waits for leaders only once the broker that it asks knows the topic, and else fails: so we wait ourselves.
      await onceNodesAreCounted(() => admin.createTopics({ topics, waitForLeaders: false }))
      await untilLed(admin, topic)
    })
  }

  /**
   * kafkajs 2.2.4 has only the request that replaces all of a topic's own settings (AlterConfigs, without KIP-339): the ones
   * that are not to change are read just before and sent along. Somebody who changes one in between is overwritten.
   */
  changeSettings(topic: string, changes: Readonly<Record<string, string>>): Promise<void> {
    return this.#change('to change settings', topic, async (admin) => {
      const own = (await describe(admin, topic)).filter(({ configSource }) => configSource === OWN_SETTING)
      const settings = { ...Object.fromEntries(own.map((each) => [each.configName, each.configValue])), ...changes }
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
      const resources = [{ type: TOPIC_RESOURCE, name: topic, configEntries }]
      await admin.alterConfigs({ validateOnly: false, resources })
    })
  }

  addPartitions(topic: string, partitions: number): Promise<void> {
    return this.#change('to add partitions', topic, async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
    })
  }

  groupOffsets(groupId: string, topics: readonly string[]): Promise<readonly PartitionOffset[]> {
    return this.#ask(`to see group ${groupId}`, async (admin) => {
      if (topics.length === 0) return []
      const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
      return committed.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))
          .filter(({ offset }) => offset >= 0n),
      )
    })
  }

  async appendTime(topic: string): Promise<bigint> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false })
    try {
      await producer.connect()
      const [sent] = await producer.send({ topic, acks: -1, messages: [{ key: null, value: Buffer.alloc(0) }] })
      return BigInt(sent?.logAppendTime ?? -1)
    } catch (error) {
      throw this.#asOurs(error, `to write to ${topic}`)
    } finally {
      await producer.disconnect()
    }
  }

  async #ask<Answer>(doing: string, question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const admin = this.#kafka.admin()
    try {
      await admin.connect()
      return await question(admin)
    } catch (error) {
      throw this.#asOurs(error, doing)
    } finally {
      await admin.disconnect()
    }
  }

  async #change(doing: string, topic: string, change: (admin: Admin) => Promise<void>): Promise<void> {
    try {
      await this.#ask(doing, change)
    } catch (error) {
      const refused = refusalOf(error)
      throw refused === undefined ? error : new TopicRefusedError({ topic, refused }, error)
    }
  }

  #asOurs(error: unknown, doing: string): TallyError {
    const first = firstOf(error)
    const type = kafkaErrorType(first)
    if (type?.endsWith('AUTHORIZATION_FAILED')) return new NotPermittedError({ doing, refused: type }, first)
    return asSourceError(first, this.#brokers)
  }
}

/** A node that has just come, or was thought lost for a moment, is missing from the count of possible copies for a while. */
async function onceNodesAreCounted(create: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await create()
      return
    } catch (error) {
      const isForCopies = kafkaErrorType(firstOf(error)) === 'INVALID_REPLICATION_FACTOR'
      if (!isForCopies || tries === COUNTED_TRIES) throw error
    }
    await sleep(COUNTED_TRY_MS)
  }
}

/** A topic that was just made is not known to every broker at once. What is still missing then shows when it is used. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let looks = 0; looks < CREATED_LOOKS; looks++) {
    if ((await admin.listTopics()).includes(topic)) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      if (topics[0]?.partitions.every(({ leader }) => leader >= 0)) return
    }
    await sleep(CREATED_LOOK_MS)
  }
}

/** Null when the client may not ask. */
async function settingsOf(admin: Admin, topic: string): Promise<ReadonlyMap<string, string> | null> {
  try {
    return new Map((await describe(admin, topic)).map(({ configName, configValue }) => [configName, configValue]))
  } catch (error) {
    if (kafkaErrorType(error)?.endsWith('AUTHORIZATION_FAILED')) return null
    throw error
  }
}

async function describe(admin: Admin, topic: string) {
  const resources = [{ type: TOPIC_RESOURCE, name: topic }]
  const described = await admin.describeConfigs({ includeSynonyms: false, resources })
  return described.resources[0]?.configEntries ?? []
}

/** The broker's words, where it is what was asked that it refuses. */
function refusalOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('type' in e && REFUSALS.includes(String(e.type))) return e.message
  }
  return undefined
}

/** kafkajs answers a request about several topics with all their errors in one. */
function firstOf(error: unknown): unknown {
  const errors = error instanceof Error && 'errors' in error ? error.errors : undefined
  return Array.isArray(errors) && errors.length > 0 ? errors[0] : error
}
