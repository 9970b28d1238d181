import { asStruct, type ColumnChunk, type FileColumn, numberIn } from './footer.ts'
import { readRuns } from './runs.ts'
import { uncompress } from './snappy.ts'
import { readStruct, type ThriftStruct } from './thrift.ts'

/** Fields of a page's header. */
const PAGE = { type: 1, size: 2, compressedSize: 3, data: 5, dictionary: 7 }
const DATA = { values: 1, encoding: 2 }
const PAGE_TYPES = { data: 0, index: 1, dictionary: 2 }
const ENCODINGS = { plain: 0, plainDictionary: 2, dictionary: 8 }
const CODECS = { none: 0, snappy: 1 }
/** A copy of Snappy's gives 64 bytes for 3: more than this is no Snappy. */
const SNAPPY_RATIO_MAX = 24
const SNAPPY_SLACK_BYTES = 64
const INT_BYTES = 4
const LONG_BYTES = 8

/** Values of one column of a row group; where `isNull` has a 1, the value is nothing. */
export interface NumberColumn {
  readonly kind: 'integer'
  readonly isNull: Uint8Array | undefined
  readonly values: Int32Array
}

export interface BigintColumn {
  readonly kind: 'bigint'
  readonly isNull: Uint8Array | undefined
  readonly values: BigInt64Array
}

/** Value i is `bytes[starts[i], ends[i])`. Several values may share their bytes. */
export interface BytesColumn {
  readonly kind: 'bytes'
  readonly isNull: Uint8Array | undefined
  readonly bytes: Buffer
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

export type DecodedColumn = NumberColumn | BigintColumn | BytesColumn

interface Page {
  readonly header: ThriftStruct
  readonly type: number
  /** Place of the decoded bytes in the chunk's. */
  readonly start: number
  readonly end: number
}

/**
 * Decodes a column of a row group: plain or dictionary-encoded values, in data pages of version 1, with Snappy or without.
 *
 * @param compressed the chunk's bytes
 * @param bytesMax   of all its pages, decoded
 * @returns the values, and how many bytes its pages have
 * @throws RangeError in words that fit behind "found"
 */
export function decodeChunk(
  compressed: Uint8Array,
  chunk: ColumnChunk,
  column: FileColumn,
  rows: number,
  bytesMax: number,
): { readonly decoded: DecodedColumn; readonly bytes: number } {
  if (chunk.values !== rows) throw new RangeError(`${chunk.values} values of ${column.name} in ${rows} rows`)
  const { bytes, pages } = decompress(compressed, chunk.codec, bytesMax)
  const decoder = decoderOf(column, bytes, rows)
  const isNull = column.isOptional ? new Uint8Array(rows) : undefined
  let row = 0
  let nulls = 0
  for (const page of pages) {
    if (page.type === PAGE_TYPES.index) continue
    if (page.type === PAGE_TYPES.dictionary) {
      decoder.readDictionary(page.start, page.end, numberIn(asStruct(page.header.get(PAGE.dictionary)), DATA.values))
      continue
    }
    if (page.type !== PAGE_TYPES.data) throw new RangeError(`a page of type ${page.type}`)
    const header = asStruct(page.header.get(PAGE.data))
    const count = numberIn(header, DATA.values)
    if (count > rows - row) throw new RangeError(`more than ${rows} values of ${column.name}`)
    const levels = isNull === undefined ? page.start : readLevels(bytes, page, isNull.subarray(row, row + count))
    const present = presentRows(isNull, row, count)
    nulls += count - present.length
    decoder.readValues(levels, page.end, numberIn(header, DATA.encoding), present)
    row += count
  }
  if (row !== rows) throw new RangeError(`${row} values of ${column.name} in ${rows} rows`)
  return { decoded: decoder.column(nulls === 0 ? undefined : isNull), bytes: bytes.length }
}

/** All pages of a chunk, decoded one behind the other. */
function decompress(compressed: Uint8Array, codec: number, bytesMax: number): { bytes: Buffer; pages: Page[] } {
  if (codec !== CODECS.none && codec !== CODECS.snappy) throw new RangeError(`compression ${codec}`)
  const found: { page: Page; from: number; to: number }[] = []
  let size = 0
  for (let at = 0; at < compressed.length; ) {
    const { struct: header, end: from } = readStruct(compressed, at)
    const to = from + numberIn(header, PAGE.compressedSize)
    const pageSize = numberIn(header, PAGE.size)
    if (to > compressed.length) throw new RangeError('a page that is cut off')
    const sizeMax = codec === CODECS.none ? to - from : (to - from) * SNAPPY_RATIO_MAX + SNAPPY_SLACK_BYTES
    if (pageSize > sizeMax || (codec === CODECS.none && pageSize !== to - from))
      throw new RangeError(`a page of ${to - from} bytes that says it holds ${pageSize}`)
    found.push({ page: { header, type: numberIn(header, PAGE.type), start: size, end: size + pageSize }, from, to })
    size += pageSize
    if (size > bytesMax) throw new RangeError(`a column of more than ${bytesMax} bytes in one row group`)
    at = to
  }
  const bytes = codec === CODECS.none && found.length === 1 ? undefined : Buffer.allocUnsafeSlow(size)
  if (bytes === undefined) return { bytes: asBuffer(compressed.subarray(found[0]!.from)), pages: found.map(pageOf) }
  for (const { page, from, to } of found) {
    const target = bytes.subarray(page.start, page.end)
    if (codec === CODECS.none) target.set(compressed.subarray(from, to))
    else uncompress(compressed.subarray(from, to), target)
  }
  return { bytes, pages: found.map(pageOf) }
}

function pageOf({ page }: { readonly page: Page }): Page {
  return page
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `u32 length ‖ runs` of levels 0 (null) and 1. @returns where the values begin */
function readLevels(bytes: Buffer, { start, end }: Page, isNull: Uint8Array): number {
  if (end - start < INT_BYTES) throw new RangeError('levels that are cut off')
  const length = bytes.readUInt32LE(start)
  const first = start + INT_BYTES
  if (length > end - first) throw new RangeError('levels that are cut off')
  const levels = new Uint32Array(isNull.length)
  readRuns(bytes, first, first + length, 1, levels)
  for (const [i, level] of levels.entries()) isNull[i] = level === 0 ? 1 : 0
  return first + length
}

/** Rows of the page that have a value. */
function presentRows(isNull: Uint8Array | undefined, first: number, count: number): Uint32Array {
  const present = new Uint32Array(count)
  let length = 0
  for (let row = first; row < first + count; row++)
    if (isNull === undefined || isNull[row] === 0) present[length++] = row
  return present.subarray(0, length)
}

interface Decoder {
  readDictionary(start: number, end: number, count: number): void
  readValues(start: number, end: number, encoding: number, rows: Uint32Array): void
  column(isNull: Uint8Array | undefined): DecodedColumn
}

function decoderOf({ name, type }: FileColumn, bytes: Buffer, rows: number): Decoder {
  if (type === 'INT32') return new IntegerDecoder(bytes, rows)
  if (type === 'INT64') return new BigintDecoder(bytes, rows)
  if (type === 'BYTE_ARRAY') return new BytesDecoder(bytes, rows)
  throw new RangeError(`a column ${name} of type ${type}`)
}

/** What is the same for every type: which of the plain values of a page, or of a dictionary, each row has. */
abstract class DecoderOf<Values> implements Decoder {
  protected readonly bytes: Buffer
  #dictionary: Values | undefined
  #dictionarySize = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  readDictionary(start: number, end: number, count: number): void {
    if (this.#dictionary !== undefined) throw new RangeError('a second dictionary')
    this.#dictionary = this.plain(start, end, count)
    this.#dictionarySize = count
  }

  readValues(start: number, end: number, encoding: number, rows: Uint32Array): void {
    if (rows.length === 0) return
    if (encoding === ENCODINGS.plain) {
      const values = this.plain(start, end, rows.length)
      for (let i = 0; i < rows.length; i++) this.put(rows[i]!, values, i)
      return
    }
    if (encoding !== ENCODINGS.plainDictionary && encoding !== ENCODINGS.dictionary)
      throw new RangeError(`values of encoding ${encoding}, neither plain nor of a dictionary`)
    const dictionary = this.#dictionary
    if (dictionary === undefined || start >= end) throw new RangeError('values of no dictionary')
    const places = new Uint32Array(rows.length)
    readRuns(this.bytes, start + 1, end, this.bytes[start]!, places)
    for (let i = 0; i < rows.length; i++) {
      if (places[i]! >= this.#dictionarySize) throw new RangeError('a value that its dictionary does not have')
      this.put(rows[i]!, dictionary, places[i]!)
    }
  }

  abstract column(isNull: Uint8Array | undefined): DecodedColumn
  protected abstract plain(start: number, end: number, count: number): Values
  protected abstract put(row: number, values: Values, index: number): void
}

class IntegerDecoder extends DecoderOf<number> {
  readonly #values: Int32Array

  constructor(bytes: Buffer, rows: number) {
    super(bytes)
    this.#values = new Int32Array(rows)
  }

  /** @returns where they begin */
  protected plain(start: number, end: number, count: number): number {
    if (count * INT_BYTES > end - start) throw new RangeError('integers that are cut off')
    return start
  }

  protected put(row: number, start: number, index: number): void {
    this.#values[row] = this.bytes.readInt32LE(start + index * INT_BYTES)
  }

  column(isNull: Uint8Array | undefined): NumberColumn {
    return { kind: 'integer', isNull, values: this.#values }
  }
}

class BigintDecoder extends DecoderOf<number> {
  readonly #values: BigInt64Array

  constructor(bytes: Buffer, rows: number) {
    super(bytes)
    this.#values = new BigInt64Array(rows)
  }

  /** @returns where they begin */
  protected plain(start: number, end: number, count: number): number {
    if (count * LONG_BYTES > end - start) throw new RangeError('integers that are cut off')
    return start
  }

  protected put(row: number, start: number, index: number): void {
    this.#values[row] = this.bytes.readBigInt64LE(start + index * LONG_BYTES)
  }

  column(isNull: Uint8Array | undefined): BigintColumn {
    return { kind: 'bigint', isNull, values: this.#values }
  }
}

interface Places {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

class BytesDecoder extends DecoderOf<Places> {
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array

  constructor(bytes: Buffer, rows: number) {
    super(bytes)
    this.#starts = new Uint32Array(rows)
    this.#ends = new Uint32Array(rows)
  }

  protected plain(start: number, end: number, count: number): Places {
    if (count * INT_BYTES > end - start) throw new RangeError('values that are cut off')
    const starts = new Uint32Array(count)
    const ends = new Uint32Array(count)
    let at = start
    for (let i = 0; i < count; i++) {
      if (end - at < INT_BYTES) throw new RangeError('values that are cut off')
      const length = this.bytes.readUInt32LE(at)
      at += INT_BYTES
      if (length > end - at) throw new RangeError('values that are cut off')
      starts[i] = at
      at += length
      ends[i] = at
    }
    return { starts, ends }
  }

  protected put(row: number, { starts, ends }: Places, index: number): void {
    this.#starts[row] = starts[index]!
    this.#ends[row] = ends[index]!
  }

  column(isNull: Uint8Array | undefined): BytesColumn {
    return { kind: 'bytes', isNull, bytes: this.bytes, starts: this.#starts, ends: this.#ends }
  }
}
