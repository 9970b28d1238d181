import type { Database } from '../../pipelines/warehouse/database.ts'

export interface StoredPosition {
  readonly topic: string
  readonly partition: number
  /** Everything before it is stored. */
  readonly nextOffset: bigint
  /** Append time of the newest stored record (the running maximum), Unix milliseconds. */
  readonly effectiveMs: bigint
}

/** How far each partition is stored, by `topic/partition`. */
export async function storedPositions(warehouse: Database): Promise<ReadonlyMap<string, StoredPosition>> {
  const rows = await warehouse.all<{ topic: string; partition_id: number; next_offset: bigint; effective_ms: bigint }>(
    'SELECT topic, partition_id, next_offset, effective_ms FROM read_position',
  )
  return new Map(
    rows.map(({ topic, partition_id: partition, next_offset: nextOffset, effective_ms: effectiveMs }) => [
      `${topic}/${partition}`,
      { topic, partition, nextOffset, effectiveMs },
    ]),
  )
}
