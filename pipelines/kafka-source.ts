import type { Kafka } from 'kafkajs'
import { asSourceError, type KafkaConnectionOptions, kafkaClient } from './kafka-connection.ts'
import { KafkaRead } from './kafka-read.ts'
import type { PartitionBounds, ReadOptions, RecordSource } from './record-source.ts'
import { SourceUnavailableError } from './record-source-errors.ts'

export interface KafkaSourceOptions extends KafkaConnectionOptions {
  /** Consumer group; with `until: 'end'` its only running member. */
  readonly groupId: string
}

/** Opens a {@link RecordSource} on Kafka. Connects on use; each `read` is one member of the consumer group. */
export function openKafkaSource(options: KafkaSourceOptions): RecordSource {
  return new KafkaSource(options)
}

class KafkaSource implements RecordSource {
  readonly #options: KafkaSourceOptions
  readonly #kafka: Kafka
  readonly #closing = new AbortController()
  readonly #reads = new Set<Promise<void>>()

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#kafka = kafkaClient(options)
  }

  /**
   * `endOffset` is the last stable offset: kafkajs asks for offsets with isolation level read_committed, and a broker then
   * answers with that in place of the high watermark, although the client's fields are called `offset` and `high`.
   * An open transaction therefore holds the end back.
   */
  async partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    this.#assertOpen()
    // A client of its own for each call: one that once saw a topic which is gone fails for all others.
    const admin = this.#kafka.admin()
    const bounds: PartitionBounds[] = []
    let asked: string | undefined
    try {
      await admin.connect()
      for (const topic of [...new Set(topics)].sort()) {
        asked = topic
        await admin.fetchTopicMetadata({ topics: [topic] })
        const offsets = await admin.fetchTopicOffsets(topic)
        offsets.sort((a, b) => a.partition - b.partition)
        for (const { partition, low, high } of offsets) {
          bounds.push({
            topic,
            partition,
            startOffset: BigInt(low),
            endOffset: BigInt(high),
            highWatermark: BigInt(high),
          })
        }
      }
      return bounds
    } catch (error) {
      throw asSourceError(error, this.#options.brokers, asked)
    } finally {
      await admin.disconnect()
    }
  }

  async read(options: ReadOptions): Promise<void> {
    this.#assertOpen()
    const { brokers, groupId, log } = this.#options
    const read = new KafkaRead({
      kafka: this.#kafka,
      brokers,
      groupId,
      bounds: (topics) => this.partitions(topics),
      log: log ?? (() => undefined),
      options,
    })
    const running = read.run(AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]))
    this.#reads.add(running)
    try {
      await running
    } finally {
      this.#reads.delete(running)
    }
  }

  /** Ends every `read` under way as an abort does, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#reads)
  }

  #assertOpen(): void {
    if (!this.#closing.signal.aborted) return
    throw new SourceUnavailableError({ source: this.#options.brokers.join(',') }, new Error('This source was closed.'))
  }
}
