import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { QueryRefusedError, QueryStoppedError } from './errors.ts'
import type { Listing } from './export-tables.ts'
import { TABLES } from './tables.ts'

const PROCESS = fileURLToPath(new URL('./query-process.mjs', import.meta.url))
const VIEWS = readSql(new URL('./views.sql', import.meta.url))
const [REFUSED, TOO_MUCH] = [2, 3]

export const QUERY_FORMATS = ['json', 'csv', 'arrow'] as const
export type QueryFormat = (typeof QUERY_FORMATS)[number]

/** What one query may take. */
export interface QueryLimits {
  readonly seconds: number
  /** Of the answer; what is beyond is left out, and said. */
  readonly rows: number
  /** Of the answer as it is written. */
  readonly bytes: number
  /** Of DuckDB, in MB. */
  readonly memoryMb: number
  readonly threads: number
}

export const QUERY_LIMITS: QueryLimits = {
  seconds: 60,
  rows: 100_000,
  bytes: 256 * 2 ** 20,
  memoryMb: 1_024,
  threads: 2,
}

export interface Query {
  /** Of {@link exportTables}. */
  readonly folder: string
  readonly listing: Listing
  readonly sql: string
  readonly format: QueryFormat
  readonly limits: QueryLimits
  /** Gets the answer; what a query that was stopped wrote is no answer. */
  readonly out: Writable
  /** Stops it: nobody waits any more. */
  readonly signal?: AbortSignal
}

/**
 * Asks a folder of tables one SELECT, in a process of its own that reads these files and nothing else, and is killed when it
 * takes too long or nobody waits. Formats: `json` is `{ columns: [{ name, type }], rows, rowCount, truncated }` with integers of
 * 64 bits and more, and decimals, as text; `csv` is RFC 4180; `arrow` is an IPC stream (amounts: decimal128).
 *
 * @throws QueryRefusedError, QueryStoppedError
 */
export async function runQuery({ folder, listing, sql, format, limits, out, signal }: Query): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', '--max-old-space-size=512', PROCESS], {
    // By the channel it learns that this process died.
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    env: {},
  })
  const deadline = AbortSignal.timeout(limits.seconds * 1_000)
  const stop = () => child.kill('SIGKILL')
  const signals = signal === undefined ? [deadline] : [deadline, signal]
  for (const each of signals) each.addEventListener('abort', stop)
  try {
    // It may have ended before it read everything; its exit says why.
    child.stdin!.on('error', () => undefined)
    child.stdin!.end(
      JSON.stringify({
        ...{
          folder: resolve(folder),
          tables: TABLES,
          through: listing.epochs.at(-1)!.epoch,
          views: VIEWS,
          sql,
          format,
        },
        ...{ rows: limits.rows, bytes: limits.bytes, memory: `${limits.memoryMb}MB`, threads: limits.threads },
      }),
    )
    const ended = once(child, 'close') as Promise<[code: number | null]>
    const [[code], reason] = await Promise.all([ended, text(child.stderr as Readable), pipeline(child.stdout!, out)])
    signal?.throwIfAborted()
    if (deadline.aborted) throw new QueryStoppedError({ reason: `it took longer than ${limits.seconds} seconds` })
    if (code === REFUSED) throw new QueryRefusedError({ reason: firstLines(reason) })
    if (code === TOO_MUCH || code === null)
      throw new QueryStoppedError({ reason: firstLines(reason) || 'out of memory' })
    if (code !== 0) throw new Error(`The query's process failed: ${reason}`)
  } finally {
    for (const each of signals) each.removeEventListener('abort', stop)
    stop()
  }
}

/** DuckDB says what is wrong, then shows where. */
function firstLines(reason: string): string {
  return reason.split('\n\n')[0]!.trim().slice(0, 1_000)
}
