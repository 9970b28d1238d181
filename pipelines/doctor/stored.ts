import { waitingTopics } from '../dead-letters/publish.ts'
import type { Database } from '../warehouse/database.ts'
import { readSql } from '../warehouse/read-sql.ts'

const unsealed = readSql(new URL('./unsealed.sql', import.meta.url))

export interface StoredPosition {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  readonly next: bigint
  /** Effective time of the last record, Unix milliseconds. */
  readonly effectiveMs: bigint
}

/** What the warehouse says of the log. */
export interface Stored {
  readonly positions: readonly StoredPosition[]
  /** Topic → effective time of its oldest record that no published bundle holds. */
  readonly unsealedMs: ReadonlyMap<string, bigint>
  /** Topic → letters of its records that are not in `<topic>.dlq` yet. */
  readonly waitingLetters: ReadonlyMap<string, number>
}

export async function readStored(warehouse: Database): Promise<Stored> {
  const positions = await warehouse.all(
    'SELECT topic, partition_id, next_offset, effective_ms FROM read_position ORDER BY topic, partition_id',
  )
  const oldest = await warehouse.all<{ topic: string; oldest_ms: bigint }>(unsealed)
  const letters = await waitingTopics(warehouse)
  return {
    positions: positions.map((row) => ({
      topic: row.topic as string,
      partition: row.partition_id as number,
      next: row.next_offset as bigint,
      effectiveMs: row.effective_ms as bigint,
    })),
    unsealedMs: new Map(oldest.map((row) => [row.topic, row.oldest_ms])),
    waitingLetters: new Map(letters.map(({ topic, waiting }) => [topic, waiting])),
  }
}
