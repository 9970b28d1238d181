import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Writable } from 'node:stream'
import Table from 'cli-table3'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exportTables, type Listing } from '../../jobs/analytics/export-tables.ts'
import { QUERY_FORMATS, QUERY_LIMITS, type QueryFormat, runQuery } from '../../jobs/analytics/query.ts'
import { TABLES } from '../../jobs/analytics/tables.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runReadingVerb, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { currentInvocation } from '../invocation.ts'
import { printLine, printRemark } from '../output.ts'

interface QueryFlags extends GlobalFlags {
  readonly format?: QueryFormat
  readonly out?: string
  readonly rows: number
  readonly timeout: number
  readonly memory: number
}

/** What `--format json` gives. */
interface JsonAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly rowCount: number
  readonly truncated: boolean
}

class OutMissingError extends TallyError {
  override readonly code = 'USAGE'
  constructor() {
    super('Arrow is no text.', { hint: 'Add --out FILE.' })
  }
}

const QUERY_HELP = `
Tables and views are those of docs/analytics.md, as of the last settled epoch; \`SHOW TABLES\` lists them. The query runs in a process
of its own that reads these tables and nothing else. Integers of 64 bits and amounts are text in JSON, decimal128 in Arrow.

Example:
  $ tally query "SELECT * FROM revenue ORDER BY epoch DESC, amount DESC LIMIT 20"
  $ tally query "SELECT epoch, sum(amount) AS paid FROM lines GROUP BY epoch ORDER BY epoch" --format csv
  $ tally query "FROM owners_at(3) WHERE asset = 'digit-reader'" --json
  $ tally query "FROM uses" --format arrow --out uses.arrow

Exit codes: 0 answered, 2 bad usage, 5 refused, stopped or failed.`

const EXPORT_HELP = `
One folder a table, in it one an epoch: DIR/lines/epoch=3/part.parquet. Called again, only what is new is written.

Example:
  $ tally export tables --out tables
  $ duckdb -c "SELECT epoch, sum(amount) FROM read_parquet('tables/lines/*/*.parquet') GROUP BY epoch"
  $ python -c "import pyarrow.dataset as d; print(d.dataset('tables/lines', partitioning='hive').to_table())"`

/** `query` and `export tables`: questions of one's own. */
export function addAnalytics(program: Command, exports: Command): void {
  withGlobalFlags(program.command('query <sql>').description('ask the settled ledger any question, in SQL'))
    .addOption(new Option('--format <name>', 'how it is written (default: a table to read)').choices(QUERY_FORMATS))
    .option('--out <file>', 'file that gets the answer')
    .option('--rows <n>', 'rows of the answer, at most', positive, QUERY_LIMITS.rows)
    .option('--timeout <seconds>', 'after so long it is stopped', positive, QUERY_LIMITS.seconds)
    .option('--memory <mb>', 'of the query, at most', positive, QUERY_LIMITS.memoryMb)
    .addHelpText('after', QUERY_HELP)
    .action((sql: string, flags: QueryFlags) =>
      runReadingVerb('query', flags, async (context) => {
        await query(context, sql, flags)
        return undefined
      }),
    )
  withGlobalFlags(exports.command('tables').description('what analysts ask about, as partitioned Parquet'))
    .requiredOption('--out <dir>', 'folder that gets a folder for each table')
    .addHelpText('after', EXPORT_HELP)
    .action((flags: GlobalFlags & { out: string }) =>
      runReadingVerb('export tables', flags, async (context) => {
        const listing = await bringUpToDate(context, context.path(flags.out))
        const { epoch, cutTime } = listing.epochs.at(-1)!
        context.answer({ out: flags.out, tables: TABLES, asOf: { epoch, cutTime } }, () =>
          printLine(`${TABLES.length} tables up to epoch ${epoch} (${cutTime}) in ${flags.out}.`),
        )
        return undefined
      }),
    )
}

async function bringUpToDate({ session, progress, signal }: VerbContext, folder: string): Promise<Listing> {
  const ledger = await session.ledger()
  return exportTables({ ledger, folder, signal, onProgress: (text) => progress.show(text) })
}

async function query(context: VerbContext, sql: string, flags: QueryFlags): Promise<void> {
  const { session, json, path, answer, progress, signal } = context
  const format = flags.format ?? 'json'
  if (format === 'arrow' && flags.out === undefined) throw new OutMissingError()
  const folder = session.directory.analytics
  const listing = await bringUpToDate(context, folder)
  const { epoch, cutTime } = listing.epochs.at(-1)!
  const limits = { ...QUERY_LIMITS, rows: flags.rows, seconds: flags.timeout, memoryMb: flags.memory }
  progress.show('asking')
  const ask = (out: Writable) => runQuery({ folder, listing, sql, format, limits, out, signal })
  const asOf = { epoch, cutTime }
  if (flags.out !== undefined) {
    await writeWhole(path(flags.out), ask)
    answer({ out: flags.out, format, asOf }, () =>
      printLine(`Written to ${flags.out}, as of epoch ${epoch} (${cutTime}).`),
    )
    return
  }
  const gathered = new Gathered()
  await ask(gathered)
  if (format === 'csv' && !json) {
    progress.clear()
    currentInvocation().output.stdout(gathered.text())
    return
  }
  if (format === 'csv') return answer({ asOf, csv: gathered.text() }, () => undefined)
  const found = JSON.parse(gathered.text()) as JsonAnswer
  answer({ asOf, ...found }, () =>
    flags.format === undefined ? printRows(found, asOf) : printLine(gathered.text().trimEnd()),
  )
}

/** What a stopped query wrote is no answer, so it never gets the file's name. */
async function writeWhole(file: string, ask: (out: Writable) => Promise<void>): Promise<void> {
  const draft = `${file}.partial`
  try {
    await ask(createWriteStream(draft))
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** An answer in memory: as long as the query's limit lets it be. */
class Gathered extends Writable {
  readonly #parts: Buffer[] = []

  override _write(part: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#parts.push(part)
    done()
  }

  text(): string {
    return Buffer.concat(this.#parts).toString()
  }
}

function printRows({ columns, rows, rowCount, truncated }: JsonAnswer, asOf: { epoch: number; cutTime: string }): void {
  const table = new Table({ head: columns.map(({ name }) => name), style: { head: [], border: [] } })
  for (const row of rows) table.push(row.map(cellOf))
  printLine(table.toString())
  printLine(`${rowCount} row(s), as of epoch ${asOf.epoch} (${asOf.cutTime}).`)
  if (truncated) printRemark('There are more: allow more with --rows.')
}

function cellOf(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** @throws InvalidArgumentError */
function positive(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It must be above 0.')
  return number
}
