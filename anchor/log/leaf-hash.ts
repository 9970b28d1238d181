import { sha256 } from '../hash.ts'

/**
 * Hash of one leaf: SHA-256(0x00 ‖ entry). The prefix keeps a leaf from being passed off as an inner node.
 *
 * @param entry bytes of the entry, any length
 * @returns     32 bytes
 * RFC 6962 §2.1.
 */
export function leafHash(entry: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + entry.length)
  prefixed.set(entry, 1)
  return sha256(prefixed)
}
