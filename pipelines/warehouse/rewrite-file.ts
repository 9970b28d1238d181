import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { TallyError } from '../../schemas/errors.ts'
import type { Database } from './database.ts'
import { lockFile } from './file-lock.ts'
import { syncPathNow } from './sync-path.ts'

const MEMORY_LIMIT = '512MB'

export class RewriteMismatchError extends TallyError {
  override readonly code = 'REWRITE_MISMATCH'
  constructor(facts: { path: string; table: string; expected: bigint; found: bigint }) {
    super(`The copy of ${facts.path} has ${facts.found} rows in ${facts.table}, not ${facts.expected}.`, {
      facts,
      hint: 'The file is as it was. Look at the disk, then run `tally erase` again.',
    })
  }
}

/** Whether rows were erased of which the file may still hold the bytes. */
export async function isRewriteDue(database: Database): Promise<boolean> {
  return (await database.one('SELECT 1 AS due FROM rewrite_due')) !== undefined
}

/** Notes, in the transaction that erases rows, that {@link rewriteDatabase} has to follow. */
export async function noteRewriteDue(database: Database, nowMs: bigint): Promise<void> {
  if (!(await isRewriteDue(database))) await database.run('INSERT INTO rewrite_due VALUES ($nowMs)', { nowMs })
}

/**
 * Copies every row of a closed DuckDB file into a new one that takes its place. DuckDB leaves the bytes of deleted rows in its
 * file, in blocks that it will use again some day; in the new file they never were. Needs as much free disk as the file has.
 *
 * 1. The copy is made beside the file. Killed here: the file is as it was, and the next call removes the copy.
 * 2. The copy, in which no rewrite is due any more, is renamed over the file. Killed before: as 1. Killed after: all is done.
 *
 * @throws WarehouseLockedError when somebody has it open; RewriteMismatchError
 */
export async function rewriteDatabase(path: string, verb: string): Promise<void> {
  const lock = lockFile(path, verb)
  const draft = `${path}.rewrite`
  try {
    for (const left of [draft, `${draft}.wal`]) rmSync(left, { force: true })
    // What a process that was killed had moved out of memory: behind the rename nobody would come to look for it.
    for (const left of [`${path}.tmp`, `${draft}.tmp`]) rmSync(left, { recursive: true, force: true })
    await copyDatabase(path, draft)
    syncPathNow(draft)
    renameSync(draft, path)
    syncPathNow(dirname(path))
    // Of a file that was closed, it has nothing that the file lacks.
    if (existsSync(`${path}.wal`)) rmSync(`${path}.wal`)
  } finally {
    lock.release()
  }
}

async function copyDatabase(path: string, draft: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT })
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH '${path.replaceAll("'", "''")}' AS old`)
    await connection.run('CHECKPOINT old')
    await connection.run(`ATTACH '${draft.replaceAll("'", "''")}' AS fresh`)
    await connection.run('COPY FROM DATABASE old TO fresh')
    await assertSameRows(connection, path)
    await connection.run('DELETE FROM fresh.rewrite_due')
    await connection.run('CHECKPOINT fresh')
    await connection.run('DETACH fresh')
    await connection.run('DETACH old')
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function assertSameRows(connection: DuckDBConnection, path: string): Promise<void> {
  const count = async (table: string) => {
    const reader = await connection.runAndReadAll(`SELECT count(*) AS n FROM ${table}`)
    return reader.getRowObjects()[0]!.n as bigint
  }
  const tables = await connection.runAndReadAll(
    `SELECT table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY table_name`,
  )
  for (const { table_name: name } of tables.getRowObjects()) {
    const [expected, found] = [await count(`old."${name}"`), await count(`fresh."${name}"`)]
    if (expected !== found) throw new RewriteMismatchError({ path, table: String(name), expected, found })
  }
}
