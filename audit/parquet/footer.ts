import type { FileHandle } from 'node:fs/promises'
import { readStruct, type ThriftStruct, type ThriftValue } from './thrift.ts'

const MAGIC = 'PAR1'
const MAGIC_BYTES = 4
const LENGTH_BYTES = 4
/** A footer describes each column of each row group in some hundred bytes; it is parsed whole. */
const FOOTER_BYTES_MAX = 64 * 1024 * 1024

/** Fields of parquet.thrift that are looked at. All others, statistics among them, decide nothing. */
const FILE = { schema: 2, rows: 3, groups: 4 }
const ELEMENT = { type: 1, repetition: 3, name: 4, children: 5, converted: 6, logical: 10 }
const GROUP = { columns: 1, rows: 3 }
const CHUNK = { file: 1, metaData: 3 }
const META = { type: 1, path: 3, codec: 4, values: 5, size: 7, dataPage: 9, dictionaryPage: 11 }
const LOGICAL = { string: 1, integer: 10 }

/** Physical types, by their number. */
const TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const
export type PhysicalType = (typeof TYPES)[number]
const REQUIRED = 0
const OPTIONAL = 1
/** Annotations that say what a plain INT or BYTE_ARRAY is. */
const CONVERTED: Readonly<Record<number, string>> = { 0: 'UTF8', 17: 'INT_32', 18: 'INT_64' }

export interface FileColumn {
  readonly name: string
  readonly type: PhysicalType
  /** `none`, `UTF8`, `INT_32`, `INT_64`, or another one by its number. */
  readonly annotation: string
  readonly isOptional: boolean
}

/** A column of a row group: its pages, one after the other. */
export interface ColumnChunk {
  readonly codec: number
  readonly values: number
  /** In the file. */
  readonly start: number
  readonly bytes: number
}

export interface RowGroup {
  readonly rows: number
  /** In the order of the columns. */
  readonly chunks: readonly ColumnChunk[]
}

export interface Footer {
  readonly rows: number
  readonly columns: readonly FileColumn[]
  readonly groups: readonly RowGroup[]
}

/**
 * What a Parquet file says of itself, for a file of flat columns (https://parquet.apache.org/docs/file-format). Whatever the
 * bytes are, every place lies within the file and every number is a whole one from 0 to 2^53 − 1.
 *
 * @throws RangeError in words that fit behind "found"
 */
export async function readFooter(file: FileHandle, size: number): Promise<Footer> {
  const tail = await readRange(file, Math.max(0, size - MAGIC_BYTES - LENGTH_BYTES), size)
  if (size < 2 * MAGIC_BYTES + LENGTH_BYTES || textOf(tail.subarray(LENGTH_BYTES)) !== MAGIC)
    throw new RangeError(`a file that does not end with ${MAGIC}`)
  const length = tail.readUInt32LE(0)
  const end = size - tail.length
  if (length > FOOTER_BYTES_MAX || length > end - MAGIC_BYTES) throw new RangeError(`a footer of ${length} bytes`)
  const start = end - length
  const { struct } = readStruct(await readRange(file, start, end), 0)
  const columns = columnsOf(listIn(struct, FILE.schema))
  const groups = listIn(struct, FILE.groups).map((group) => groupOf(asStruct(group), columns, start))
  const rows = numberIn(struct, FILE.rows)
  const sum = groups.reduce((total, group) => total + group.rows, 0)
  if (sum !== rows) throw new RangeError(`${rows} rows, and ${sum} in its row groups`)
  return { rows, columns, groups }
}

/** @throws RangeError when the file ends before `end` */
export async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
  if (bytesRead !== bytes.length) throw new RangeError('a file that became shorter')
  return bytes
}

function columnsOf([root, ...elements]: readonly ThriftValue[]): FileColumn[] {
  if (root === undefined) throw new RangeError('no schema')
  return elements.map((each) => {
    const element = asStruct(each)
    const name = textOf(bytesIn(element, ELEMENT.name))
    const type = TYPES[numberIn(element, ELEMENT.type, -1)]
    const repetition = numberIn(element, ELEMENT.repetition, -1)
    if (type === undefined || element.has(ELEMENT.children))
      throw new RangeError(`a column ${name} that is no flat one`)
    if (repetition !== REQUIRED && repetition !== OPTIONAL) throw new RangeError(`a column ${name} that is repeated`)
    return { name, type, annotation: annotationOf(element), isOptional: repetition === OPTIONAL }
  })
}

function annotationOf(element: ThriftStruct): string {
  const converted = element.get(ELEMENT.converted)
  if (converted !== undefined) return CONVERTED[Number(converted)] ?? `converted type ${converted}`
  const logical = element.get(ELEMENT.logical)
  if (logical === undefined) return 'none'
  const [kind, parameters] = [...asStruct(logical)][0] ?? []
  if (kind === LOGICAL.string) return 'UTF8'
  if (kind !== LOGICAL.integer || parameters === undefined) return `logical type ${kind}`
  const integer = asStruct(parameters)
  return integer.get(2) === true ? `INT_${integer.get(1)}` : 'an unsigned integer'
}

function groupOf(group: ThriftStruct, columns: readonly FileColumn[], footerStart: number): RowGroup {
  const chunks = listIn(group, GROUP.columns).map((each, index) => {
    const chunk = asStruct(each)
    const meta = asStruct(chunk.get(CHUNK.metaData))
    if (chunk.has(CHUNK.file)) throw new RangeError('a column that lies in another file')
    const path = listIn(meta, META.path).map((part) => textOf(part as Uint8Array))
    const column = columns[index]
    const isInPlace = path.length === 1 && path[0] === column?.name && TYPES[numberIn(meta, META.type)] === column?.type
    if (!isInPlace) throw new RangeError(`a column chunk ${path.join('.')} in the place of ${column?.name}`)
    return chunkOf(meta, footerStart)
  })
  if (chunks.length !== columns.length) throw new RangeError(`a row group of ${chunks.length} columns`)
  return { rows: numberIn(group, GROUP.rows), chunks }
}

function chunkOf(meta: ThriftStruct, footerStart: number): ColumnChunk {
  const data = numberIn(meta, META.dataPage)
  // Some writers say 0 for none.
  const dictionary = numberIn(meta, META.dictionaryPage, 0)
  const start = dictionary > 0 && dictionary < data ? dictionary : data
  const bytes = numberIn(meta, META.size)
  if (start < MAGIC_BYTES || start + bytes > footerStart)
    throw new RangeError('a column chunk that lies outside the file')
  return { codec: numberIn(meta, META.codec), values: numberIn(meta, META.values), start, bytes }
}

export function asStruct(value: ThriftValue | undefined): ThriftStruct {
  if (value instanceof Map) return value
  throw new RangeError('no struct where one must be')
}

/** A whole number from 0 on. @param fallback where the field is absent; without it that is an error */
export function numberIn(struct: ThriftStruct, field: number, fallback?: number): number {
  const value = struct.get(field) ?? fallback
  if (typeof value === 'number' && Number.isSafeInteger(value) && (value >= 0 || value === fallback)) return value
  throw new RangeError(`no whole number in field ${field}`)
}

function listIn(struct: ThriftStruct, field: number): readonly ThriftValue[] {
  const value = struct.get(field)
  if (Array.isArray(value)) return value
  throw new RangeError(`no list in field ${field}`)
}

function bytesIn(struct: ThriftStruct, field: number): Uint8Array {
  const value = struct.get(field)
  if (value instanceof Uint8Array) return value
  throw new RangeError(`no bytes in field ${field}`)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
