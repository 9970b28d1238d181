import type { Kafka } from 'kafkajs'
import { fetchBounds } from './kafka-bounds.ts'
import { type KafkaConnectionOptions, kafkaClient } from './kafka-connection.ts'
import { KafkaRead, type KafkaTiming } from './kafka-read.ts'
import { KafkaSockets } from './kafka-sockets.ts'
import type { PartitionBounds, ReadOptions, RecordSource } from './record-source.ts'
import { SourceUnavailableError } from './record-source-errors.ts'

export interface KafkaSourceOptions extends KafkaConnectionOptions {
  /** Consumer group; with `until: 'end'` its only running member. */
  readonly groupId: string
  readonly timing?: Partial<KafkaTiming>
}

const TIMING: KafkaTiming = { sessionTimeoutMs: 30_000, metadataMaxAgeMs: 15_000, batchMsMax: 300_000 }

/**
 * Opens a {@link RecordSource} on Kafka. Connects on use; each `read` is one member of the consumer group.
 *
 * Memory of a `read`: 64 MiB of records that wait to be stored, counted with 512 bytes for each beside its own, and for each
 * node one response of 16 MiB, whose compressed batches may become 128 MiB. A batch that becomes more than 64 MiB or holds
 * more than 100,000 records is an UnreadableBatchError.
 */
export function openKafkaSource(options: KafkaSourceOptions): RecordSource {
  return new KafkaSource(options)
}

class KafkaSource implements RecordSource {
  readonly #options: KafkaSourceOptions
  readonly #kafka: Kafka
  readonly #sockets = new KafkaSockets()
  readonly #closing = new AbortController()
  readonly #reads = new Set<Promise<void>>()

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#kafka = kafkaClient(options, this.#sockets)
  }

  async partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    this.#assertOpen()
    return fetchBounds(this.#kafka, this.#options.brokers, topics)
  }

  async read(options: ReadOptions): Promise<void> {
    this.#assertOpen()
    const { brokers, groupId, timing, log } = this.#options
    const read = new KafkaRead({
      kafka: this.#kafka,
      brokers,
      groupId,
      timing: { ...TIMING, ...timing },
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
    this.#sockets.destroy()
  }

  #assertOpen(): void {
    if (!this.#closing.signal.aborted) return
    throw new SourceUnavailableError({ source: this.#options.brokers.join(',') }, new Error('This source was closed.'))
  }
}
