import { HASH_BYTES, sha256 } from '../hash.ts'

/**
 * Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
 *
 * @param left  32 bytes; the caller has checked
 * @param right 32 bytes; the caller has checked
 * @returns     32 bytes
 * RFC 6962 §2.1.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  prefixed.set(left, 1)
  prefixed.set(right, 1 + HASH_BYTES)
  return sha256(prefixed)
}

// One scratch for all nodes: hashing is synchronous, so nothing else can write between filling and reading.
const prefixed = new Uint8Array(1 + 2 * HASH_BYTES)
prefixed[0] = 0x01
