import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DuckDBBlobValue, type DuckDBConnection, DuckDBInstance, DuckDBListValue } from '@duckdb/node-api'

/**
 * Files below a folder that hold one of the byte strings: as they lie on the disk, or in a value of a table of a DuckDB or Parquet
 * file, which may be packed there. Nobody may have one of the files open.
 */
export async function filesHolding(folder: string, wanted: readonly Buffer[]): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const found: string[] = []
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const bytes = readFileSync(path)
      if (wanted.some((each) => bytes.includes(each)) || (await isHeldIn(connection, path, wanted)))
        found.push(relative(folder, path))
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return found.sort()
}

async function isHeldIn(connection: DuckDBConnection, path: string, wanted: readonly Buffer[]): Promise<boolean> {
  const name = `'${path.replaceAll("'", "''")}'`
  if (path.endsWith('.parquet')) return hasValue(connection, `read_parquet(${name})`, wanted)
  if (!/\.(duckdb|db)$/.test(path)) return false
  await connection.run(`ATTACH ${name} AS looked_at (READ_ONLY)`)
  try {
    const tables = await connection.runAndReadAll(
      `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = 'looked_at'`,
    )
    for (const { name: table } of tables.getRowObjects())
      if (await hasValue(connection, `looked_at."${table}"`, wanted)) return true
    return false
  } finally {
    await connection.run('DETACH looked_at')
  }
}

async function hasValue(connection: DuckDBConnection, table: string, wanted: readonly Buffer[]): Promise<boolean> {
  const rows = await connection.runAndReadAll(`SELECT * FROM ${table}`)
  return rows.getRows().some((row) =>
    row.some((value) => {
      const bytes = bytesOf(value)
      return wanted.some((each) => bytes.includes(each))
    }),
  )
}

/** Of a list: one byte a number. */
function bytesOf(value: unknown): Buffer {
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes)
  if (value instanceof DuckDBListValue) return Buffer.from(value.items.map(Number))
  return Buffer.from(String(value))
}
