import { viewOf } from './entry.ts'

/** Bits of filter an entry: about one key in eighty that is not there is looked for on disk all the same. */
const BITS_PER_ENTRY = 10
export const BLOCK_BYTES = 64
const BLOCK_BITS = BLOCK_BYTES * 8
/** Bits of a block a key sets: three of each of two words of 32 bits, nine bits for each place. */
const PLACES = [23, 14, 5] as const

export function blocksFor(entries: number): number {
  return Math.max(1, Math.ceil((entries * BITS_PER_ENTRY) / BLOCK_BITS))
}

/**
 * The block of a key grows with the key: whoever adds keys in ascending order is done with all lower blocks, and can write
 * them out. Keys are parts of a SHA-256, so they need no further hash; who grinds ids into one block slows that block only.
 */
export function blockOf(key: DataView, at: number, blocks: number): number {
  return Math.floor((key.getUint32(at) * blocks) / 2 ** 32)
}

/** Sets the bits of a key in the block that begins at `blockAt`. */
export function addToBlock(filter: Uint8Array, blockAt: number, key: DataView, at: number): void {
  for (const word of [key.getUint32(at + 4), key.getUint32(at + 8)]) {
    for (const shift of PLACES) {
      const bit = (word >>> shift) & (BLOCK_BITS - 1)
      filter[blockAt + (bit >>> 3)]! |= 1 << (bit & 7)
    }
  }
}

function blockMayHold(filter: Uint8Array, blockAt: number, key: DataView, at: number): boolean {
  for (const word of [key.getUint32(at + 4), key.getUint32(at + 8)]) {
    for (const shift of PLACES) {
      const bit = (word >>> shift) & (BLOCK_BITS - 1)
      if ((filter[blockAt + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false
    }
  }
  return true
}

/** A blocked Bloom filter (Putze, Sanders, Singler 2007): false means that the key is not there, true that it may be. */
export class BloomFilter {
  readonly #bytes: Uint8Array
  readonly #blocks: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#blocks = bytes.length / BLOCK_BYTES
  }

  mayHold(key: Uint8Array): boolean {
    const view = viewOf(key)
    return blockMayHold(this.#bytes, blockOf(view, 0, this.#blocks) * BLOCK_BYTES, view, 0)
  }
}
