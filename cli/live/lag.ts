import { setTimeout as sleep } from 'node:timers/promises'
import type { PartitionBounds, RecordSource } from '../../pipelines/record-source.ts'
import { SourceUnavailableError } from '../../pipelines/record-source-errors.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { storedPositions } from './stored-positions.ts'

const MS_PER_S = 1_000
/** A broker that does not answer holds a scrape up for no longer. */
const BOUNDS_LIMIT_MS = 3_000

export interface Lag {
  readonly topic: string
  readonly partition: number
  /** Offsets up to the log's end that are not stored; control records and holes among them count too. */
  readonly records: number
  /** From the append time of the newest stored record to now; 0 when everything is stored. */
  readonly seconds: number
  /** Offsets behind an open transaction: appended, and to be read only when it ends. */
  readonly held: number
}

export interface LagOptions {
  readonly source: RecordSource
  readonly warehouse: Database
  /** The log's clock, Unix milliseconds. */
  readonly clock: () => bigint
}

/** Tells how far behind the end of the log each partition is. */
export class LagMeter {
  readonly #options: LagOptions
  readonly #started: bigint

  constructor(options: LagOptions) {
    this.#options = options
    this.#started = options.clock()
  }

  /** One entry a partition. @throws whatever the source throws, when it has no answer in time too */
  async measure(): Promise<readonly Lag[]> {
    const { warehouse, clock } = this.#options
    // The ends first: what is stored meanwhile only makes the lag smaller.
    const ends = await this.#ends()
    const positions = await storedPositions(warehouse)
    const now = clock()
    return ends.map(({ topic, partition, startOffset, endOffset, highWatermark }) => {
      const position = positions.get(`${topic}/${partition}`)
      const missing = endOffset - (position?.nextOffset ?? startOffset)
      const held = Number(highWatermark - endOffset)
      if (missing <= 0n) return { topic, partition, records: 0, seconds: 0, held }
      // Of a partition of which nothing is stored nothing is known but that it was behind all the time.
      const since = position?.effectiveMs ?? this.#started
      const seconds = Math.max(0, Number(now - since) / MS_PER_S)
      return { topic, partition, records: Number(missing), seconds, held }
    })
  }

  async #ends(): Promise<readonly PartitionBounds[]> {
    const answered = new AbortController()
    const limit = sleep(BOUNDS_LIMIT_MS, undefined, { signal: answered.signal }).then(
      () => {
        const cause = new Error(`no answer within ${BOUNDS_LIMIT_MS} ms`)
        throw new SourceUnavailableError({ source: 'the log' }, cause)
      },
      () => [], // the source was faster
    )
    try {
      return await Promise.race([this.#options.source.partitions(INPUT_TOPICS), limit])
    } finally {
      answered.abort()
    }
  }
}
