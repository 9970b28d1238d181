import { type FileHandle, open } from 'node:fs/promises'
import { causeText, DifferenceFound, differ } from '../difference.ts'
import { type Footer, type PhysicalType, type RowGroup, readFooter, readRange } from './footer.ts'
import { type DecodedColumn, decodeChunk } from './pages.ts'

const CHECK = 'tables'
/** A table's rows are numbered in 32 bits, and what is kept of each is in memory. */
const ROWS_MAX = 20_000_000
/** The project's own groups have 2,048 rows, DuckDB's default 122,880. */
const GROUP_ROWS_MAX = 2 ** 20
/** 2,048 records of the largest size, decoded. As much again may be there undecoded. */
const GROUP_BYTES_MAX = 2 ** 31 + 2 ** 24
/** Values may stand in a dictionary once and in rows many times: so many bytes of them are read, and no more. */
const VALUE_BYTES_MAX = 64 * 2 ** 30

interface ColumnKinds {
  text: string
  integer: number
  bigint: bigint
  bytes: Uint8Array
}
type Kind = keyof ColumnKinds

/** Name and kind of each column; `?` lets it be null. */
export type Columns = Readonly<Record<string, Kind | `${Kind}?`>>

export type RowOf<Table extends Columns> = {
  readonly [Name in keyof Table]: Table[Name] extends Kind
    ? ColumnKinds[Table[Name]]
    : Table[Name] extends `${infer Own extends Kind}?`
      ? ColumnKinds[Own] | null
      : never
}

/** How a column of a kind comes out of a row group. */
interface DecodedKinds {
  text: Extract<DecodedColumn, { kind: 'bytes' }>
  integer: Extract<DecodedColumn, { kind: 'integer' }>
  bigint: Extract<DecodedColumn, { kind: 'bigint' }>
  bytes: Extract<DecodedColumn, { kind: 'bytes' }>
}

/** Some rows of a table, column by column. */
export interface TableGroup<Table extends Columns> {
  readonly firstRow: number
  readonly rows: number
  readonly columns: {
    readonly [Name in keyof Table]: Table[Name] extends `${infer Own extends Kind}?`
      ? DecodedKinds[Own]
      : Table[Name] extends Kind
        ? DecodedKinds[Table[Name]]
        : never
  }
}

/** Physical Parquet type and annotations by which VARCHAR, INTEGER, BIGINT and BLOB are written. */
const PHYSICAL: Readonly<Record<Kind, { type: PhysicalType; annotations: readonly string[] }>> = {
  text: { type: 'BYTE_ARRAY', annotations: ['UTF8'] },
  integer: { type: 'INT32', annotations: ['none', 'INT_32'] },
  bigint: { type: 'INT64', annotations: ['none', 'INT_64'] },
  bytes: { type: 'BYTE_ARRAY', annotations: ['none'] },
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A Parquet file that must have exactly these columns, read row group by row group: of the whole file no more than one is in
 * memory. The file is a stranger's; whatever is wrong with it is a difference that names it.
 */
export class Table<Own extends Columns> {
  readonly #file: FileHandle
  readonly #footer: Footer
  readonly #where: string
  readonly #columns: Own
  #valueBytes = 0

  private constructor(file: FileHandle, footer: Footer, where: string, columns: Own) {
    this.#file = file
    this.#footer = footer
    this.#where = where
    this.#columns = columns
  }

  /**
   * @param where path inside the bundle, for differences
   * @throws DifferenceFound
   */
  static async open<Own extends Columns>(path: string, where: string, columns: Own): Promise<Table<Own>> {
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return differ('files', where, 'a file', undefined)
      throw error
    })
    try {
      const footer = await trusting(where, async () => readFooter(file, (await file.stat()).size))
      checkColumns(footer, where, columns)
      if (footer.rows > ROWS_MAX) differ(CHECK, where, `at most ${ROWS_MAX} rows`, footer.rows)
      return new Table(file, footer, where, columns)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get rows(): number {
    return this.#footer.rows
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** @throws DifferenceFound */
  async *groups(): AsyncGenerator<TableGroup<Own>> {
    let firstRow = 0
    for (const group of this.#footer.groups) {
      if (group.rows > GROUP_ROWS_MAX)
        differ(CHECK, this.#where, `row groups of at most ${GROUP_ROWS_MAX} rows`, group.rows)
      const columns = await trusting(this.#where, () => this.#decode(group))
      this.#checkNulls(columns, firstRow)
      this.#countBytes(columns)
      yield { firstRow, rows: group.rows, columns: columns as TableGroup<Own>['columns'] }
      firstRow += group.rows
    }
  }

  async #decode(group: RowGroup): Promise<Record<string, DecodedColumn>> {
    const columns: Record<string, DecodedColumn> = {}
    let left = GROUP_BYTES_MAX
    for (const [index, column] of this.#footer.columns.entries()) {
      const chunk = group.chunks[index]!
      if (chunk.bytes > left) throw new RangeError(`a row group of more than ${GROUP_BYTES_MAX} bytes`)
      const compressed = await readRange(this.#file, chunk.start, chunk.start + chunk.bytes)
      const { decoded, bytes } = decodeChunk(compressed, chunk, column, group.rows, left)
      columns[column.name] = decoded
      left -= bytes
    }
    return columns
  }

  #checkNulls(columns: Readonly<Record<string, DecodedColumn>>, firstRow: number): void {
    for (const [name, kind] of Object.entries(this.#columns)) {
      if (kind.endsWith('?')) continue
      const row = columns[name]!.isNull?.indexOf(1) ?? -1
      if (row >= 0) differ(CHECK, `${this.#where} row ${firstRow + row} ${name}`, 'a value', 'null')
    }
  }

  #countBytes(columns: Readonly<Record<string, DecodedColumn>>): void {
    for (const column of Object.values(columns)) {
      if (column.kind !== 'bytes') continue
      const { starts, ends } = column
      for (let i = 0; i < starts.length; i++) this.#valueBytes += ends[i]! - starts[i]!
    }
    if (this.#valueBytes > VALUE_BYTES_MAX)
      differ(CHECK, this.#where, `values of at most ${VALUE_BYTES_MAX} bytes`, 'more')
  }
}

/**
 * All rows of a table: BLOBs as raw bytes, BIGINT as bigint, INTEGER as number.
 *
 * @throws DifferenceFound
 */
export async function readTable<Own extends Columns>(path: string, where: string, columns: Own): Promise<RowOf<Own>[]> {
  const table = await Table.open(path, where, columns)
  try {
    const rows: RowOf<Own>[] = []
    for await (const group of table.groups()) for (const row of rowsOf(group, where, columns)) rows.push(row)
    return rows
  } finally {
    await table.close()
  }
}

function* rowsOf<Own extends Columns>(group: TableGroup<Own>, where: string, columns: Own): Generator<RowOf<Own>> {
  const entries = Object.entries(columns)
  for (let row = 0; row < group.rows; row++) {
    const values = entries.map(([name, kind]) => {
      const column = group.columns[name] as DecodedColumn
      return [name, cellOf(column, row, kind.startsWith('text'), () => `${where} row ${group.firstRow + row} ${name}`)]
    })
    yield Object.fromEntries(values) as RowOf<Own>
  }
}

function cellOf(column: DecodedColumn, row: number, isText: boolean, where: () => string): unknown {
  if (column.isNull?.[row] === 1) return null
  if (column.kind !== 'bytes') return column.values[row]
  const bytes = column.bytes.subarray(column.starts[row], column.ends[row])
  // A copy: rows are kept, and would keep their whole row group.
  return isText ? textOf(bytes, where) : Uint8Array.from(bytes)
}

/** Text of a value. @throws DifferenceFound when it is no UTF-8 */
export function textOf(bytes: Uint8Array, where: () => string): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return differ(CHECK, where(), 'text in UTF-8', 'other bytes')
  }
}

/** The file of a stranger: whatever its decoding trips over is a fault of the file. */
async function trusting<Value>(where: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof DifferenceFound || isOfMachine(cause)) throw cause
    return differ(CHECK, where, 'a Parquet file of docs/formats.md#bundle', causeText(cause))
  }
}

/** An error of the disk, which says nothing of the file. */
function isOfMachine(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).syscall !== undefined
}

function checkColumns(footer: Footer, where: string, columns: Columns): void {
  for (const [name, kind] of Object.entries(columns)) {
    const found = footer.columns.find((column) => column.name === name)
    if (found === undefined) differ(CHECK, `${where} column ${name}`, 'a column', undefined)
    const physical = PHYSICAL[kind.replace('?', '') as Kind]
    if (found?.type !== physical.type || !physical.annotations.includes(found.annotation)) {
      const expected = `${physical.type} annotated ${physical.annotations.join(' or ')}`
      differ(CHECK, `${where} column ${name}`, expected, `${found?.type} annotated ${found?.annotation}`)
    }
  }
  const extra = footer.columns.find(({ name }) => !Object.hasOwn(columns, name))
  if (extra !== undefined) differ(CHECK, `${where} column ${extra.name}`, undefined, 'a column')
  if (footer.columns.length !== Object.keys(columns).length)
    differ(CHECK, where, `${Object.keys(columns).length} columns`, footer.columns.length)
}
