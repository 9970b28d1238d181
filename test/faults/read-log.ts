import { createHash, randomUUID } from 'node:crypto'
import type { IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import { MESSAGE_HEADER } from './messages.ts'

const READ_S_MAX = 120

/** A record as the broker shows it to anybody who reads committed records. */
export interface LoggedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly appendMs: bigint
  /** Hex; docs/formats.md#leaf. */
  readonly contentHash: string
  readonly value: Buffer | null
  /** Which message of the load it is; null for one that somebody else wrote. */
  readonly message: number | null
}

export interface LogEnd {
  readonly topic: string
  readonly partition: number
  /** The last stable offset, exclusive. */
  readonly end: bigint
}

export interface ReadLog {
  readonly records: readonly LoggedRecord[]
  readonly ends: readonly LogEnd[]
}

/** Reads topics from their beginning to their stable end, with kafkajs alone: nothing of ours is between. */
export async function readLog(kafka: Kafka, topics: readonly string[]): Promise<ReadLog> {
  const ends = await logEnds(kafka, topics)
  const missing = new Map(ends.filter(({ end }) => end > 0n).map((each) => [placeOf(each), each.end]))
  const records: LoggedRecord[] = []
  if (missing.size === 0) return { records, ends }
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}`, allowAutoTopicCreation: false })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not read to its end: ${[...missing]}`)), READ_S_MAX * 1000)
      // Also told of batches whose records are all hidden, of which no handler is.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        const end = missing.get(placeOf(payload))
        if (end !== undefined && BigInt(payload.lastOffset) + 1n >= end) missing.delete(placeOf(payload))
        if (missing.size > 0) return
        clearTimeout(timer)
        resolve()
      })
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) records.push(toLogged(batch.topic, batch.partition, message))
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return { records: records.filter((record) => record.offset < endOf(ends, record)), ends }
}

/** The stable end of each partition: kafkajs asks for offsets as a reader of committed records. */
export async function logEnds(kafka: Kafka, topics: readonly string[]): Promise<LogEnd[]> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const ends: LogEnd[] = []
    for (const topic of topics) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        ends.push({ topic, partition, end: BigInt(high) })
      }
    }
    return ends
  } finally {
    await admin.disconnect()
  }
}

export function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`
}

function endOf(ends: readonly LogEnd[], record: LoggedRecord): bigint {
  return ends.find(({ topic, partition }) => topic === record.topic && partition === record.partition)?.end ?? 0n
}

function toLogged(topic: string, partition: number, message: KafkaMessage): LoggedRecord {
  const headers = headersOf(message.headers ?? {})
  const number = headers.find(([name]) => name === MESSAGE_HEADER)?.[1]
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    appendMs: BigInt(message.timestamp),
    contentHash: contentHash(message.key, headers, message.value),
    value: message.value,
    message: number === undefined ? null : Number(number.toString()),
  }
}

/** Every name that the load sends is there once, so that an object keeps their order. */
function headersOf(headers: IHeaders): [string, Buffer][] {
  return Object.entries(headers).map(([name, value]) => {
    if (!Buffer.isBuffer(value)) throw new Error(`Header ${name} is there more than once, or not as bytes.`)
    return [name, value]
  })
}

/** docs/formats.md#leaf, written from the page. */
function contentHash(key: Buffer | null, headers: readonly [string, Buffer][], value: Buffer | null): string {
  const hash = createHash('sha256')
  const u32 = (n: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(n)
    hash.update(bytes)
  }
  const field = (bytes: Buffer | null) => {
    u32(bytes?.length ?? 0xffffffff)
    if (bytes !== null) hash.update(bytes)
  }
  field(key)
  u32(headers.length)
  for (const [name, bytes] of headers) {
    field(Buffer.from(name))
    field(bytes)
  }
  field(value)
  return hash.digest('hex')
}
