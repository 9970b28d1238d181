import { existsSync } from 'node:fs'
import {
  type DuckDBDataChunk as DuckDBChunk,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { FeatureFileError } from './errors.ts'

/** Files are read a chunk at a time: this is for decompressing, whatever their size. */
const MEMORY_LIMIT = '1GB'
/** DuckDB's vector size. */
const CHUNK_ROWS = 2_048
/** Rows between two reports: a multiple of a chunk, about a second's work. */
const REPORT_ROWS = 32 * CHUNK_ROWS
const GLOB = /[*?[\]]/

/** A column to write: its name, type and values. */
export interface WrittenColumn {
  readonly name: string
  readonly type: DuckDBType
  cell(row: number): DuckDBValue
}

/** Runs `work` with a DuckDB of its own that lies in memory. */
export async function withDuckDb<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT })
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** How DuckDB reads the file: `read_parquet(…)`, or `read_csv(…)` with all columns as text. */
export function relationOf(path: string): string {
  const quoted = `'${path.replaceAll("'", "''")}'`
  return /\.csv$/i.test(path) ? `read_csv(${quoted}, all_varchar = true, header = true)` : `read_parquet(${quoted})`
}

/** Column names and their DuckDB types. @throws FeatureFileError when it is no such file */
export async function columnsOf(
  connection: DuckDBConnection,
  path: string,
  file: string,
): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(path)) throw new FeatureFileError('it is missing.', { file }, { hint: path })
  if (GLOB.test(path))
    throw new FeatureFileError(
      'its path has one of * ? [ ], which DuckDB would take for a pattern.',
      { file },
      {
        hint: 'Move the folder to a path without them.',
      },
    )
  try {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relationOf(path)}`)
    return new Map(reader.getRowObjects().map((row) => [String(row.column_name), String(row.column_type)]))
  } catch (cause) {
    throw new FeatureFileError('it cannot be read.', { file }, { cause, hint: firstLine(cause) })
  }
}

/** Calls `take` with each row of the query, in file order, numbered from 0, and `report` now and then. */
export async function eachRow(
  connection: DuckDBConnection,
  query: string,
  file: string,
  take: (values: readonly DuckDBValue[], row: number) => void,
  report: (row: number) => void,
): Promise<void> {
  const result = await connection.stream(query)
  for (let row = 0; ; ) {
    const chunk = await fetched(() => result.fetchChunk(), file)
    if (chunk === null || chunk.rowCount === 0) return
    for (const values of chunk.getRows()) {
      if (row % REPORT_ROWS === 0) report(row)
      take(values, row++)
    }
  }
}

/** A file that is cut short or damaged is noticed where its bytes are read. */
async function fetched(fetch: () => Promise<DuckDBChunk | null>, file: string): Promise<DuckDBChunk | null> {
  try {
    return await fetch()
  } catch (cause) {
    throw new FeatureFileError('it is damaged.', { file }, { cause, hint: firstLine(cause) })
  }
}

/** Writes `count` rows in order, and calls `report` now and then. */
export async function writeParquet(
  path: string,
  count: number,
  columns: readonly WrittenColumn[],
  report: (row: number) => void,
): Promise<void> {
  await withDuckDb(async (connection) => {
    await connection.run(`CREATE TABLE rows (${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`)
    const appender = await connection.createAppender('rows')
    const types = columns.map(({ type }) => type)
    for (let from = 0; from < count; from += CHUNK_ROWS) {
      if (from % REPORT_ROWS === 0) report(from)
      const chunk = DuckDBDataChunk.create(types)
      const length = Math.min(CHUNK_ROWS, count - from)
      chunk.setColumns(columns.map(({ cell }) => Array.from({ length }, (_, at) => cell(from + at))))
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    await connection.run(
      `COPY (SELECT * FROM rows ORDER BY rowid) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    )
  })
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!
}
