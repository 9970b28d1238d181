import { AsyncLocalStorage } from 'node:async_hooks'
import { totalmem } from 'node:os'
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { SerialQueue } from '../serial-queue.ts'
import { appendColumns, type Columns } from './column-append.ts'
import { CommitDoubtfulError, WarehouseClosedError } from './errors.ts'
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
 * 122,880 rows) is written again: with DuckDB's own 16 MB that is most of what a busy ingest writes. Reading 256 MB of log
 * takes about two seconds when the file is opened after a crash.
 */
const CHECKPOINT_THRESHOLD = '256MB'

/** Rows of one appended chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048

/** What the connections to one file share. */
interface OpenFile {
  readonly path: string
  readonly lock: FileLock
  readonly instance: DuckDBInstance
  readonly others: Set<Database>
  /** Of the first COMMIT that failed: since then nobody knows what the file holds. */
  doubt?: CommitDoubtfulError
}

interface OpenTransaction {
  readonly of: Database
  readonly outer: OpenTransaction | undefined
  ended: boolean
}

/** Tells the statements of a transaction from those that somebody else runs on the same connection meanwhile. */
const openTransactions = new AsyncLocalStorage<OpenTransaction>()

/**
 * A connection to one DuckDB file that this process alone has open (the single writer that DESIGN asks for).
 *
 * Callers may share a connection: a transaction has it to itself, and what others ask of it meanwhile waits. Who must not
 * wait takes a connection of its own with {@link Database.connect}: those see each other's committed rows only (DuckDB's
 * snapshot isolation), and each has its own temporary tables. Two that change the same row: the later one fails.
 */
export class Database {
  readonly path: string
  readonly #file: OpenFile
  readonly #connection: DuckDBConnection
  readonly #isFirst: boolean
  readonly #turns = new SerialQueue()
  #isEnded = false
  #isClosed = false

  private constructor(file: OpenFile, connection: DuckDBConnection, isFirst: boolean) {
    this.path = file.path
    this.#file = file
    this.#connection = connection
    this.#isFirst = isFirst
  }

  /** @throws WarehouseLockedError when another process, or this one, has it open. */
  static async open(path: string, options: DatabaseOptions): Promise<Database> {
    const lock = lockFile(path, options.verb)
    try {
      const instance = await DuckDBInstance.create(path, {
        memory_limit: options.memoryLimit ?? defaultMemoryLimit(),
        checkpoint_threshold: CHECKPOINT_THRESHOLD,
      })
      return new Database({ path, lock, instance, others: new Set() }, await instance.connect(), true)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** A further connection to the same file, under the same lock. It closes with the first one, or before. */
  async connect(): Promise<Database> {
    this.#assertOpen()
    const connection = new Database(this.#file, await this.#file.instance.connect(), false)
    this.#file.others.add(connection)
    return connection
  }

  async run(sql: string, values?: Record<string, DuckDBValue>, types?: Record<string, DuckDBType>): Promise<void> {
    await this.#inTurn(() => this.#connection.run(sql, values, types))
  }

  /** All rows of a query; for results that fit in memory. */
  async all<Result extends object = Row>(
    sql: string,
    values?: Record<string, DuckDBValue>,
    types?: Record<string, DuckDBType>,
  ): Promise<Result[]> {
    const reader = await this.#inTurn(() => this.#connection.runAndReadAll(sql, values, types))
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
  transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      if (this.#file.doubt !== undefined) throw this.#file.doubt
      await this.#connection.run('BEGIN TRANSACTION')
      const result = await this.#inTransaction(work)
      await this.#commit()
      return result
    })
  }

  async #inTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
    const own: OpenTransaction = { of: this, outer: openTransactions.getStore(), ended: false }
    try {
      const result = await openTransactions.run(own, work)
      this.#assertOpen()
      return result
    } catch (error) {
      await this.#rollback(error)
      throw error
    } finally {
      own.ended = true
    }
  }

  async #rollback(error: unknown): Promise<void> {
    // One that was interrupted rolls back when it is closed.
    if (this.#isEnded) return
    await this.#connection.run('ROLLBACK').catch((cause: unknown) => {
      throw new AggregateError([error, cause], 'A transaction failed, and so did its rollback.')
    })
  }

  async #commit(): Promise<void> {
    try {
      await this.#connection.run('COMMIT')
    } catch (cause) {
      // The log may be written and only the checkpoint behind it have failed: asking this instance would not tell, on any of
      // its connections; only opening the file again does.
      this.#file.doubt = new CommitDoubtfulError({ path: this.path }, cause)
      throw this.#file.doubt
    }
  }

  /** Appends rows by column order; part of the open transaction if there is one. */
  async append(table: string, types: readonly DuckDBType[], rows: readonly (readonly DuckDBValue[])[]): Promise<void> {
    if (rows.length > 0) await this.#inTurn(() => this.#append(table, types, rows))
  }

  async #append(table: string, types: readonly DuckDBType[], rows: readonly (readonly DuckDBValue[])[]): Promise<void> {
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
    if (data.rows > 0) await this.#inTurn(() => this.#appendColumns(table, types, data))
  }

  async #appendColumns(table: string, types: readonly DuckDBType[], data: Columns): Promise<void> {
    const appender = await this.#connection.createAppender(table)
    try {
      appendColumns(appender, types, data)
      appender.closeSync()
    } catch (error) {
      appender.clear() // as above
      throw error
    }
  }

  /** The statement that runs now fails, and every later one too: whoever uses this connection comes to an end, and rolls back. */
  interrupt(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#connection.interrupt()
  }

  /**
   * Closes this connection; the first one closes all, and gives the lock back. What was not committed is rolled back. No
   * statement may be running: DuckDB would wait for it here, with the whole process. Interrupt it, and await its caller.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isEnded = true
    this.#file.others.delete(this)
    if (this.#isFirst) for (const other of [...this.#file.others]) other.close()
    this.#connection.closeSync()
    if (!this.#isFirst) return
    this.#file.instance.closeSync()
    this.#file.lock.release()
  }

  /** Runs now when the caller is inside of the transaction that is open here, else when everything asked before has ended. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = () => {
      this.#assertOpen()
      return work()
    }
    return this.#isInTransaction() ? run() : this.#turns.run(run)
  }

  #isInTransaction(): boolean {
    let open = openTransactions.getStore()
    while (open !== undefined && open.of !== this) open = open.outer
    return open !== undefined && !open.ended
  }

  #assertOpen(): void {
    if (this.#isEnded) throw new WarehouseClosedError({ path: this.path })
  }
}
