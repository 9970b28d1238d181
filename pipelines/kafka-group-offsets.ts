import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer } from 'kafkajs'
import type { KafkaPartition } from './kafka-partition.ts'

const COMMIT_EVERY_MS = 1_000
/** Nobody waits longer than this for a commit. */
const COMMIT_MS_MAX = 1_000

/** Tells the group how far its partitions were stored. Lag tools see that, nobody reads from it: what fails is only said. */
export class GroupOffsets {
  readonly #consumer: Consumer
  readonly #onFailure: (error: unknown) => void
  #moved = new Map<string, KafkaPartition>()
  #committing: Promise<void> | null = null
  #committedAt = 0

  constructor(consumer: Consumer, onFailure: (error: unknown) => void) {
    this.#consumer = consumer
    this.#onFailure = onFailure
  }

  moved(partition: KafkaPartition): void {
    this.#moved.set(`${partition.topic}/${partition.partition}`, partition)
    if (Date.now() - this.#committedAt >= COMMIT_EVERY_MS) this.#start()
  }

  /** Commits what is not committed yet, before the partitions are given away. */
  async finish(): Promise<void> {
    const late = sleep(COMMIT_MS_MAX, undefined, { ref: false })
    await Promise.race([this.#committing, late])
    this.#start()
    await Promise.race([this.#committing, late])
    this.#moved.clear()
  }

  #start(): void {
    if (this.#committing !== null || this.#moved.size === 0) return
    const offsets = [...this.#moved.values()].map(({ topic, partition, next }) => ({
      topic,
      partition,
      offset: next.toString(),
    }))
    this.#moved.clear()
    this.#committedAt = Date.now()
    this.#committing = this.#consumer
      .commitOffsets(offsets)
      .catch(this.#onFailure)
      .finally(() => {
        this.#committing = null
      })
  }
}
