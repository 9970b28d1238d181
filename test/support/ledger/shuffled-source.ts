import type { PartitionBounds, ReadOptions, RecordBatch, RecordSource } from '../../../pipelines/record-source.ts'
import type { Random } from './random-features.ts'

/**
 * Another source with the same records: hands out the partitions in another interleaving and in batches of other sizes, and
 * now and then a batch once more, as a log does after a restart.
 */
export class ShuffledSource implements RecordSource {
  readonly #inner: RecordSource
  readonly #random: Random
  readonly #batchRecordsMax: number

  constructor(inner: RecordSource, random: Random, batchRecordsMax: number) {
    this.#inner = inner
    this.#random = random
    this.#batchRecordsMax = batchRecordsMax
  }

  partitions(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    return this.#inner.partitions(topics)
  }

  async read(options: ReadOptions): Promise<void> {
    const queues = new Map<string, RecordBatch[]>()
    await this.#inner.read({
      ...options,
      batchRecordsMax: 1 + this.#random(this.#batchRecordsMax),
      onBatch: async (batch) => {
        const key = `${batch.topic}/${batch.partition}`
        queues.set(key, [...(queues.get(key) ?? []), batch])
      },
    })
    while (queues.size > 0) {
      const key = [...queues.keys()][this.#random(queues.size)]!
      const [next, ...rest] = queues.get(key)!
      if (rest.length === 0) queues.delete(key)
      else queues.set(key, rest)
      await options.onBatch(next!)
      if (this.#random(4) === 0) await options.onBatch(next!)
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
