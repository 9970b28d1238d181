import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { toAddress } from '../../../schemas/ids.ts'
import { type GradientRows, itemGradients } from '../bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../bilinear/leverage.ts'
import type { LoadedItems } from '../features/load-period.ts'
import { groupsOf } from '../rule/payout-rule.ts'
import type { ExplainedItems, ItemPlace } from './explained-items.ts'

const FORMAT = 'tallystick-items/1'
/** Rows that are read at a time: 7.5 MiB at r = 100, n = 10. */
const BLOCK_ROWS = 65_536
const WORD = 4
const ACCOUNT_BYTES = 20
/** Of a batch: 128 bits of a hash (docs/formats.md). */
const ID_BYTES = 16
/** Batch, index, CRC-32 of both. */
const PLACE_BYTES = ID_BYTES + 2 * WORD
/** Length and CRC-32 of the footer. */
const END_BYTES = 2 * WORD
/** The last file that was read stays in memory for the next question when its rows take no more than this. */
const KEPT_BYTES_MAX = 2 ** 28

interface Footer {
  readonly format: typeof FORMAT
  readonly count: number
  readonly rank: number
  readonly classes: number
  readonly errorSumMax: number
  readonly accounts: number
  /** What the file was made from. */
  readonly key: string
  /** Of K over these items: {@link curvatureHash}. */
  readonly curvatureHash: string
  /** CRC-32 of each block, then of u, of the items' groups, and of the accounts. */
  readonly blockSums: readonly number[]
  readonly columnSums: readonly number[]
}

/**
 * The items of one cut as an explanation reads them, so that a question takes one pass over a plain file and no query over all
 * contributions. Little-endian: blocks of gradients (factors int8, then errors int16, row by row), u and group of each item
 * (u32), the accounts' bytes, a place of 24 bytes for each item, a footer in JSON, its length and its CRC-32.
 */
export async function writeItemFile(file: FileHandle, key: string, loaded: LoadedItems, curvatureHash: string) {
  const { items, accounts, places } = loaded
  const { count, rank, classes, factors, errors, errorSumMax } = itemGradients(items.rows)
  const blockSums: number[] = []
  for (let from = 0; from < count; from += BLOCK_ROWS) {
    const to = Math.min(count, from + BLOCK_ROWS)
    const parts = [
      bytesOf(factors.subarray(from * rank, to * rank)),
      bytesOf(errors.subarray(from * classes, to * classes)),
    ]
    blockSums.push(await append(file, parts))
  }
  const names = Buffer.from(accounts.map(({ account }) => account.slice(2)).join(''), 'hex')
  const columnSums: number[] = []
  for (const column of [cappedMultipliers(items.rows), groupsOf(items), names])
    columnSums.push(await append(file, [bytesOf(column)]))
  for (let from = 0; from < count; from += BLOCK_ROWS)
    await append(file, [placeBytes(places.slice(from, from + BLOCK_ROWS))])
  const footer: Footer = {
    format: FORMAT,
    count,
    rank,
    classes,
    errorSumMax,
    accounts: accounts.length,
    key,
    curvatureHash,
    blockSums,
    columnSums,
  }
  const json = Buffer.from(JSON.stringify(footer))
  const end = Buffer.alloc(END_BYTES)
  end.writeUInt32LE(json.length)
  end.writeUInt32LE(crc32(json), WORD)
  await append(file, [json, end])
}

/** What was read of a file, and checked. */
interface Contents {
  /** Names the file as it was when it was read: whatever writes to it makes another of it. */
  readonly file: string
  readonly blocks: readonly GradientRows[]
}

/** Of the file that was read last. */
let kept: Contents | undefined

/** The file is not what was written: an explanation makes it again. */
export class DamagedFileError extends Error {}

/** An item file that is read; everything that is taken from it is checked first. */
export class ItemFile implements ExplainedItems {
  readonly #file: FileHandle
  readonly #footer: Footer
  /** See {@link Contents}. */
  readonly #name: string

  private constructor(file: FileHandle, footer: Footer, name: string) {
    this.#file = file
    this.#footer = footer
    this.#name = name
  }

  /** @throws DamagedFileError */
  static async open(file: FileHandle, key: string): Promise<ItemFile> {
    const { size: bytes, dev, ino, mtimeNs } = await file.stat({ bigint: true })
    const size = Number(bytes)
    const end = await read(file, Buffer.alloc(Math.min(END_BYTES, size)), size - END_BYTES)
    const length = end.length === END_BYTES ? end.readUInt32LE() : 0
    if (length === 0 || length > size - END_BYTES) throw new DamagedFileError()
    const json = await read(file, Buffer.alloc(length), size - END_BYTES - length)
    check(json, end.readUInt32LE(WORD))
    const footer = JSON.parse(json.toString()) as Footer
    if (footer.format !== FORMAT || footer.key !== key) throw new DamagedFileError()
    return new ItemFile(file, footer, [key, dev, ino, size, mtimeNs].join(' '))
  }

  get count(): number {
    return this.#footer.count
  }

  get curvatureHash(): string {
    return this.#footer.curvatureHash
  }

  get shape(): ExplainedItems['shape'] {
    return this.#footer
  }

  async *blocks(): AsyncGenerator<GradientRows> {
    if (kept?.file === this.#name) {
      yield* kept.blocks
      return
    }
    kept = undefined
    if (this.#columnsAt > KEPT_BYTES_MAX) {
      yield* this.#readBlocks(3)
      return
    }
    const blocks: GradientRows[] = []
    for await (const rows of this.#readBlocks(Math.max(3, this.#footer.blockSums.length))) {
      blocks.push(rows)
      yield rows
    }
    kept = { file: this.#name, blocks }
  }

  /** The next one is read while two are worked on. @param count of buffers, at least 3, which are filled in turn */
  async *#readBlocks(count: number): AsyncGenerator<GradientRows> {
    const { blockSums } = this.#footer
    const bufferBytes = Math.min(this.count, BLOCK_ROWS) * this.#rowBytes
    const buffers = Array.from({ length: count }, () => new SharedArrayBuffer(bufferBytes))
    // A failure waits for whoever asks for the block.
    const readAhead = (block: number) => {
      const reading = this.#readBlock(block, buffers[block % count]!)
      reading.catch(() => undefined)
      return reading
    }
    let next = readAhead(0)
    for (let block = 0; block < blockSums.length; block++) {
      const rows = await next
      if (block + 1 < blockSums.length) next = readAhead(block + 1)
      yield rows
    }
  }

  async #readBlock(block: number, buffer: SharedArrayBuffer): Promise<GradientRows> {
    const { count, rank, classes, errorSumMax, blockSums } = this.#footer
    const from = block * BLOCK_ROWS
    const rows = Math.min(count - from, BLOCK_ROWS)
    const bytes = await read(this.#file, new Uint8Array(buffer, 0, rows * this.#rowBytes), from * this.#rowBytes)
    check(bytes, blockSums[block]!)
    const factors = new Int8Array(buffer, 0, rows * rank)
    // An odd number of bytes of factors cannot be followed by int16 in place.
    const errorsAt = rows * rank
    const errors =
      errorsAt % 2 === 0
        ? new Int16Array(buffer, errorsAt, rows * classes)
        : new Int16Array(buffer.slice(errorsAt, errorsAt + rows * classes * 2))
    return { count: rows, rank, classes, factors, errors, errorSumMax, multipliers: new Uint16Array(0) }
  }

  multipliers(): Promise<Uint32Array> {
    return this.#words(this.#columnsAt, 0)
  }

  groupOf(): Promise<Uint32Array> {
    return this.#words(this.#columnsAt + this.count * WORD, 1)
  }

  async accounts(): Promise<string[]> {
    const { accounts, columnSums } = this.#footer
    const bytes = await read(
      this.#file,
      Buffer.alloc(accounts * ACCOUNT_BYTES),
      this.#columnsAt + 2 * this.count * WORD,
    )
    check(bytes, columnSums[2]!)
    return Array.from({ length: accounts }, (_, at) =>
      toAddress(`0x${bytes.toString('hex', at * ACCOUNT_BYTES, (at + 1) * ACCOUNT_BYTES)}`),
    )
  }

  async placeOf(item: number): Promise<ItemPlace> {
    const placesAt = this.#columnsAt + 2 * this.count * WORD + this.#footer.accounts * ACCOUNT_BYTES
    const bytes = await read(this.#file, Buffer.alloc(PLACE_BYTES), placesAt + item * PLACE_BYTES)
    check(bytes.subarray(0, PLACE_BYTES - WORD), bytes.readUInt32LE(PLACE_BYTES - WORD))
    return { batch: bytes.subarray(0, ID_BYTES), index: bytes.readUInt32LE(ID_BYTES) }
  }

  async #words(from: number, column: number): Promise<Uint32Array> {
    const words = new Uint32Array(this.count)
    check(await read(this.#file, bytesOf(words), from), this.#footer.columnSums[column]!)
    return words
  }

  get #rowBytes(): number {
    return this.#footer.rank + this.#footer.classes * 2
  }

  get #columnsAt(): number {
    return this.count * this.#rowBytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function append(file: FileHandle, parts: readonly Uint8Array[]): Promise<number> {
  let sum = 0
  for (const part of parts) {
    sum = crc32(part, sum)
    await file.appendFile(part)
  }
  return sum
}

async function read<Bytes extends Uint8Array>(file: FileHandle, into: Bytes, position: number): Promise<Bytes> {
  for (let at = 0; at < into.length; ) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at)
    if (bytesRead === 0) throw new DamagedFileError()
    at += bytesRead
  }
  return into
}

function check(bytes: Uint8Array, sum: number): void {
  if (crc32(bytes) !== sum) throw new DamagedFileError()
}

function placeBytes(places: LoadedItems['places']): Uint8Array {
  const bytes = Buffer.alloc(places.length * PLACE_BYTES)
  for (const [row, { batch, index }] of places.entries()) {
    const at = row * PLACE_BYTES
    bytes.set(batch, at)
    bytes.writeUInt32LE(index, at + ID_BYTES)
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + PLACE_BYTES - WORD)), at + PLACE_BYTES - WORD)
  }
  return bytes
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
