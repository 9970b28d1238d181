import { BIGINT, BLOB, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { ENTRY_OUTCOMES, encodeEntry } from '../../anchor/log/entry.ts'
import { appendLeaves, type Frontier } from '../../anchor/log/frontier.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { CorruptWarehouseError } from './errors.ts'

const leafOrder = readSql(new URL('./leaf-order.sql', import.meta.url))
const pageOfLeaves = readSql(new URL('./page-of-leaves.sql', import.meta.url))
const PAGE_LEAVES = 20_000n
const OUTCOME_TYPES = [BIGINT, INTEGER, INTEGER, INTEGER, VARCHAR, BIGINT, BLOB]

/**
 * Makes the leaves of a decided cut in (topic, partition, offset) order and appends them to the ledger's tree.
 * Runs inside the caller's transaction. O(n + log N).
 * @param firstRid no record of the cut has a smaller one
 */
export async function writeLeaves(
  warehouse: Database,
  epoch: number,
  frontier: Frontier,
  firstRid: bigint,
): Promise<Frontier> {
  await warehouse.run(leafOrder, { first: firstRid })
  const firstIndex = frontier.size
  let written = 0
  for (let after = 0n; ; ) {
    const rows = await warehouse.all(pageOfLeaves, { after, until: after + PAGE_LEAVES })
    const last = rows.at(-1)
    if (last === undefined) break
    const hashes = rows.map((row) => leafHash(entryBytes(row)))
    const outcomes: DuckDBValue[][] = rows.map((row, index) => [
      row.rid!,
      epoch,
      row.outcome!,
      row.reason!,
      row.detail ?? null,
      BigInt(firstIndex) + (row.position as bigint) - 1n,
      toBlob(hashes[index]!),
    ])
    await warehouse.append('outcome', OUTCOME_TYPES, outcomes)
    frontier = appendLeaves(frontier, hashes)
    after = last.position as bigint
    written += rows.length
  }
  const cut = await warehouse.one<{ records: bigint }>('SELECT count(*) AS records FROM cut_record')
  if (BigInt(written) !== cut?.records)
    throw new CorruptWarehouseError({ what: `${cut?.records} records have ${written} leaves` })
  return frontier
}

/** Bytes of the leaf of a record: one row of a record with what was decided about it. */
export function entryBytes(row: Readonly<Record<string, DuckDBValue>>): Uint8Array {
  return encodeEntry({
    incarnation: row.incarnation as number,
    topic: row.topic as string,
    partition: row.partition_id as number,
    offset: row.record_offset as bigint,
    effectiveTimeMs: row.effective_ms as bigint,
    outcome: ENTRY_OUTCOMES[row.outcome as number]!,
    reason: row.reason as number,
    content: fromBlob(row.content_hash),
  })
}
