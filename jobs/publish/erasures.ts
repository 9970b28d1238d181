import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const erasedRecords = readSql(new URL('./erased-records.sql', import.meta.url))

/** Where a bundle lists its erased records; a bundle without any has no such file. */
export const ERASURES_FILE = 'restricted/erasures.json'

/** @returns the bytes of `restricted/erasures.json` (docs/formats.md#erasures); undefined when nothing of the epoch was erased */
export async function erasuresOf(warehouse: Database, epoch: number): Promise<Uint8Array | undefined> {
  const rows = await warehouse.all(erasedRecords, { epoch })
  if (rows.length === 0) return undefined
  const records = rows.map((row) => ({
    topic: row.topic as string,
    partition: row.partition_id as number,
    offset: String(row.record_offset),
    batchSource: row.source as string,
    batchId: row.batch_id as string,
    index: row.item_index as number,
    featureMap: row.feature_map as string | null,
    textMap: row.text_map as string | null,
    orderedIn: row.order_epoch as number,
  }))
  return canonicalJson({ epoch, format: 'tallystick-erasures/1', records } as CanonicalJson)
}
