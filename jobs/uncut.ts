import type { Database } from '../pipelines/warehouse/database.ts'

/**
 * Every record with a smaller rid belongs to a closed epoch. Rids grow in the order of ingest, and DuckDB keeps the range of
 * rids of each row group, so that a query with `rid >= first` costs what is new and not what was ever read. A record whose
 * time lies ahead of the cuts holds this back until its epoch is closed.
 */
export async function firstUncutRid(warehouse: Database): Promise<bigint> {
  const row = await warehouse.one<{ first: bigint | null }>('SELECT max(first_rid) AS first FROM uncut')
  return row?.first ?? 0n
}
