import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { BloomFilter } from './bloom.ts'
import { compareKeys, ENTRY_BYTES, KEY_BYTES, PAGE_BYTES, PAGE_ENTRIES, prefixOf, viewOf } from './entry.ts'
import { IdIndexCorruptError } from './errors.ts'
import {
  CHECKSUM_BYTES,
  decodeTrailer,
  FENCE_BYTES,
  layoutOf,
  RunDigest,
  type RunLayout,
  TRAILER_BYTES,
} from './run-trailer.ts'

/** A row of the table `id_run`: the run file that has this digest exists. */
export interface RunRow {
  readonly run: bigint
  readonly entries: number
  readonly digest: Uint8Array
}

/** Most bytes of one read. */
const READ_BYTES = 2 ** 26

/**
 * One immutable run file, open for look-ups. In memory are its filter, fences and checksums: 1.35 GB for 10^9 entries.
 * Every page is checked against its checksum before a byte of it is believed.
 */
export class Run {
  readonly row: RunRow
  readonly path: string
  readonly #fd: number
  readonly #layout: RunLayout
  readonly #filter: BloomFilter
  readonly #fences: Buffer
  readonly #checksums: Buffer
  readonly #page = Buffer.alloc(PAGE_BYTES)
  readonly #pageView = viewOf(this.#page)

  private constructor(row: RunRow, path: string, fd: number, layout: RunLayout, tail: Buffer) {
    this.row = row
    this.path = path
    this.#fd = fd
    this.#layout = layout
    this.#filter = new BloomFilter(tail.subarray(0, layout.fencesAt - layout.filterAt))
    this.#fences = tail.subarray(layout.fencesAt - layout.filterAt, layout.checksumsAt - layout.filterAt)
    this.#checksums = tail.subarray(layout.checksumsAt - layout.filterAt)
  }

  /**
   * @returns undefined when the file is not the one that the row names: it is missing, or a whole run of another time
   * @throws IdIndexCorruptError when the file is damaged
   */
  static open(path: string, row: RunRow): Run | undefined {
    let fd: number
    try {
      fd = openSync(path, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    try {
      const run = Run.#read(fd, path, row)
      if (run === undefined) closeSync(fd)
      return run
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  static #read(fd: number, path: string, row: RunRow): Run | undefined {
    const { size } = fstatSync(fd)
    const trailer = size < TRAILER_BYTES ? undefined : decodeTrailer(readAt(fd, size - TRAILER_BYTES, TRAILER_BYTES))
    if (trailer === undefined) throw new IdIndexCorruptError({ path, what: 'its end is damaged' })
    const layout = layoutOf(trailer.entries)
    if (size !== layout.trailerAt + TRAILER_BYTES)
      throw new IdIndexCorruptError({ path, what: `${size} bytes for ${trailer.entries} entries` })
    const tail = readAt(fd, layout.filterAt, layout.trailerAt - layout.filterAt)
    const digest = new RunDigest()
    digest.update(tail)
    if (!Buffer.from(trailer.digest).equals(digest.end(trailer.entries)))
      throw new IdIndexCorruptError({ path, what: 'its filter, fences or checksums are damaged' })
    const named = trailer.entries === row.entries && Buffer.from(trailer.digest).equals(row.digest)
    return named ? new Run(row, path, fd, layout, tail) : undefined
  }

  /** The value under a key, or undefined. Filter only for most keys that are not there; else one page is read. */
  find(key: Uint8Array): Uint8Array | undefined {
    if (!this.#filter.mayHold(key)) return undefined
    const view = viewOf(key)
    const prefix = prefixOf(view, 0)
    // Keys with one prefix may fill several pages, and begin at the end of the page before.
    for (let page = this.#lastPageBelow(prefix); page < this.#layout.pages; page++) {
      if (this.#fence(page) > prefix) return undefined
      this.#readPage(page)
      const at = this.#searchPage(page, view)
      if (at !== undefined) return Buffer.from(this.#page.subarray(at + KEY_BYTES, at + ENTRY_BYTES))
    }
    return undefined
  }

  /** Reads the run front to back, with a file handle of its own. */
  cursor(): Promise<RunCursor> {
    return RunCursor.open(this.path, this.row.entries, this.#checksums)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #fence(page: number): number {
    return this.#fences.readDoubleBE(page * FENCE_BYTES)
  }

  #lastPageBelow(prefix: number): number {
    let low = 0
    let high = this.#layout.pages
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#fence(middle) < prefix) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #readPage(page: number): void {
    const read = readSync(this.#fd, this.#page, 0, PAGE_BYTES, page * PAGE_BYTES)
    if (read !== PAGE_BYTES) throw new IdIndexCorruptError({ path: this.path, what: `page ${page} ends early` })
    assertPage(this.path, page, this.#page, this.#checksums)
  }

  #searchPage(page: number, key: DataView): number | undefined {
    let low = 0
    let high = Math.min(PAGE_ENTRIES, this.row.entries - page * PAGE_ENTRIES)
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareKeys(this.#pageView, middle * ENTRY_BYTES, key, 0)
      if (order === 0) return middle * ENTRY_BYTES
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }
}

/** Pages that a cursor holds. */
const CURSOR_PAGES = 64

/** The entries of a run in order, a quarter of a MiB at a time. */
export class RunCursor {
  readonly #file: FileHandle
  readonly #path: string
  readonly #entries: number
  readonly #checksums: Buffer
  readonly #pages = Buffer.alloc(CURSOR_PAGES * PAGE_BYTES)
  /** Bytes of the entries held. */
  readonly view = viewOf(this.#pages)
  /** Where the current entry begins in `view`; meaningless once {@link atEnd}. */
  at = 0
  #index = 0
  #pageAfter = 0

  private constructor(file: FileHandle, path: string, entries: number, checksums: Buffer) {
    this.#file = file
    this.#path = path
    this.#entries = entries
    this.#checksums = checksums
  }

  static async open(path: string, entries: number, checksums: Buffer): Promise<RunCursor> {
    const cursor = new RunCursor(await open(path, 'r'), path, entries, checksums)
    await cursor.#fill()
    return cursor
  }

  get atEnd(): boolean {
    return this.#index === this.#entries
  }

  /** Goes to the next entry; when it returns a promise, that is awaited first. */
  next(): Promise<void> | undefined {
    this.#index++
    this.at += ENTRY_BYTES
    return this.at < this.#pages.length || this.atEnd ? undefined : this.#fill()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #fill(): Promise<void> {
    const pages = Math.min(CURSOR_PAGES, Math.ceil(this.#entries / PAGE_ENTRIES) - this.#pageAfter)
    const { bytesRead } = await this.#file.read(this.#pages, 0, pages * PAGE_BYTES, this.#pageAfter * PAGE_BYTES)
    if (bytesRead !== pages * PAGE_BYTES) throw new IdIndexCorruptError({ path: this.#path, what: 'it ends early' })
    for (let page = 0; page < pages; page++) {
      const bytes = this.#pages.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
      assertPage(this.#path, this.#pageAfter + page, bytes, this.#checksums)
    }
    this.#pageAfter += pages
    this.at = 0
  }
}

function assertPage(path: string, page: number, bytes: Uint8Array, checksums: Buffer): void {
  if (crc32(bytes) !== checksums.readUInt32BE(page * CHECKSUM_BYTES))
    throw new IdIndexCorruptError({ path, what: `page ${page} is damaged` })
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const read = readSync(fd, bytes, done, Math.min(READ_BYTES, length - done), position + done)
    if (read === 0) break
    done += read
  }
  return bytes
}
