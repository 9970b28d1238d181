import { basename } from 'node:path'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { Cells } from './cells.ts'
import { FeatureFileError } from './errors.ts'
import { ROWS_MAX } from './feature-files.ts'
import { columnsOf, eachRow, relationOf } from './parquet.ts'

const INTEGER = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/
const INTEGERS = /^U?(TINY|SMALL|BIG)?INT(EGER)?\[\d*\]$/

/** What a column may be, and as what it is asked for. */
const TYPES = {
  text: { accepts: (type: string) => type === 'VARCHAR' || type === 'UUID' || INTEGER.test(type), as: 'VARCHAR' },
  amount: { accepts: (type: string) => type === 'VARCHAR' || INTEGER.test(type), as: 'VARCHAR' },
  integer: { accepts: (type: string) => INTEGER.test(type), as: 'DOUBLE' },
  flag: { accepts: (type: string) => type === 'BOOLEAN', as: 'BOOLEAN' },
  vector: { accepts: (type: string) => type === 'BLOB' || INTEGERS.test(type), as: 'DOUBLE[]' },
} as const

export interface Column {
  readonly name: string
  readonly type: keyof typeof TYPES
  readonly isOptional?: true
}

/** A file with these columns, in any order, and others that nobody asks for. */
export class TableReader {
  readonly file: string
  /** Rows. */
  readonly count: number
  readonly #connection: DuckDBConnection
  readonly #path: string
  readonly #found: ReadonlyMap<string, string>
  readonly #columns: readonly Column[]
  readonly #onProgress: ((text: string) => void) | undefined

  private constructor(
    connection: DuckDBConnection,
    table: {
      path: string
      file: string
      found: ReadonlyMap<string, string>
      columns: readonly Column[]
      count: number
      onProgress: ((text: string) => void) | undefined
    },
  ) {
    this.#connection = connection
    this.file = table.file
    this.count = table.count
    this.#path = table.path
    this.#found = table.found
    this.#columns = table.columns
    this.#onProgress = table.onProgress
  }

  /**
   * @param columnsFor what the file is to have, by what it has
   * @throws FeatureFileError
   */
  static async open(
    connection: DuckDBConnection,
    path: string,
    columnsFor: (found: ReadonlySet<string>) => readonly Column[],
    onProgress?: (text: string) => void,
  ): Promise<TableReader> {
    const file = basename(path)
    const found = await columnsOf(connection, path, file)
    const columns = columnsFor(new Set(found.keys())).filter(({ name, isOptional }) => !isOptional || found.has(name))
    for (const column of columns) checkColumn(column, found.get(column.name), { file, isText: /\.csv$/i.test(path) })
    const [row] = (await connection.runAndReadAll(`SELECT count(*) FROM ${relationOf(path)}`)).getRows()
    const count = Number(row![0])
    if (count > ROWS_MAX) throw new FeatureFileError(`${count} rows are more than ${ROWS_MAX}.`, { file })
    return new TableReader(connection, { path, file, found, columns, count, onProgress })
  }

  has(column: string): boolean {
    return this.#found.has(column)
  }

  /** Calls `take` with the values of each row by column name. */
  async each(take: (row: Cells) => void): Promise<void> {
    const isBlob = (name: string) => this.#found.get(name) === 'BLOB'
    const selected = this.#columns.map(({ name, type }) =>
      isBlob(name) ? `"${name}"` : `TRY_CAST("${name}" AS ${TYPES[type].as})`,
    )
    const places = new Map(this.#columns.map(({ name }, at) => [name, at]))
    const query = `SELECT ${selected.join(', ')} FROM ${relationOf(this.#path)}`
    const report = (row: number) => this.#onProgress?.(`reading ${this.file}: ${row} of ${this.count} rows`)
    const takeRow = (values: readonly DuckDBValue[], row: number) => take(new Cells(this.file, places, values, row))
    await eachRow(this.#connection, query, this.file, takeRow, report)
  }

  /** @throws FeatureFileError when two rows have the same id: which of them counts would be anybody's guess */
  async requireDistinct(column: string): Promise<void> {
    const query = `SELECT "${column}"::VARCHAR, count(*) FROM ${relationOf(this.#path)} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1`
    const [twice] = (await this.#connection.runAndReadAll(query)).getRows()
    if (twice !== undefined)
      throw new FeatureFileError(`${twice[1]} rows have the id ${JSON.stringify(twice[0])}.`, {
        file: this.file,
        column,
      })
  }
}

function checkColumn(
  { name, type }: Column,
  found: string | undefined,
  { file, isText }: { file: string; isText: boolean },
) {
  if (found === undefined) throw new FeatureFileError('the column is missing.', { file, column: name })
  if (isText || TYPES[type].accepts(found)) return
  const isFraction = /^(FLOAT|DOUBLE|DECIMAL)/.test(found)
  const hint =
    type === 'amount' && isFraction
      ? 'Write amounts as decimal text in the smallest unit: Parquet has no integer that is wide enough.'
      : 'Features are integers; tally import features makes them from floats.'
  const problem = `a column of ${type} was expected, found ${found}.`
  throw new FeatureFileError(problem, { file, column: name }, isFraction ? { hint } : {})
}
