import { HASH_BYTES } from '../hash.ts'
import { keccak256 } from './keccak256.ts'

/** Negative, zero or positive as the `length` bytes of `a` from `aAt` sort before, with or after those of `b` from `bAt`. */
export function compareBytes(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const difference = a[aAt + i]! - b[bAt + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * Hash of an inner node: keccak256 of its two children, the lower first, so that a proof needs no sides.
 * `standardNodeHash` of @openzeppelin/merkle-tree; `MerkleProof._hashPair` of OpenZeppelin's contracts.
 *
 * @param a 32 bytes
 * @param b 32 bytes
 */
export function payoutNodeHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  const isOrdered = compareBytes(a, 0, b, 0, HASH_BYTES) <= 0
  pair.set(isOrdered ? a : b, 0)
  pair.set(isOrdered ? b : a, HASH_BYTES)
  return keccak256(pair)
}

// One scratch for all nodes: hashing is synchronous.
const pair = new Uint8Array(2 * HASH_BYTES)
