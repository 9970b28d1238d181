import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, type Message as KafkaMessage, logLevel, type Producer, type RecordMetadata } from 'kafkajs'
import type { Xoshiro128 } from '../../extractors/random.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Message, Messages } from './messages.ts'

const ROUND_EVENTS_MAX = 80
const ROUND_PAUSE_MS_MAX = 120
const RESEND_PAUSE_MS = 250
/** A producer whose broker is stopped notices after so long. */
const REQUEST_TIMEOUT_MS = 4_000
/** Each is more than 1 MiB, and is kept in memory by the one who sent it. */
const OVERSIZE_MAX = 8
/** In a hundred. */
const CHANCE = { duplicate: 25, otherContent: 8, corrupt: 8, oversize: 2, sentAgain: 5, givenUp: 25 }

export function kafkaClient(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: 'tally-faults',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: 2, initialRetryTime: 100 },
  })
}

/**
 * Sends known events through real producers until it is stopped, with everything in between that the world sends too: the
 * same event again, in the same partition and in another one; whole batches again, after an error and without one; another
 * event under a used id; records that nobody can decode, and ones that are too large. After an error a batch is sent
 * again under the same ids, or given up: then nobody knows whether the broker has it.
 */
export class Load {
  readonly messages: Messages
  readonly #kafka: Kafka
  readonly #random: Xoshiro128
  #producer: Producer | null = null
  #stopping = false
  #abandoned = false
  #running: Promise<void> = Promise.resolve()
  #oversize = 0
  /** Attempts that ended in an error of the producer. */
  errors = 0

  constructor(brokers: readonly string[], messages: Messages, random: Xoshiro128) {
    this.#kafka = kafkaClient(brokers)
    this.messages = messages
    this.#random = random
  }

  start(): void {
    this.#running = this.#run()
    // Whoever stops it has the error; until then it must not end the process.
    this.#running.catch(() => undefined)
  }

  /** Ends after the round under way; what that could not send yet is sent first. */
  async stop(): Promise<void> {
    this.#stopping = true
    try {
      await this.#running
    } finally {
      await this.#discardProducer()
    }
  }

  /** Ends at once, whatever was not sent yet. */
  async abandon(): Promise<void> {
    this.#abandoned = true
    await this.stop()
  }

  /** Sends until the broker acknowledges everything. */
  async deliver(messages: readonly Message[]): Promise<void> {
    await this.#deliver(messages, false)
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      await this.#round()
      await sleep(this.#random.nextInt(ROUND_PAUSE_MS_MAX))
    }
  }

  async #round(): Promise<void> {
    const { messages } = this
    const fresh = messages.fresh(1 + this.#random.nextInt(ROUND_EVENTS_MAX))
    const batch = [...fresh]
    for (const message of fresh) {
      if (this.#chance('duplicate')) batch.push(messages.duplicateOf(this.#anyGood() ?? message))
      if (this.#chance('otherContent')) batch.push(messages.otherContentOf(this.#anyGood() ?? message))
      if (this.#chance('corrupt')) batch.unshift(messages.corruptOf(message))
    }
    await this.#deliver(batch, true)
    if (this.#chance('sentAgain')) await this.#deliver(batch, true)
    // A request of its own: together with others its batch would be too large for the broker.
    if (this.#oversize < OVERSIZE_MAX && this.#chance('oversize')) {
      this.#oversize++
      await this.#deliver([messages.oversizeOf(fresh[0]!)], true)
    }
  }

  /** A good event that was sent at any time. */
  #anyGood(): Message | undefined {
    const { all } = this.messages
    const message = all[this.#random.nextInt(all.length)]!
    return message.topic === TOPICS.inferences && message.reason === null ? message : undefined
  }

  #chance(what: keyof typeof CHANCE): boolean {
    return this.#random.nextInt(100) < CHANCE[what]
  }

  async #deliver(messages: readonly Message[], mayGiveUp: boolean): Promise<void> {
    for (let left = messages; ; ) {
      left = await this.#send(left)
      if (left.length === 0) return
      if (this.#abandoned) throw new Error('The load was abandoned before everything was acknowledged.')
      this.errors++
      await this.#discardProducer()
      if (mayGiveUp && this.#chance('givenUp')) return
      await sleep(RESEND_PAUSE_MS)
    }
  }

  /** @returns what was not acknowledged: all of it after an error */
  async #send(messages: readonly Message[]): Promise<readonly Message[]> {
    for (const message of messages) message.sends++
    try {
      const producer = await this.#connected()
      return acknowledge(messages, await producer.sendBatch(requestOf(messages)))
    } catch (error) {
      if (!(error instanceof Error) || !error.name.startsWith('KafkaJS')) throw error
      return messages
    }
  }

  async #connected(): Promise<Producer> {
    if (this.#producer !== null) return this.#producer
    const idempotent = this.#random.nextInt(2) === 0
    const producer = this.#kafka.producer({
      idempotent,
      allowAutoTopicCreation: false,
      ...(idempotent ? { retry: { retries: 5, initialRetryTime: 100 } } : {}),
    })
    this.#producer = producer
    await producer.connect()
    return producer
  }

  /** After an error kafkajs would give the sequence numbers of what may be in the log to what it sends next. */
  async #discardProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    await producer?.disconnect()
  }
}

/** One request for all of them, acknowledged by every replica in sync. */
export function requestOf(messages: readonly Message[]) {
  const byTopic = new Map<string, KafkaMessage[]>()
  for (const message of messages) {
    const list = byTopic.get(message.topic) ?? []
    byTopic.set(message.topic, list)
    list.push(toKafka(message))
  }
  return { acks: -1, topicMessages: [...byTopic].map(([topic, list]) => ({ topic, messages: list })) }
}

function toKafka({ record, partition }: Message): KafkaMessage {
  return {
    partition,
    key: Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers: Object.fromEntries(record.headers.map(([name, value]) => [name, Buffer.from(value ?? [])])),
  }
}

/** Marks what the broker answered for. kafkajs drops messages for a partition that it does not know of, without a word. */
export function acknowledge(messages: readonly Message[], answers: readonly RecordMetadata[]): Message[] {
  const answered = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`))
  return messages.filter((message) => {
    if (!answered.has(`${message.topic}/${message.partition}`)) return true
    message.acknowledged = true
    return false
  })
}
