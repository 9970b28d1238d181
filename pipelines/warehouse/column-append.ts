import { createRequire } from 'node:module'
import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api'

// Rows go to DuckDB a column at a time. The public API sets every text and blob by a call of its own (0.3 µs each, 3 µs a
// record); here all bytes of a chunk are handed over in one call, and the 16-byte string headers that point into them are
// written as one block. Their layout is `duckdb_string_t` of DuckDB's public C header: u32 length, then 12 bytes of text when
// they suffice, else its first 4 bytes and a pointer. The appender copies what they point to before it returns.
// Every build of the bindings is 64-bit and little-endian. test/pipelines/column-append.test.ts reads everything back.

interface NativeVector {
  readonly __duckdb_type: 'duckdb_vector'
}

interface Bindings {
  data_chunk_get_vector(chunk: unknown, column: number): NativeVector
  vector_get_data(vector: NativeVector, byteCount: number): Uint8Array
  vector_assign_string_element_len(vector: NativeVector, row: number, bytes: Uint8Array): void
  vector_ensure_validity_writable(vector: NativeVector): void
  copy_data_to_vector(target: NativeVector, at: number, from: ArrayBufferLike, start: number, bytes: number): void
  copy_data_to_vector_validity(
    target: NativeVector,
    at: number,
    from: ArrayBufferLike,
    start: number,
    bytes: number,
  ): void
}

// The bindings that @duckdb/node-api itself uses: another copy would not know its handles.
const requireOfApi = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-api'))
const bindings = requireOfApi('@duckdb/node-bindings') as Bindings

/** Rows of one appended chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048
const STRING_BYTES = 16
const STRING_WORDS = STRING_BYTES / 4
const INLINE_BYTES_MAX = 12
const POINTER_AT = 8

/** Length of a {@link BytesColumn} place, and code of a {@link NamesColumn}, that stand for NULL. */
export const NULL_LENGTH = 0xffffffff
export const NULL_NAME = 0xff

/** One value a row, none NULL. */
export interface NumbersColumn {
  readonly kind: 'numbers'
  readonly values: BigInt64Array | Int32Array
}

/** Bytes, or UTF-8 text, that lie in the arena: start and length for each row. */
export interface BytesColumn {
  readonly kind: 'bytes'
  readonly places: Uint32Array
}

/** Text that is one of a few: for each row the place in `names`, at most 255 of them. */
export interface NamesColumn {
  readonly kind: 'names'
  readonly names: readonly string[]
  readonly codes: Uint8Array
}

export interface Columns {
  readonly rows: number
  readonly arena: Uint8Array
  /** Where the arena's bytes of each row end: those of a row lie between the end of the one before and its own. */
  readonly ends: Uint32Array
  readonly columns: readonly (NumbersColumn | BytesColumn | NamesColumn)[]
}

/** Appends all rows; the columns are those of the table, in its order and of its types. */
export function appendColumns(appender: DuckDBAppender, types: readonly DuckDBType[], data: Columns): void {
  for (let from = 0; from < data.rows; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, data.rows - from)
    const chunk = DuckDBDataChunk.create(types, rows)
    fillChunk(chunk, data, from, rows)
    appender.appendDataChunk(chunk)
  }
}

function fillChunk(chunk: DuckDBDataChunk, data: Columns, from: number, rows: number): void {
  const strings = new Uint32Array(rows * STRING_WORDS)
  let arena: ChunkArena | undefined
  for (const [index, column] of data.columns.entries()) {
    const vector = bindings.data_chunk_get_vector(chunk.chunk, index)
    if (column.kind === 'numbers') {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = column.values
      bindings.copy_data_to_vector(vector, 0, buffer, byteOffset + from * size, rows * size)
      continue
    }
    let valid: Uint8Array | undefined
    if (column.kind === 'names') valid = fillNames(vector, column, from, strings)
    else {
      arena ??= handOver(vector, data, from, rows)
      valid = fillBytes(column, from, arena, strings)
    }
    bindings.copy_data_to_vector(vector, 0, strings.buffer, 0, rows * STRING_BYTES)
    if (valid === undefined) continue
    bindings.vector_ensure_validity_writable(vector)
    bindings.copy_data_to_vector_validity(vector, 0, valid.buffer, 0, valid.byteLength)
  }
}

/** The arena's bytes of a chunk, in memory that a vector of the chunk owns, and where that lies. */
interface ChunkArena {
  readonly bytes: Uint8Array
  /** Place of `bytes` in the whole arena. */
  readonly start: number
  readonly addressLow: number
  readonly addressHigh: number
}

function handOver(vector: NativeVector, data: Columns, from: number, rows: number): ChunkArena {
  const start = from === 0 ? 0 : data.ends[from - 1]!
  const bytes = data.arena.subarray(start, data.ends[from + rows - 1])
  // Up to 12 bytes would be kept in the string header: no pointer, and no value needs one.
  if (bytes.length <= INLINE_BYTES_MAX) return { bytes, start, addressLow: 0, addressHigh: 0 }
  const [, , addressLow, addressHigh] = assign(vector, bytes)
  return { bytes, start, addressLow: addressLow!, addressHigh: addressHigh! }
}

/** Gives the vector a copy of the bytes and returns the string header that DuckDB made for it. */
function assign(vector: NativeVector, bytes: Uint8Array): Uint32Array {
  bindings.vector_assign_string_element_len(vector, 0, bytes)
  return new Uint32Array(new Uint8Array(bindings.vector_get_data(vector, STRING_BYTES)).buffer)
}

/** Fills the string headers; returns the validity mask when a row is NULL. */
function fillBytes(column: BytesColumn, from: number, arena: ChunkArena, strings: Uint32Array) {
  const { bytes, start, addressLow, addressHigh } = arena
  const rows = strings.length / STRING_WORDS
  let valid: Uint8Array | undefined
  for (let row = 0, at = from * 2, word = 0; row < rows; row++, at += 2, word += STRING_WORDS) {
    const length = column.places[at + 1]!
    if (length === NULL_LENGTH) {
      valid ??= allValid(rows)
      valid[row >> 3]! &= ~(1 << (row & 7))
      strings.fill(0, word, word + STRING_WORDS)
      continue
    }
    const place = column.places[at]! - start
    // A place outside the chunk's own bytes would be a pointer into foreign memory.
    if (place < 0 || place + length > bytes.length) throw new RangeError('A value lies outside the bytes of its row.')
    strings[word] = length
    if (length <= INLINE_BYTES_MAX) {
      for (let k = 0; k < INLINE_BYTES_MAX / 4; k++)
        strings[word + 1 + k] = wordOf(bytes, place + 4 * k, place + length)
      continue
    }
    const low = addressLow + place
    strings[word + 1] = wordOf(bytes, place, place + length)
    strings[word + POINTER_AT / 4] = low
    strings[word + POINTER_AT / 4 + 1] = low > 0xffffffff ? addressHigh + 1 : addressHigh
  }
  return valid
}

/** Four bytes as a little-endian word, zero from `end` on. */
function wordOf(bytes: Uint8Array, at: number, end: number): number {
  let word = 0
  for (let k = 0; k < 4 && at + k < end; k++) word |= bytes[at + k]! << (8 * k)
  return word
}

function fillNames(vector: NativeVector, column: NamesColumn, from: number, strings: Uint32Array) {
  const rows = strings.length / STRING_WORDS
  const headers: (Uint32Array | undefined)[] = []
  let valid: Uint8Array | undefined
  for (let row = 0; row < rows; row++) {
    const code = column.codes[from + row]!
    if (code === NULL_NAME) {
      valid ??= allValid(rows)
      valid[row >> 3]! &= ~(1 << (row & 7))
      strings.fill(0, row * STRING_WORDS, (row + 1) * STRING_WORDS)
      continue
    }
    headers[code] ??= assign(vector, Buffer.from(column.names[code]!))
    strings.set(headers[code], row * STRING_WORDS)
  }
  return valid
}

/** One bit a row, in whole 64-bit words. */
function allValid(rows: number): Uint8Array {
  return new Uint8Array(Math.ceil(rows / 64) * 8).fill(0xff)
}
