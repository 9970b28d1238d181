import { createKeccak } from 'hash-wasm'

// Compiled once, when this module is loaded, and used again for every hash. The width is named: the default is 512 bits.
const hasher = await createKeccak(256)

/** Keccak-256 as Ethereum has it (not NIST SHA-3) of `bytes`: a fresh array of 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary')
}
