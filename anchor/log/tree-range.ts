import { HASH_BYTES } from '../hash.ts'
import { HashLengthError, TreeRangeError } from './errors.ts'

/** The most leaves a tree can have: above it, a JavaScript number skips integers. */
export const TREE_SIZE_MAX = Number.MAX_SAFE_INTEGER

/**
 * @throws {@link TreeRangeError} unless `found` is a whole number in [min, max]
 */
export function assertInRange(what: string, found: number, min: number, max: number): void {
  if (!Number.isSafeInteger(found) || found < min || found > max) throw new TreeRangeError({ what, found, min, max })
}

/**
 * @throws {@link HashLengthError} unless `hash` is 32 bytes
 */
export function assertHash(what: string, hash: Uint8Array): void {
  // Proofs come out of documents of strangers: what is no bytes at all is named too, and not taken for 32 of something.
  const found = ArrayBuffer.isView(hash) ? hash.byteLength : 0
  if (found !== HASH_BYTES) throw new HashLengthError({ what, found })
}
