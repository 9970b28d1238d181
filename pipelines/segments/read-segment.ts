import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { decodeHeaders, encodeHeaders } from '../../schemas/record-bytes.ts'
import type { LogRecord } from '../record-source.ts'
import { SegmentDamagedError } from './errors.ts'
import { contentHash, contentOf } from './row-content.ts'
import { FILE_BYTES_MAX, type SegmentKind, segmentMetadata } from './segment-file.ts'
import { type SegmentName, segmentPath } from './segment-name.ts'

/** Decoded bytes of a file of the largest size: Parquet's own overhead and compression, generously. */
const DECODED_BYTES_MAX = 1024n * 1024n * 1024n
const ROWS_MAX = 10_000_000n
const COLUMNS = ['topic', 'partition', 'offset', 'append_ms', 'key', 'headers', 'value', 'content_hash']

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// hyparquet's own reader of text drops a byte-order mark and puts U+FFFD for what is no UTF-8.
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => (bytes === undefined ? bytes : utf8.decode(bytes)),
}

export interface Segment {
  readonly kind: SegmentKind
  /**
   * The records, ascending by offset, a row group at a time; none of a gap.
   * @throws SegmentDamagedError before it hands out a record that is not what it should be
   */
  groups(): AsyncGenerator<readonly LogRecord[]>
}

/**
 * Opens a segment. Its bytes are held in memory and hashed before anything looks into them; then each row is held to the
 * name, to the order and to its own content hash.
 *
 * @returns undefined when it is gone: what was ingested may be deleted
 * @throws SegmentDamagedError when its bytes, or what they say of themselves, are not what was sealed
 */
export async function readSegment(folder: string, name: SegmentName): Promise<Segment | undefined> {
  const path = segmentPath(folder, name)
  const bytes = await readBytes(path)
  if (bytes === undefined) return undefined
  if (createHash('sha256').update(bytes).digest('hex') !== name.sha256)
    throw new SegmentDamagedError({ path, problem: 'its bytes do not have the SHA-256 in its name' })
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (start, end) => Promise.resolve(new Uint8Array(bytes.subarray(start, end)).buffer),
  }
  try {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false })
    const kind = assertMetadata(metadata, name)
    return { kind, groups: () => groupsOf(file, metadata, name, path) }
  } catch (cause) {
    throw asDamage(cause, path)
  }
}

async function* groupsOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  name: SegmentName,
  path: string,
): AsyncGenerator<readonly LogRecord[]> {
  let before = name.from - 1n
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    let records: LogRecord[]
    try {
      records = await decodeRows(file, metadata, rowStart, rowEnd, name, before)
    } catch (cause) {
      throw asDamage(cause, path)
    }
    before = records.at(-1)?.offset ?? before
    rowStart = rowEnd
    yield records
  }
}

async function decodeRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
  name: SegmentName,
  before: bigint,
): Promise<LogRecord[]> {
  const range = { rowStart, rowEnd, columns: COLUMNS, utf8: false, geoparquet: false, parsers }
  const rows = await parquetReadObjects({ file, metadata, ...range })
  if (rows.length !== rowEnd - rowStart)
    throw new NotSealed(`it has ${rows.length} rows where it says ${rowEnd - rowStart}`)
  const records: LogRecord[] = []
  for (const row of rows) records.push(recordOf(row, name, records.at(-1)?.offset ?? before))
  return records
}

/** Whoever made the file chose its name too: whatever the decoder trips over is a fault of the file. */
function asDamage(cause: unknown, path: string): SegmentDamagedError {
  if (cause instanceof NotSealed) return new SegmentDamagedError({ path, problem: cause.message })
  const problem = `it cannot be decoded (${cause instanceof Error ? cause.message : String(cause)})`
  return new SegmentDamagedError({ path, problem }, cause)
}

/** What is wrong with a file, in words. */
class NotSealed extends Error {}

async function readBytes(path: string): Promise<Buffer | undefined> {
  const file = await openFile(path)
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new SegmentDamagedError({ path, problem: 'it is no file' })
    if (stats.size > FILE_BYTES_MAX)
      throw new SegmentDamagedError({ path, problem: `it has ${stats.size} bytes; ${FILE_BYTES_MAX} is the most` })
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // Not through a link, and without waiting for the other end of a pipe.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new SegmentDamagedError({ path, problem: `it cannot be opened (${code})` }, cause)
  }
}

function assertMetadata(metadata: FileMetaData, name: SegmentName): SegmentKind {
  const said = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value]))
  const kind = said.get('kind') === 'gap' ? 'gap' : 'records'
  for (const [key, expected] of Object.entries(segmentMetadata(kind, name))) {
    const found = said.get(key)
    if (found !== expected) throw new NotSealed(`it says ${key} ${found ?? 'nothing'}, not ${expected}`)
  }
  const columns = metadata.schema.slice(1).map((element) => element.name)
  if (columns.join() !== COLUMNS.join()) throw new NotSealed(`its columns are ${columns.join(', ')}`)
  const rows = metadata.num_rows
  if (rows < 0n || rows > ROWS_MAX || rows > name.to - name.from || (kind === 'gap' && rows > 0n))
    throw new NotSealed(`it says ${rows} rows for ${name.to - name.from} offsets`)
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n)
  if (inGroups !== rows) throw new NotSealed(`it says ${rows} rows, and ${inGroups} in its groups`)
  const decoded = metadata.row_groups.reduce((sum, group) => sum + group.total_byte_size, 0n)
  if (decoded > DECODED_BYTES_MAX) throw new NotSealed(`it says ${decoded} decoded bytes`)
  return kind
}

/** A row as the record that it was; hyparquet promises nothing about the types of what it hands out. */
function recordOf(row: Record<string, unknown>, name: SegmentName, before: bigint): LogRecord {
  const { topic, partition, offset, append_ms: appendTimeMs } = row
  if (typeof offset !== 'bigint' || offset <= before || offset >= name.to)
    throw new NotSealed(`offset ${String(offset)} is out of order after ${before}`)
  const at = `the row of offset ${offset}`
  if (topic !== name.topic || partition !== name.partition) throw new NotSealed(`${at} is of another partition`)
  if (typeof appendTimeMs !== 'bigint') throw new NotSealed(`${at} has no append time`)
  const key = nullableBytes(row.key, `key in ${at}`)
  const headerBytes = bytesOf(row.headers, `headers in ${at}`)
  const headers = decodeHeaders(headerBytes)
  // A name that is no UTF-8 reads as one with this mark: other bytes than the hash was taken over.
  if (headers.some(([header]) => header.includes('\ufffd')) && !encodeHeaders(headers).equals(headerBytes))
    throw new NotSealed(`${at} has headers with a name that is no text`)
  const value = nullableBytes(row.value, `value in ${at}`)
  const expected = bytesOf(row.content_hash, `content hash in ${at}`)
  if (!contentHash(contentOf(key, headerBytes, value)).equals(expected))
    throw new NotSealed(`${at} does not have its content hash`)
  return { topic: name.topic, partition: name.partition, offset, appendTimeMs, key, headers, value }
}

function nullableBytes(value: unknown, what: string): Buffer | null {
  return value === null || value === undefined ? null : bytesOf(value, what)
}

function bytesOf(value: unknown, what: string): Buffer {
  if (!(value instanceof Uint8Array)) throw new NotSealed(`the ${what} is no bytes`)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
