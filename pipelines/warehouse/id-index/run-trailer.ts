import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { BLOCK_BYTES, blocksFor } from './bloom.ts'
import { PAGE_BYTES, PAGE_ENTRIES } from './entry.ts'

/**
 * A run file, integers big-endian:
 * pages of 4 KiB (128 entries ascending by key, the last one padded with zeros) | filter | fences (float64 a page: prefix of
 * its first key) | checksums (CRC-32 a page) | trailer: magic 8 | u64 entries | digest 32 | u32 CRC-32 of what precedes it here.
 * digest = SHA-256(filter ‖ fences ‖ checksums ‖ u64 entries).
 */
const MAGIC = Buffer.from('TALLYID1')
export const TRAILER_BYTES = 52
export const FENCE_BYTES = 8
export const CHECKSUM_BYTES = 4
const CRC_AT = TRAILER_BYTES - 4

export interface RunTrailer {
  readonly entries: number
  readonly digest: Uint8Array
}

/** Where the parts of a run file begin. */
export interface RunLayout {
  readonly pages: number
  readonly filterAt: number
  readonly fencesAt: number
  readonly checksumsAt: number
  readonly trailerAt: number
}

export function layoutOf(entries: number): RunLayout {
  const pages = Math.ceil(entries / PAGE_ENTRIES)
  const filterAt = pages * PAGE_BYTES
  const fencesAt = filterAt + blocksFor(entries) * BLOCK_BYTES
  const checksumsAt = fencesAt + pages * FENCE_BYTES
  return { pages, filterAt, fencesAt, checksumsAt, trailerAt: checksumsAt + pages * CHECKSUM_BYTES }
}

/** What a run holds, in 32 bytes; fed with its filter first, because that is written while it is made. */
export class RunDigest {
  readonly #hash = createHash('sha256')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  end(entries: number): Uint8Array {
    const count = Buffer.alloc(8)
    count.writeBigUInt64BE(BigInt(entries))
    return this.#hash.update(count).digest()
  }
}

export function encodeTrailer({ entries, digest }: RunTrailer): Buffer {
  const bytes = Buffer.alloc(TRAILER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(entries), MAGIC.length)
  bytes.set(digest, MAGIC.length + 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT)
  return bytes
}

/** Undefined when the bytes are no trailer, or damaged. */
export function decodeTrailer(bytes: Buffer): RunTrailer | undefined {
  const whole = bytes.length === TRAILER_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC)
  if (!whole || crc32(bytes.subarray(0, CRC_AT)) !== bytes.readUInt32BE(CRC_AT)) return undefined
  return { entries: Number(bytes.readBigUInt64BE(MAGIC.length)), digest: bytes.subarray(MAGIC.length + 8, CRC_AT) }
}
