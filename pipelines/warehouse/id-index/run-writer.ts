import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { addToBlock, BLOCK_BYTES, blockOf, blocksFor } from './bloom.ts'
import { compareKeys, ENTRY_BYTES, PAGE_BYTES, prefixOf, viewOf } from './entry.ts'
import { IdIndexCorruptError } from './errors.ts'
import {
  CHECKSUM_BYTES,
  encodeTrailer,
  FENCE_BYTES,
  layoutOf,
  RunDigest,
  type RunLayout,
  type RunTrailer,
} from './run-trailer.ts'

/** Pages and blocks held before they are written. */
const BUFFER_PAGES = 256
const BUFFER_BLOCKS = 4_096

/**
 * Writes one run of ascending entries front to back. In memory are a MiB of pages, a quarter of filter, and 12 bytes a page:
 * 94 MB for 10^9 entries. Nothing refers to the file before {@link finish} has fsynced it: killed earlier, it is garbage.
 */
export class RunWriter {
  readonly #file: FileHandle
  readonly #path: string
  readonly #entries: number
  readonly #layout: RunLayout
  readonly #blocks: number
  readonly #pages = Buffer.alloc(BUFFER_PAGES * PAGE_BYTES)
  readonly #pagesView = viewOf(this.#pages)
  readonly #filter = Buffer.alloc(BUFFER_BLOCKS * BLOCK_BYTES)
  readonly #fences: Buffer
  readonly #checksums: Buffer
  readonly #digest = new RunDigest()
  readonly #last = viewOf(new Uint8Array(ENTRY_BYTES))
  #written = 0
  #pagesFlushed = 0
  #firstBlock = 0

  private constructor(file: FileHandle, path: string, entries: number) {
    this.#file = file
    this.#path = path
    this.#entries = entries
    this.#layout = layoutOf(entries)
    this.#blocks = blocksFor(entries)
    this.#fences = Buffer.alloc(this.#layout.pages * FENCE_BYTES)
    this.#checksums = Buffer.alloc(this.#layout.pages * CHECKSUM_BYTES)
  }

  /** @param entries how many will be pushed; the file is laid out for them */
  static async create(path: string, entries: number): Promise<RunWriter> {
    return new RunWriter(await open(path, 'wx', 0o600), path, entries)
  }

  /**
   * Takes the entry at `at`; when it returns a promise, that is awaited before the next one.
   * @throws IdIndexCorruptError when it does not come after the last one
   */
  push(source: DataView, at: number): Promise<void> | undefined {
    if (this.#written > 0 && compareKeys(this.#last, 0, source, at) >= 0)
      throw new IdIndexCorruptError({ path: this.#path, what: 'keys do not ascend' })
    const place = this.#written * ENTRY_BYTES - this.#pagesFlushed * PAGE_BYTES
    for (let word = 0; word < ENTRY_BYTES; word += 4) {
      const value = source.getUint32(at + word)
      this.#pagesView.setUint32(place + word, value)
      this.#last.setUint32(word, value)
    }
    this.#written++
    const block = blockOf(source, at, this.#blocks)
    const full = place + ENTRY_BYTES === this.#pages.length
    if (block < this.#firstBlock + BUFFER_BLOCKS) {
      addToBlock(this.#filter, (block - this.#firstBlock) * BLOCK_BYTES, source, at)
      return full ? this.#flushPages() : undefined
    }
    return this.#advance(block, full)
  }

  /** Makes the run durable. @throws IdIndexCorruptError when fewer or more entries came than were announced */
  async finish(): Promise<RunTrailer> {
    if (this.#written !== this.#entries)
      throw new IdIndexCorruptError({ path: this.#path, what: `${this.#written} entries of ${this.#entries}` })
    await this.#flushPages()
    while (this.#firstBlock < this.#blocks) await this.#flushFilter()
    this.#digest.update(this.#fences)
    this.#digest.update(this.#checksums)
    const trailer = { entries: this.#entries, digest: this.#digest.end(this.#entries) }
    await this.#write(this.#fences, this.#layout.fencesAt)
    await this.#write(this.#checksums, this.#layout.checksumsAt)
    await this.#write(encodeTrailer(trailer), this.#layout.trailerAt)
    await this.#file.sync()
    return trailer
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #advance(block: number, full: boolean): Promise<void> {
    while (block >= this.#firstBlock + BUFFER_BLOCKS) await this.#flushFilter()
    addToBlock(this.#filter, (block - this.#firstBlock) * BLOCK_BYTES, this.#last, 0)
    if (full) await this.#flushPages()
  }

  async #flushPages(): Promise<void> {
    const pages = Math.ceil(this.#written / (PAGE_BYTES / ENTRY_BYTES)) - this.#pagesFlushed
    for (let page = 0; page < pages; page++) {
      const bytes = this.#pages.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
      this.#fences.writeDoubleBE(
        prefixOf(this.#pagesView, page * PAGE_BYTES),
        (this.#pagesFlushed + page) * FENCE_BYTES,
      )
      this.#checksums.writeUInt32BE(crc32(bytes), (this.#pagesFlushed + page) * CHECKSUM_BYTES)
    }
    await this.#write(this.#pages.subarray(0, pages * PAGE_BYTES), this.#pagesFlushed * PAGE_BYTES)
    this.#pagesFlushed += pages
    this.#pages.fill(0)
  }

  async #flushFilter(): Promise<void> {
    const blocks = Math.min(BUFFER_BLOCKS, this.#blocks - this.#firstBlock)
    const bytes = this.#filter.subarray(0, blocks * BLOCK_BYTES)
    this.#digest.update(bytes)
    await this.#write(bytes, this.#layout.filterAt + this.#firstBlock * BLOCK_BYTES)
    this.#firstBlock += BUFFER_BLOCKS
    this.#filter.fill(0)
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }
}
