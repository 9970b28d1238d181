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

export interface CurvatureInput {
  readonly warehouse: Database
  readonly kernels: Kernels
  readonly shape: FactoredShape
  readonly featureMap: string
  /** As `loadItems` has just given it, with its temporary table `item`. */
  readonly loaded: LoadedItems
}

/** K over the kept items, stored for the next time: in the caller's transaction, so that K and the list of its items never part. */
export async function keepCurvature(input: CurvatureInput): Promise<BigInt64Array> {
  const { k, isStored } = await curvatureOf(input)
  if (!isStored) await store(input.warehouse, input.featureMap, k)
  return k
}

/** K over the kept items: what is stored, plus items that came since, minus items that an earlier copy took the place of. */
export async function curvatureOf({
  warehouse,
  kernels,
  shape,
  featureMap,
  loaded: { items },
}: CurvatureInput): Promise<{ readonly k: BigInt64Array; readonly isStored: boolean }> {
  const stored = await storedCurvature(warehouse, featureMap)
  const size = shape.rank * shape.classes
  const k = stored ?? new BigInt64Array(size * size)
  const rows = items.rows as FactoredRows
  const added = stored === undefined ? rows : await changedRows(warehouse, shape, featureMap, addedItems)
  const removed = await changedRows(warehouse, shape, featureMap, removedItems)
  await addTo(k, kernels, added, 1n)
  await addTo(k, kernels, removed, -1n)
  return { k, isStored: added.count + removed.count === 0 }
}

/** K as it was stored last, over the items of `curvature_item`. */
export async function storedCurvature(warehouse: Database, featureMap: string): Promise<BigInt64Array | undefined> {
  const stored = await warehouse.one('SELECT k FROM curvature WHERE feature_map = $featureMap', { featureMap })
  return stored === undefined ? undefined : toInt64(fromBlob(stored.k))
}

/** Takes the rows that `sql` finds out of the stored K; the caller takes their items off its list. */
export async function subtractRows(
  { warehouse, kernels, shape, featureMap }: Omit<CurvatureInput, 'loaded'>,
  sql: string,
): Promise<void> {
  const k = await storedCurvature(warehouse, featureMap)
  if (k === undefined) return
  await addTo(k, kernels, await changedRows(warehouse, shape, featureMap, sql), -1n)
  await storeSum(warehouse, featureMap, k)
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

async function storeSum(warehouse: Database, featureMap: string, k: BigInt64Array): Promise<void> {
  await warehouse.run('DELETE FROM curvature WHERE feature_map = $featureMap', { featureMap })
  const bytes = new Uint8Array(k.buffer, k.byteOffset, k.byteLength)
  await warehouse.append('curvature', [VARCHAR, BLOB], [[featureMap, toBlob(bytes)]])
}

async function store(warehouse: Database, featureMap: string, k: BigInt64Array): Promise<void> {
  await storeSum(warehouse, featureMap, k)
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
