// Runs one query and writes its answer to stdout; a process of its own, so that it can be killed whatever DuckDB is doing.
// stdin: { folder, tables, through, views, sql, format, rows, bytes, memory, threads }. Exit codes: 0 answered, 2 the query is
// refused, 3 it took too much, 1 anything else; then stderr has the reason.
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { DuckDBInstance, StatementType } from '@duckdb/node-api'
import { writers } from './query-writers.mjs'

const [FAILED, REFUSED, TOO_MUCH] = [1, 2, 3]
/** Behind white space and remarks. */
const PRAGMA = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*pragma\b/i

class Ended extends Error {
  constructor(code, reason) {
    super(reason)
    this.code = code
  }
}

async function main(request) {
  const connection = await openSandbox(request)
  const result = await start(connection, request.sql)
  const chunks = new Chunks(result, request.rows)
  let bytes = 0
  for await (const part of writers[request.format](result, chunks)) {
    bytes += part.length
    if (bytes > request.bytes) throw new Ended(TOO_MUCH, `its answer is longer than ${request.bytes} bytes`)
    if (!process.stdout.write(part)) await once(process.stdout, 'drain')
  }
}

/** The chunks of a result, and how many rows of each are wanted: all but those above the limit. */
class Chunks {
  isTruncated = false

  constructor(result, rows) {
    this.result = result
    this.left = rows
  }

  async *[Symbol.asyncIterator]() {
    while (!this.isTruncated) {
      const chunk = await this.result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      const count = Math.min(chunk.rowCount, this.left)
      this.isTruncated = count < chunk.rowCount
      this.left -= count
      yield { chunk, count }
    }
  }
}

/** Reads the files of the tables, and nothing else: no other file, no network, no extension, no setting. */
async function openSandbox({ folder, tables, through, views, memory, threads }) {
  const instance = await DuckDBInstance.create(':memory:', {
    ...{ memory_limit: memory, threads: String(threads), temp_directory: '' },
    ...{ autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' },
  })
  const connection = await instance.connect()
  const quoted = (path) => `'${path.replaceAll("'", "''")}'`
  for (const table of tables)
    await connection.run(
      `CREATE VIEW ${table} AS SELECT * FROM read_parquet(${quoted(`${folder}/${table}/*/part.parquet`)},
       hive_partitioning = true, hive_types = {'epoch': INTEGER}) WHERE epoch <= ${through}`,
    )
  await connection.run(views)
  await connection.run(`SET allowed_directories = [${quoted(folder)}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  return connection
}

async function start(connection, sql) {
  try {
    const statements = await connection.extractStatements(sql)
    if (statements.count !== 1) throw new Ended(REFUSED, `One statement can be asked, not ${statements.count}.`)
    const prepared = await statements.prepare(0)
    // EXPLAIN ANALYZE runs what it explains, and a PRAGMA counts as a SELECT.
    if (prepared.statementType !== StatementType.SELECT || PRAGMA.test(sql))
      throw new Ended(REFUSED, 'Only a SELECT can be asked.')
    return await prepared.stream()
  } catch (error) {
    throw error instanceof Ended ? error : new Ended(codeOf(error), error.message)
  }
}

/** DuckDB throws plain errors, for what is asked and for memory; others are ours. */
function codeOf(error) {
  if (error.constructor !== Error) return FAILED
  return /^Out of Memory Error/.test(error.message) ? TOO_MUCH : REFUSED
}

const gone = () => process.exit(1)
process.on('disconnect', gone)
try {
  await main(JSON.parse(await text(process.stdin)))
} catch (error) {
  process.stderr.write(error.message)
  process.exitCode = error instanceof Ended ? error.code : codeOf(error)
} finally {
  process.off('disconnect', gone)
  process.disconnect()
}
