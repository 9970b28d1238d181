import {
  BIGINT,
  BLOB,
  BOOLEAN,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  SMALLINT,
  TINYINT,
  VARCHAR,
} from '@duckdb/node-api'
import { toBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'

export interface ItemRow {
  readonly a: readonly number[]
  readonly ua: number
  readonly p: readonly number[]
  readonly label: number
  readonly account: string
}

const TYPES = [BLOB, INTEGER, LIST(TINYINT), INTEGER, LIST(SMALLINT), LIST(SMALLINT), INTEGER, VARCHAR, BIGINT, BOOLEAN]

/** Fills the temporary table `item` as items.sql does, all of them kept. */
export async function writeItems(database: Database, items: readonly ItemRow[]): Promise<void> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE item (batch BLOB, item_index INTEGER, a TINYINT[], ua INTEGER, p SMALLINT[],
       checkpoints SMALLINT[], label INTEGER, account VARCHAR, item BIGINT, kept BOOLEAN)`,
  )
  const rows = items.map((item, index): DuckDBValue[] => [
    toBlob(new Uint8Array(16)),
    index,
    listValue([...item.a]),
    item.ua,
    listValue([...item.p]),
    listValue([]),
    item.label,
    item.account,
    BigInt(index),
    true,
  ])
  await database.append('item', TYPES, rows)
}
