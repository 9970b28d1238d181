import { BIGINT, BLOB, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { noteRewriteDue } from '../../pipelines/warehouse/rewrite-file.ts'
import { subtractErased } from '../attribution/features/subtract-erased.ts'
import { withKernels } from '../attribution/kernel/open-kernels.ts'
import type { ErasedItem } from './erased-items.ts'
import { findTellingRecords, type TellingRecord } from './find-records.ts'

const deleteFeatures = readSql(new URL('./delete-features.sql', import.meta.url))
const deleteValues = readSql(new URL('./delete-values.sql', import.meta.url))

const RECORD_TYPES = [BIGINT, BLOB, INTEGER, VARCHAR, INTEGER, BIGINT, VARCHAR]

export interface ErasedRows {
  /** Records whose values went by this call. */
  readonly records: number
  /** rids of records that name one of the batches and cannot be read. */
  readonly unreadable: readonly bigint[]
}

/**
 * Removes from the warehouse what tells features of the items, in all closed epochs. In one transaction what they added to the curvature is subtracted,
 * their features and near pairs are deleted, and the records lose their values: killed before COMMIT nothing happened, killed
 * after it all did. That the file may still have their bytes is noted with it.
 *
 * @param items their orders are ripe
 * @param nowMs shown as the time of the erasure
 */
export async function eraseRows(warehouse: Database, items: readonly ErasedItem[], nowMs: bigint): Promise<ErasedRows> {
  const found = await findTellingRecords(warehouse, items)
  const telling = found.telling.filter(({ isClosed }) => isClosed)
  await warehouse.run('CREATE OR REPLACE TEMP TABLE to_erase (batch BLOB, item_index INTEGER)')
  await warehouse.append(
    'to_erase',
    [BLOB, INTEGER],
    items.map(({ batch, index }) => [toBlob(batch), index]),
  )
  if (telling.length > 0 || (await hasFeatures(warehouse))) {
    await withKernels((kernels) =>
      warehouse.transaction(async () => {
        await subtractErased(warehouse, kernels)
        await warehouse.run(deleteFeatures)
        await warehouse.append(
          'record_erased',
          RECORD_TYPES,
          telling.map((record) => toRow(record, nowMs)),
        )
        await warehouse.run(deleteValues)
        await noteRewriteDue(warehouse, nowMs)
      }),
    )
  }
  return { records: telling.length, unreadable: found.unreadable }
}

async function hasFeatures(warehouse: Database): Promise<boolean> {
  for (const table of ['contribution_features', 'contribution_text']) {
    const row = await warehouse.one(`SELECT 1 FROM ${table} SEMI JOIN to_erase USING (batch, item_index) LIMIT 1`)
    if (row !== undefined) return true
  }
  return false
}

function toRow({ rid, item, featureMap, textMap }: TellingRecord, nowMs: bigint): DuckDBValue[] {
  return [rid, toBlob(item.batch), item.index, featureMap, item.orderedIn, nowMs, textMap]
}
