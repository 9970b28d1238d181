import { join } from 'node:path'
import { type DuckDBBlobValue, DuckDBInstance } from '@duckdb/node-api'

export type ParquetRow = Readonly<Record<string, unknown>>

/** All rows of a file of a bundle, in file order; BLOBs as bytes. */
export async function readParquet(bundle: string, file: string): Promise<ParquetRow[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const path = join(bundle, file).replaceAll("'", "''")
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${path}')`)
    return reader
      .getRowObjects()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(value)])))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function toPlain(value: unknown): unknown {
  const bytes = (value as DuckDBBlobValue | null)?.bytes
  return bytes instanceof Uint8Array ? Buffer.from(bytes) : value
}
