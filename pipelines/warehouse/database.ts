import { totalmem } from 'node:os'
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { appendColumns, type Columns } from './column-append.ts'
import { CommitDoubtfulError } from './errors.ts'
import { type FileLock, lockFile } from './file-lock.ts'

export interface DatabaseOptions {
  /** What this process does with it; told to whoever is refused. */
  readonly verb: string
  /** DuckDB's memory_limit, for example '768MB'. Default: a quarter of the machine's memory, 512 MB to 4 GB. */
  readonly memoryLimit?: string
}

export type Row = Readonly<Record<string, DuckDBValue>>

const MEMORY_MIN_MB = 512
const MEMORY_MAX_MB = 4_096

function defaultMemoryLimit(): string {
  const quarter_mb = Math.floor(totalmem() / 2 ** 20 / 4)
  return `${Math.min(MEMORY_MAX_MB, Math.max(MEMORY_MIN_MB, quarter_mb))}MB`
}

/**
 * How large the write-ahead log grows before a COMMIT also moves it into the tables. Each time the last row group (up to
 * 122,880 rows) is written again: with DuckDB's own 16 MB that is most of what a busy ingest writes. Reading 128 MB of log
 * takes about a second when the file is opened after a crash.
 */
const CHECKPOINT_THRESHOLD = '128MB'

/** Rows of one appended chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048

/** One DuckDB file, one lock, one connection: the single writer that DESIGN asks for. Not safe for concurrent transactions. */
export class Database {
  readonly path: string
  readonly #lock: FileLock
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  #doubt: CommitDoubtfulError | undefined

  private constructor(path: string, lock: FileLock, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.path = path
    this.#lock = lock
    this.#instance = instance
    this.#connection = connection
  }

  /** @throws WarehouseLockedError when another process, or this one, has it open. */
  static async open(path: string, options: DatabaseOptions): Promise<Database> {
    const lock = lockFile(path, options.verb)
    try {
      const instance = await DuckDBInstance.create(path, {
        memory_limit: options.memoryLimit ?? defaultMemoryLimit(),
        checkpoint_threshold: CHECKPOINT_THRESHOLD,
      })
      return new Database(path, lock, instance, await instance.connect())
    } catch (error) {
      lock.release()
      throw error
    }
  }

  async run(sql: string, values?: Record<string, DuckDBValue>, types?: Record<string, DuckDBType>): Promise<void> {
    await this.#connection.run(sql, values, types)
  }

  /** All rows of a query; for results that fit in memory. */
  async all<Result extends object = Row>(
    sql: string,
    values?: Record<string, DuckDBValue>,
    types?: Record<string, DuckDBType>,
  ): Promise<Result[]> {
    const reader = await this.#connection.runAndReadAll(sql, values, types)
    return reader.getRowObjects() as Result[]
  }

  /** The result of a query, a chunk at a time. Nothing else may run on this connection before the last one was taken. */
  async *stream(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#connection.stream(sql)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      yield chunk
    }
  }

  async one<Result extends object = Row>(
    sql: string,
    values?: Record<string, DuckDBValue>,
  ): Promise<Result | undefined> {
    return (await this.all<Result>(sql, values))[0]
  }

  /**
   * Runs `work` in one transaction. Killed before COMMIT: nothing happened. Killed after: all of it did.
   * An error in `work` rolls back and is thrown on.
   *
   * @throws CommitDoubtfulError when COMMIT itself fails, and from then on: what is in the file may be either
   */
  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#doubt !== undefined) throw this.#doubt
    await this.#connection.run('BEGIN TRANSACTION')
    let result: Result
    try {
      result = await work()
    } catch (error) {
      await this.#connection.run('ROLLBACK').catch((cause: unknown) => {
        throw new AggregateError([error, cause], 'A transaction failed, and so did its rollback.')
      })
      throw error
    }
    try {
      await this.#connection.run('COMMIT')
    } catch (cause) {
      // The log may be written and only the checkpoint behind it have failed: asking this instance would not tell, only
      // opening the file again does.
      this.#doubt = new CommitDoubtfulError({ path: this.path }, cause)
      throw this.#doubt
    }
    return result
  }

  /** Appends rows by column order; part of the open transaction if there is one. */
  async append(table: string, types: readonly DuckDBType[], rows: readonly (readonly DuckDBValue[])[]): Promise<void> {
    if (rows.length === 0) return
    const appender = await this.#connection.createAppender(table)
    try {
      for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
        const chunk = DuckDBDataChunk.create(types)
        chunk.setRows(rows.slice(at, at + CHUNK_ROWS) as DuckDBValue[][])
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
    } catch (error) {
      // What it still holds would be written when it is collected: after the rollback, in a transaction of its own.
      appender.clear()
      throw error
    }
  }

  /** As {@link append}, a column at a time; the columns are the table's, in its order and of these types. */
  async appendColumns(table: string, types: readonly DuckDBType[], data: Columns): Promise<void> {
    if (data.rows === 0) return
    const appender = await this.#connection.createAppender(table)
    try {
      appendColumns(appender, types, data)
      appender.closeSync()
    } catch (error) {
      appender.clear() // as above
      throw error
    }
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
    this.#lock.release()
  }
}
