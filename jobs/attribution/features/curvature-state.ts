import { BLOB, VARCHAR } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import type { Kernels } from '../kernel/kernels.ts'
import type { FactoredRows } from '../rows.ts'
import type { LoadedItems } from './load-period.ts'
import { allocateFactoredRows, type FactoredShape, unpackRow } from './packed-row.ts'

const addedItems = readSql(new URL('./added-items.sql', import.meta.url))
const removedItems = readSql(new URL('./removed-items.sql', import.meta.url))

/**
 * K over the kept items, which `loadItems` has just left in the temporary table `item`: what is stored, plus items that came
 * since, minus items that an earlier copy took the place of. In the caller's transaction, so that K and the list of its items
 * never part.
 */
export async function currentCurvature(
  warehouse: Database,
  kernels: Kernels,
  shape: FactoredShape,
  featureMap: string,
  { items }: LoadedItems,
): Promise<BigInt64Array> {
  const stored = await warehouse.one('SELECT k FROM curvature WHERE feature_map = $featureMap', { featureMap })
  const size = shape.rank * shape.classes
  const k = stored === undefined ? new BigInt64Array(size * size) : toInt64(fromBlob(stored.k))
  const rows = items.rows as FactoredRows
  const added = stored === undefined ? rows : await changedRows(warehouse, shape, featureMap, addedItems)
  const removed = await changedRows(warehouse, shape, featureMap, removedItems)
  if (added.count + removed.count === 0) return k
  await addTo(k, kernels, added, 1n)
  await addTo(k, kernels, removed, -1n)
  await store(warehouse, featureMap, k)
  return k
}

async function changedRows(
  warehouse: Database,
  shape: FactoredShape,
  featureMap: string,
  sql: string,
): Promise<FactoredRows> {
  const packed = await warehouse.all<{ packed: unknown }>(sql, { featureMap })
  const rows = allocateFactoredRows(packed.length, shape)
  for (const [row, each] of packed.entries()) unpackRow(fromBlob(each.packed), rows, row)
  return rows
}

async function addTo(k: BigInt64Array, kernels: Kernels, rows: FactoredRows, sign: 1n | -1n): Promise<void> {
  if (rows.count === 0) return
  const part = await kernels.curvature(rows, 'softmax', 0, rows.count)
  for (let cell = 0; cell < k.length; cell++) k[cell]! += sign * part[cell]!
}

async function store(warehouse: Database, featureMap: string, k: BigInt64Array): Promise<void> {
  await warehouse.run('DELETE FROM curvature WHERE feature_map = $featureMap', { featureMap })
  const bytes = new Uint8Array(k.buffer, k.byteOffset, k.byteLength)
  await warehouse.append('curvature', [VARCHAR, BLOB], [[featureMap, toBlob(bytes)]])
  await warehouse.run('DELETE FROM curvature_item WHERE feature_map = $featureMap', { featureMap })
  await warehouse.run(
    'INSERT INTO curvature_item SELECT $featureMap, batch, item_index FROM item WHERE kept',
    { featureMap },
    { featureMap: VARCHAR },
  )
}

/** Of a machine whose order is little-endian, as every one that Node.js runs on. */
function toInt64(bytes: Uint8Array): BigInt64Array {
  return new BigInt64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}
