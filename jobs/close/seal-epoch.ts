import { BLOB } from '@duckdb/node-api'
import { emptyFrontier, type Frontier, frontierRoot } from '../../anchor/log/frontier.ts'
import { appendDeadLetters } from '../../pipelines/warehouse/append-dead-letters.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { IdIndex } from '../../pipelines/warehouse/id-index/id-index.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { firstUncutRid } from '../uncut.ts'
import { decideRecords } from './decide.ts'
import { writeLeaves } from './leaves.ts'

const cutRecords = readSql(new URL('./cut-records.sql', import.meta.url))
const nextUncut = readSql(new URL('./next-uncut.sql', import.meta.url))
const indexEntries = readSql(new URL('./index-entries.sql', import.meta.url))
const HASH_BYTES = 32

export interface SealOptions {
  readonly ledger: Ledger
  readonly epoch: number
  readonly onProgress?: (text: string) => void
}

/**
 * Decides the records of a published cut and makes their leaves. Decisions, facts, leaves, dead letters, the new root and
 * the rows of the id index become visible together (state `closed`). Killed before COMMIT, or when that failed: none of them,
 * and files of the id index that nobody refers to. Killed after: all of them. Whoever cannot tell starts again: the state says which it is.
 *
 * Memory: one page of records (5,000, 16 MiB), the filters of the id index (1.35 bytes for each entry of all history, two
 * entries for most events) and 40 MB of its newest entries, whatever the length of the epoch; the cut itself lies in
 * temporary tables that DuckDB writes to disk when they do not fit in its memory limit.
 *
 * @throws IdIndexCorruptError, CorruptWarehouseError
 */
export async function sealEpoch(options: SealOptions): Promise<{ records: bigint; treeSize: number }> {
  const { warehouse } = options.ledger
  const index = await IdIndex.open({
    warehouse,
    epoch: options.epoch - 1,
    facts: indexEntries,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
  try {
    const size = await warehouse.transaction(() => decideAndSeal(options, index))
    index.committed()
    return size
  } finally {
    index.close()
  }
}

async function decideAndSeal(options: SealOptions, index: IdIndex): Promise<{ records: bigint; treeSize: number }> {
  const { ledger, epoch } = options
  const { warehouse } = ledger
  const first = await firstUncutRid(warehouse)
  await warehouse.run(cutRecords, { epoch, first })
  await decideRecords({
    ...ledger,
    index,
    epoch,
    onProgress: (decided) => options.onProgress?.(`${decided} records decided`),
  })
  const before = await loadFrontier(warehouse, epoch - 1)
  const after = await writeLeaves(warehouse, epoch, before, first)
  await appendDeadLetters(warehouse, { stage: 'close', epoch, fromRid: first })
  await warehouse.run(
    `UPDATE epoch SET previous_size = $previous, tree_size = $size, ledger_root = $root, frontier = $frontier WHERE epoch = $epoch`,
    {
      epoch,
      previous: BigInt(before.size),
      size: BigInt(after.size),
      root: toBlob(frontierRoot(after)),
      frontier: toBlob(Buffer.concat(after.hashes)),
    },
    { root: BLOB, frontier: BLOB },
  )
  await warehouse.run(`INSERT INTO uncut SELECT $epoch, first_rid FROM (${nextUncut})`, { epoch, first })
  await setState(warehouse, epoch, 'open', 'closed')
  await index.save(epoch)
  return { records: BigInt(after.size - before.size), treeSize: after.size }
}

/** The ledger's tree as that epoch left it; 0 = before the first. */
export async function loadFrontier(warehouse: Database, epoch: number): Promise<Frontier> {
  if (epoch === 0) return emptyFrontier()
  const row = await warehouse.one('SELECT tree_size, frontier FROM epoch WHERE epoch = $epoch', { epoch })
  const bytes = fromBlob(row?.frontier)
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  )
  return { size: Number(row?.tree_size), hashes }
}
