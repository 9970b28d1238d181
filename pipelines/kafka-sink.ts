import type { ICustomPartitioner, Kafka, Message, Producer, RecordMetadata } from 'kafkajs'
import { TallyError } from '../schemas/errors.ts'
import { splitByLimits } from './batch-limits.ts'
import {
  asSourceError,
  firstMissingTopic,
  type KafkaConnectionOptions,
  kafkaClient,
  kafkaErrorType,
} from './kafka-connection.ts'
import { asBuffer, kafkaHeaders } from './kafka-headers.ts'
import { KafkaSockets } from './kafka-sockets.ts'
import { partitionOf } from './partitioner.ts'
import type { NewRecord, PartitionOffset, RecordSink } from './record-source.ts'
import { TopicMissingError } from './record-source-errors.ts'

/** What one request carries: well below a broker's default limit of 1 MiB a batch. */
const REQUEST_LIMITS = { recordsMax: 1_000, bytesMax: 512 * 1024 }

class RecordTooLargeError extends TallyError {
  override readonly code = 'RECORD_TOO_LARGE'
  constructor(facts: { brokers: string }, cause: unknown) {
    super('The broker refused a record as too large.', {
      facts,
      cause,
      hint: "Send less in one event, or raise the topic's max.message.bytes.",
    })
  }
}

class PartitionMissingError extends TallyError {
  override readonly code = 'PARTITION_MISSING'
  constructor(facts: { topic: string; partition: number; partitions: number }) {
    super(`Topic ${facts.topic} has ${facts.partitions} partitions, so ${facts.partition} is not one of them.`, {
      facts,
    })
  }
}

/** Opens a {@link RecordSink} on Kafka: acknowledged by all in-sync replicas, idempotent producer. Connects on first use. */
export function openKafkaSink(options: KafkaConnectionOptions): RecordSink {
  return new KafkaSink(options)
}

class KafkaSink implements RecordSink {
  readonly #kafka: Kafka
  readonly #sockets = new KafkaSockets()
  readonly #brokers: readonly string[]
  #producer: Producer | null = null
  /** One append after the other: their order is the order in the log. */
  #tail: Promise<unknown> = Promise.resolve()
  /** For each message of the request under way: its place, and its turn when it has no key. The same on every retry. */
  readonly #placeOf = new WeakMap<Message, number>()
  readonly #turnOf = new WeakMap<Message, number>()
  readonly #seenTopics = new Set<string>()
  #unkeyed = 0

  constructor(options: KafkaConnectionOptions) {
    this.#kafka = kafkaClient(options, this.#sockets)
    this.#brokers = options.brokers
  }

  /**
   * When it throws, a prefix of the records may be in the log: send all of them again, under the same event ids.
   * @throws TopicMissingError, PartitionMissingError, RecordTooLargeError, SourceUnavailableError
   */
  append(records: readonly NewRecord[]): Promise<readonly PartitionOffset[]> {
    const appended = this.#tail.then(async () => {
      await this.#assertTopics(new Set(records.map(({ topic }) => topic)))
      const positions: PartitionOffset[] = []
      for (const run of splitByLimits(records, REQUEST_LIMITS)) positions.push(...(await this.#send(run)))
      return positions
    })
    this.#tail = appended.catch(() => undefined)
    return appended
  }

  async close(): Promise<void> {
    await this.#tail
    const producer = this.#producer
    this.#producer = null
    await producer?.disconnect()
    this.#sockets.destroy()
  }

  /** kafkajs takes a missing topic for one that is about to appear, and would try for ten seconds. */
  async #assertTopics(topics: ReadonlySet<string>): Promise<void> {
    const unseen = [...topics].filter((topic) => !this.#seenTopics.has(topic))
    if (unseen.length === 0) return
    let missing: string | null
    try {
      missing = await firstMissingTopic(this.#kafka, unseen)
    } catch (error) {
      throw asSourceError(error, this.#brokers)
    }
    if (missing !== null) throw new TopicMissingError({ topic: missing })
    for (const topic of unseen) this.#seenTopics.add(topic)
  }

  async #send(records: readonly NewRecord[]): Promise<PartitionOffset[]> {
    const messages = records.map(toMessage)
    const byTopic = new Map<string, Message[]>()
    for (const [i, { topic }] of records.entries()) {
      const list = byTopic.get(topic)
      if (list === undefined) byTopic.set(topic, [messages[i]!])
      else list.push(messages[i]!)
    }
    try {
      const producer = await this.#connected()
      const topicMessages = [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
      return this.#positionsOf(records, messages, await producer.sendBatch({ acks: -1, topicMessages }))
    } catch (error) {
      // A request that failed here may still be in the log. kafkajs would give its sequence numbers to the next request,
      // which the broker then takes for a repetition and drops: so this producer is never used again.
      await this.#discardProducer()
      this.#seenTopics.clear()
      throw this.#asOurs(error)
    }
  }

  async #connected(): Promise<Producer> {
    if (this.#producer !== null) return this.#producer
    const producer = this.#kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: this.#createPartitioner,
    })
    this.#producer = producer
    await producer.connect()
    return producer
  }

  async #discardProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    await producer?.disconnect()
  }

  readonly #createPartitioner: ICustomPartitioner = () => {
    return ({ topic, partitionMetadata, message }) => {
      const partitions = partitionMetadata.length
      const partition = message.partition ?? partitionOf(message.key as Buffer | null, partitions, this.#turn(message))
      // kafkajs drops a message for a partition that does not exist without a word.
      if (partition < 0 || partition >= partitions) throw new PartitionMissingError({ topic, partition, partitions })
      this.#placeOf.set(message, partition)
      return partition
    }
  }

  #turn(message: Message): number {
    if (message.key !== null) return 0
    const turn = this.#turnOf.get(message) ?? this.#unkeyed++
    this.#turnOf.set(message, turn)
    return turn
  }

  /** Offsets in the order given: the messages of one partition went out as one batch, in order, from its base offset. */
  #positionsOf(
    records: readonly NewRecord[],
    messages: readonly Message[],
    results: RecordMetadata[],
  ): PartitionOffset[] {
    const nextOf = new Map(results.map((r) => [`${r.topicName}/${r.partition}`, BigInt(r.baseOffset ?? -1)]))
    return records.map(({ topic }, i) => {
      const partition = this.#placeOf.get(messages[i]!)!
      const place = `${topic}/${partition}`
      const offset = nextOf.get(place)
      if (offset === undefined || offset < 0n)
        throw new Error(`The broker did not say where it put records of ${place}.`)
      nextOf.set(place, offset + 1n)
      return { topic, partition, offset }
    })
  }

  #asOurs(error: unknown): TallyError {
    const type = kafkaErrorType(error)
    if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
      return new RecordTooLargeError({ brokers: this.#brokers.join(',') }, error)
    }
    return asSourceError(error, this.#brokers)
  }
}

function toMessage(record: NewRecord): Message {
  return {
    key: record.key === null ? null : asBuffer(record.key),
    value: record.value === null ? null : asBuffer(record.value),
    headers: kafkaHeaders(record.headers),
    ...(record.partition === undefined ? {} : { partition: record.partition }),
  }
}
