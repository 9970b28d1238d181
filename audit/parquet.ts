import { open } from 'node:fs/promises'
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet'
import { causeText, DifferenceFound, differ } from './difference.ts'

const CHECK = 'tables'
/** More rows or decoded bytes than this do not fit in memory beside everything else. */
const ROWS_MAX = 20_000_000
const DECODED_BYTES_MAX = 8n * 1024n * 1024n * 1024n

interface ColumnKinds {
  text: string
  integer: number
  bigint: bigint
  bytes: Uint8Array
}

/** Name and kind of each column; `?` lets it be null. */
export type Columns = Readonly<Record<string, keyof ColumnKinds | `${keyof ColumnKinds}?`>>

export type RowOf<Table extends Columns> = {
  readonly [Name in keyof Table]: Table[Name] extends keyof ColumnKinds
    ? ColumnKinds[Table[Name]]
    : Table[Name] extends `${infer Kind extends keyof ColumnKinds}?`
      ? ColumnKinds[Kind] | null
      : never
}

/** Physical Parquet type and annotation by which DuckDB writes VARCHAR, INTEGER, BIGINT and BLOB. */
const PHYSICAL: Readonly<Record<keyof ColumnKinds, { type: string; annotations: readonly string[] }>> = {
  text: { type: 'BYTE_ARRAY', annotations: ['UTF8'] },
  integer: { type: 'INT32', annotations: ['none', 'INT_32'] },
  bigint: { type: 'INT64', annotations: ['none', 'INT_64'] },
  bytes: { type: 'BYTE_ARRAY', annotations: ['none'] },
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// hyparquet's own reader of text drops a byte-order mark and puts U+FFFD for what is no UTF-8.
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => (bytes === undefined ? bytes : utf8.decode(bytes)),
}

/**
 * Rows of a Parquet file that must have exactly these columns: BLOBs as raw bytes, BIGINT as bigint, INTEGER as number.
 *
 * @param where path inside the bundle, for differences
 * @throws DifferenceFound anything about the file that is not as it should be
 */
export async function readTable<Table extends Columns>(
  path: string,
  where: string,
  columns: Table,
): Promise<RowOf<Table>[]> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const file: AsyncBuffer = {
      byteLength: size,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(end - start)
        await handle.read(bytes, 0, bytes.length, start)
        return bytes.buffer
      },
    }
    const rows = await decode(file, where, columns)
    for (const [index, row] of rows.entries()) checkRow(row, `${where} row ${index}`, columns)
    return rows as RowOf<Table>[]
  } finally {
    await handle.close()
  }
}

async function decode(file: AsyncBuffer, where: string, columns: Columns): Promise<Record<string, unknown>[]> {
  try {
    return await decodeTrusting(file, where, columns)
  } catch (cause) {
    if (cause instanceof DifferenceFound) throw cause
    // The file of a stranger: whatever the decoder, or the use of what it returns, trips over is a fault of the file.
    return differ(CHECK, where, 'a Parquet file', causeText(cause))
  }
}

/** hyparquet checks little of what it reads: fields may be missing or of another type than it says. */
async function decodeTrusting(file: AsyncBuffer, where: string, columns: Columns): Promise<Record<string, unknown>[]> {
  // With hyparquet's own parsers: it reads the statistics of BLOBs as text, and nothing here uses them.
  const metadata = await parquetMetadataAsync(file, { geoparquet: false })
  checkSchema(metadata, where, columns)
  const { num_rows: rowCount, row_groups: groups } = metadata
  const decoded = groups.reduce((sum, group) => sum + group.total_byte_size, 0n)
  if (rowCount > ROWS_MAX || rowCount < 0n) differ(CHECK, where, `0 to ${ROWS_MAX} rows`, rowCount)
  if (decoded > DECODED_BYTES_MAX) differ(CHECK, where, `at most ${DECODED_BYTES_MAX} decoded bytes`, decoded)
  const names = Object.keys(columns)
  const rows = await parquetReadObjects({ file, metadata, columns: names, utf8: false, geoparquet: false, parsers })
  if (BigInt(rows.length) !== rowCount) differ(CHECK, where, `${rowCount} rows`, `${rows.length} rows`)
  return rows
}

function checkSchema(metadata: FileMetaData, where: string, columns: Columns): void {
  const found = metadata.schema.slice(1)
  for (const [name, column] of Object.entries(columns)) {
    const element = found.find((candidate) => candidate.name === name)
    if (element === undefined) differ(CHECK, `${where} column ${name}`, 'a column', undefined)
    const physical = PHYSICAL[kindOf(column)]
    const annotation = annotationOf(element)
    if (element.type !== physical.type || !physical.annotations.includes(annotation)) {
      const expected = `${physical.type} annotated ${physical.annotations.join(' or ')}`
      differ(CHECK, `${where} column ${name}`, expected, `${element.type ?? 'a group'} annotated ${annotation}`)
    }
  }
  const extra = found.find((element) => !Object.hasOwn(columns, element.name))
  if (extra !== undefined) differ(CHECK, `${where} column ${extra.name}`, undefined, 'a column')
  if (found.length !== Object.keys(columns).length) {
    differ(CHECK, where, `${Object.keys(columns).length} columns`, found.length)
  }
}

function annotationOf(element: SchemaElement): string {
  if (element.converted_type !== undefined) return element.converted_type
  const logical = element.logical_type
  if (logical === undefined) return 'none'
  if (logical.type === 'STRING') return 'UTF8'
  return logical.type === 'INTEGER' && logical.isSigned ? `INT_${logical.bitWidth}` : logical.type
}

function kindOf(column: Columns[string]): keyof ColumnKinds {
  return column.replace('?', '') as keyof ColumnKinds
}

function checkRow(row: Record<string, unknown>, where: string, columns: Columns): void {
  for (const [name, column] of Object.entries(columns)) {
    const value = row[name] ?? null
    row[name] = value
    if (value === null) {
      if (!column.endsWith('?')) differ(CHECK, `${where} ${name}`, 'a value', 'null')
      continue
    }
    const kind = kindOf(column)
    const fits =
      kind === 'bytes'
        ? value instanceof Uint8Array
        : typeof value === { text: 'string', integer: 'number', bigint: 'bigint' }[kind]
    if (!fits) differ(CHECK, `${where} ${name}`, kind, typeof value)
  }
}
