import type { IngestCounts } from '../../pipelines/ingest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'

/** The newest record that is stored; 0 for none. */
export async function lastRecord(warehouse: Database): Promise<bigint> {
  const row = await warehouse.one<{ last: bigint }>('SELECT coalesce(max(rid), 0) AS last FROM record')
  return row?.last ?? 0n
}

/** What was stored after it, by whomever. */
export async function countAfter(warehouse: Database, last: bigint): Promise<IngestCounts> {
  const row = await warehouse.one<{ records: bigint; rejected: bigint }>(
    `SELECT count(*) AS records, count(*) FILTER (WHERE ingest_reason <> 0) AS rejected FROM record WHERE rid > $last`,
    { last },
  )
  return { records: Number(row?.records ?? 0n), rejected: Number(row?.rejected ?? 0n) }
}
