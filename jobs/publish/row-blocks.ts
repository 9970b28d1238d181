import { BLOB } from '@duckdb/node-api'
import type { CanonicalJson } from '../../anchor/canonical-json.ts'
import { HASH_BYTES } from '../../anchor/hash.ts'
import { inclusionRanges } from '../../anchor/log/proof-ranges.ts'
import { emptyRootHash, rangeHash } from '../../anchor/log/root-hash.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { rowHash } from '../../anchor/table-root.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { type Hash32, toHex } from '../../schemas/ids.ts'
import { CorruptWarehouseError } from '../close/errors.ts'

/** Rows under one stored hash: what one proof reads and hashes again. */
const BLOCK_ROWS = 256

export type TableName = keyof Manifest['tables']

/** What a manifest says of a table, and what proofs of its rows are made of. */
export interface CommittedTable {
  readonly rows: number
  readonly root: Hash32
  /** 32 bytes a block: the roots of {@link BLOCK_ROWS} rows each, the last of fewer. */
  readonly blocks: readonly Uint8Array[]
}

/**
 * Commits to the rows of a table, in their order. A block is a node of the table's tree whatever the number of rows, since
 * its size is a power of two; so the root over blocks is the root over rows.
 */
export function commitTable(rows: readonly object[]): CommittedTable {
  const blocks: Uint8Array[] = []
  for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
    const hashes = rows.slice(from, from + BLOCK_ROWS).map((row) => rowHash(row as CanonicalJson))
    blocks.push(rangeHash(hashes, 0, hashes.length).slice())
  }
  const root = blocks.length === 0 ? emptyRootHash() : rangeHash(blocks, 0, blocks.length)
  return { rows: rows.length, root: toHex(root) as Hash32, blocks }
}

/** Part of the transaction that publishes the epoch. */
export async function storeBlocks(
  warehouse: Database,
  epoch: number,
  tables: Readonly<Record<TableName, CommittedTable>>,
): Promise<void> {
  await warehouse.run('DELETE FROM row_blocks WHERE epoch = $epoch', { epoch })
  for (const [table, { blocks }] of Object.entries(tables))
    await warehouse.run(
      'INSERT INTO row_blocks VALUES ($epoch, $table, $roots)',
      { epoch, table, roots: toBlob(joined(blocks)) },
      { roots: BLOB },
    )
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [place, hash] of hashes.entries()) bytes.set(hash, place * HASH_BYTES)
  return bytes
}

export interface RowProving {
  readonly warehouse: Database
  readonly manifest: Manifest
  readonly table: TableName
  /** Place of the row in the table, from 0. */
  readonly index: number
  /** Reads `limit` rows of the table from `offset` on, in its order. */
  readonly read: (limit: number, offset: number) => Promise<readonly object[]>
}

/**
 * The inclusion proof of a row in a table of a manifest. Reads one block of rows, however large the table is.
 *
 * @throws CorruptWarehouseError the rows are not those that were published
 */
export async function proveRow({ warehouse, manifest, table, index, read }: RowProving): Promise<Hash32[]> {
  const { rows } = manifest.tables[table]
  const blocks = await loadBlocks(warehouse, manifest.epoch, table)
  const block = Math.floor(index / BLOCK_ROWS)
  const from = block * BLOCK_ROWS
  const hashes = (await read(BLOCK_ROWS, from)).map((row) => rowHash(row as CanonicalJson))
  const expected = blocks[block]
  if (hashes.length !== Math.min(BLOCK_ROWS, rows - from) || expected === undefined)
    throw new CorruptWarehouseError({ what: `table ${table} of epoch ${manifest.epoch} has not its ${rows} rows` })
  if (toHex(rangeHash(hashes, 0, hashes.length)) !== toHex(expected))
    throw new CorruptWarehouseError({
      what: `rows ${from} and on of table ${table} are not those of epoch ${manifest.epoch}`,
    })
  return inclusionRanges(index, rows).map(([start, end]) => {
    const isWithin = start >= from && end <= from + BLOCK_ROWS
    const node = isWithin
      ? rangeHash(hashes, start - from, end - from)
      : rangeHash(blocks, start / BLOCK_ROWS, Math.ceil(end / BLOCK_ROWS))
    return toHex(node) as Hash32
  })
}

async function loadBlocks(warehouse: Database, epoch: number, table: TableName): Promise<Uint8Array[]> {
  const row = await warehouse.one('SELECT roots FROM row_blocks WHERE epoch = $epoch AND table_name = $table', {
    epoch,
    table,
  })
  if (row === undefined)
    throw new CorruptWarehouseError({ what: `epoch ${epoch} was published without its row blocks` })
  const bytes = fromBlob(row.roots)
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, n) =>
    bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES),
  )
}
