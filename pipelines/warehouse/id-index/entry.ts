/** Bytes of an entry: a key of 128 bits (part of a SHA-256, so evenly spread) and what is known under it. */
export const KEY_BYTES = 16
export const ENTRY_BYTES = 32
export const PAGE_ENTRIES = 128
export const PAGE_BYTES = PAGE_ENTRIES * ENTRY_BYTES

const KEY_WORDS = 4
const WORD_BYTES = 4

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Order of two keys as bytes: negative, 0 or positive. */
export function compareKeys(one: DataView, oneAt: number, other: DataView, otherAt: number): number {
  for (let word = 0; word < KEY_WORDS; word++) {
    const a = one.getUint32(oneAt + word * WORD_BYTES)
    const b = other.getUint32(otherAt + word * WORD_BYTES)
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

/** The first 53 bits of a key as a whole number: the most that a float64 holds exactly, in the order of the keys. */
export function prefixOf(view: DataView, at: number): number {
  return view.getUint32(at) * 0x200000 + (view.getUint32(at + WORD_BYTES) >>> 11)
}
