import { hash } from 'node:crypto'

export const IDENTITY_BYTES = 16
const LENGTH_BYTES = 4

/**
 * Identity of an event: the first 128 bits of SHA-256(u32 length ‖ source ‖ u32 length ‖ id). A second preimage costs 2^128.
 */
export function idHashOf(source: string, id: string): Uint8Array {
  const sourceBytes = Buffer.byteLength(source)
  const idBytes = Buffer.byteLength(id)
  const preimage = Buffer.allocUnsafe(2 * LENGTH_BYTES + sourceBytes + idBytes)
  let at = preimage.writeUInt32BE(sourceBytes, 0)
  at += preimage.write(source, at)
  at = preimage.writeUInt32BE(idBytes, at)
  preimage.write(id, at)
  return hash('sha256', preimage, 'buffer').subarray(0, IDENTITY_BYTES)
}
