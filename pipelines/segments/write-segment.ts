import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  BIGINT,
  BLOB,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { toBlob } from '../warehouse/blob.ts'
import { readSql } from '../warehouse/read-sql.ts'
import { syncPath } from '../warehouse/sync-path.ts'
import { draftPath } from './drafts.ts'
import { SegmentTooLargeError } from './errors.ts'
import { contentHash, partsOf, type UnsealedRow } from './row-content.ts'
import { FILE_BYTES_MAX, type SegmentKind, segmentMetadata } from './segment-file.ts'
import { partitionFolder, type SegmentName, segmentPath } from './segment-name.ts'

const createTable = readSql(new URL('./segment-table.sql', import.meta.url))
const copyToFile = readSql(new URL('./write-segment.sql', import.meta.url))

const COLUMN_TYPES = [VARCHAR, INTEGER, BIGINT, BIGINT, BLOB, BLOB, BLOB, BLOB]
/** Rows of one appended chunk: DuckDB's vector size. */
const CHUNK_ROWS = 2048
const READ_BYTES = 1024 * 1024
const MEMORY_LIMIT = '512MB'

/** What is to be sealed of one partition: ascending offsets, none outside `from` (inclusive) to `to` (exclusive). */
export interface UnsealedSegment {
  /** A gap has no rows. */
  readonly kind: SegmentKind
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
  readonly rows: readonly UnsealedRow[]
}

/** Writes segments with a DuckDB of its own in memory: there is no warehouse. One segment at a time. */
export class SegmentWriter {
  readonly #folder: string
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  private constructor(folder: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#folder = folder
    this.#instance = instance
    this.#connection = connection
  }

  static async open(folder: string): Promise<SegmentWriter> {
    // One thread: a COPY by several may put rows out of order, and differs from run to run.
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, threads: '1' })
    const connection = await instance.connect()
    await connection.run(createTable)
    return new SegmentWriter(folder, instance, connection)
  }

  /**
   * Writes one segment; the partition's folder must be there.
   *
   * 1. The rows go into a draft, whose bytes reach the disk. Killed here: a draft is left that no reader looks at;
   *    {@link removeLeftDrafts} removes it later.
   * 2. The draft gets its name, which holds the hash of its bytes. Killed before: the log hands the records out again.
   *    Killed after: the segment is whole. If a segment of that name is there, equal bytes are replaced by equal bytes.
   * 3. The folder's entry reaches the disk. Only now does the caller count the records as sealed.
   *
   * @throws SegmentTooLargeError
   */
  async write(segment: UnsealedSegment): Promise<SegmentName> {
    assertSealable(segment)
    const draft = draftPath(partitionFolder(this.#folder, segment.topic, segment.partition))
    try {
      await this.#copy(segment, draft)
      const { sha256, bytes } = await describeDurably(draft)
      const { topic, partition, from, to } = segment
      if (bytes > FILE_BYTES_MAX)
        throw new SegmentTooLargeError({ topic, partition, offset: from, bytes, bytesMax: FILE_BYTES_MAX })
      const name = { topic, partition, from, to, sha256 }
      const path = segmentPath(this.#folder, name)
      await rename(draft, path)
      await syncPath(dirname(path))
      return name
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  async #copy(segment: UnsealedSegment, draft: string): Promise<void> {
    const metadata = Object.entries(segmentMetadata(segment.kind, segment)).map(
      ([key, value]) => `${literal(key)}: ${literal(value)}`,
    )
    try {
      await this.#append(segment)
      await this.#connection.run(
        copyToFile.replace('$path', () => literal(draft)).replace('$metadata', () => `{${metadata.join(', ')}}`),
      )
    } finally {
      await this.#connection.run('TRUNCATE segment')
    }
  }

  async #append({ topic, partition, rows }: UnsealedSegment): Promise<void> {
    if (rows.length === 0) return
    const appender = await this.#connection.createAppender('segment')
    try {
      for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
        const chunk = DuckDBDataChunk.create(COLUMN_TYPES)
        chunk.setRows(rows.slice(at, at + CHUNK_ROWS).map((row) => valuesOf(topic, partition, row)))
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
    } catch (error) {
      // What it still holds would be written when it is collected: into a later segment.
      appender.clear()
      throw error
    }
  }
}

/** Makes the folders of a partition, durably, so that its readers know of it before its first segment. */
export async function makePartition(folder: string, topic: string, partition: number): Promise<void> {
  const path = partitionFolder(folder, topic, partition)
  const made = await mkdir(path, { recursive: true })
  if (made === undefined) return
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    await syncPath(parent)
    if (parent === dirname(made)) return
  }
}

function assertSealable({ kind, topic, partition, from, to, rows }: UnsealedSegment): void {
  let next = from
  for (const { offset } of rows) {
    if (offset < next) throw new RangeError(`Record ${topic}/${partition}@${offset} is out of order.`)
    next = offset + 1n
  }
  if (next > to || from >= to || (kind === 'gap' && rows.length > 0))
    throw new RangeError(`Offsets ${from} to ${to} cannot be sealed.`)
}

function valuesOf(topic: string, partition: number, row: UnsealedRow): DuckDBValue[] {
  const { key, headers, value } = partsOf(row)
  return [
    topic,
    partition,
    row.offset,
    row.appendTimeMs,
    key === null ? null : toBlob(key),
    toBlob(headers),
    value === null ? null : toBlob(value),
    toBlob(contentHash(row.content)),
  ]
}

/** Brings a file to the disk. @returns its length and the SHA-256 of its bytes in hex */
async function describeDurably(path: string): Promise<{ sha256: string; bytes: number }> {
  const file = await open(path, 'r')
  try {
    await file.sync()
    const hash = createHash('sha256')
    const bytes = await hashAll(file.createReadStream({ autoClose: false, highWaterMark: READ_BYTES }), hash)
    return { sha256: hash.digest('hex'), bytes }
  } finally {
    await file.close()
  }
}

async function hashAll(stream: AsyncIterable<Buffer>, hash: Hash): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return bytes
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
