import { sha256 } from '../hash.ts'
import { nodeHash } from './node-hash.ts'
import { assertHash } from './tree-range.ts'

/**
 * Root of the tree over `leafHashes`, in their order.
 *
 * @param leafHashes 32 bytes each, see {@link leafHash}
 * @returns          32 bytes; for no leaves SHA-256 of the empty string
 * @throws           {@link HashLengthError}
 * RFC 6962 §2.1. Takes n − 1 hashes; for a tree that grows keep a {@link Frontier} instead.
 */
export function rootHash(leafHashes: readonly Uint8Array[]): Uint8Array {
  for (const hash of leafHashes) assertHash('Leaf hash', hash)
  if (leafHashes.length === 0) return emptyRootHash()
  return rangeHash(leafHashes, 0, leafHashes.length).slice()
}

/** Root of the tree without leaves: SHA-256 of the empty string. RFC 6962 §2.1. */
export function emptyRootHash(): Uint8Array {
  return sha256(new Uint8Array(0))
}

/**
 * MTH(D[start:end]) of RFC 6962 §2.1 for at least one leaf. With one leaf it is that leaf's own array, not a copy.
 * Recursion is as deep as the tree is high: at most 53.
 */
export function rangeHash(leafHashes: readonly Uint8Array[], start: number, end: number): Uint8Array {
  if (end - start === 1) return leafHashes[start]!
  const middle = start + splitSize(end - start)
  return nodeHash(rangeHash(leafHashes, start, middle), rangeHash(leafHashes, middle, end))
}

/** The largest power of two below `size`: how many leaves the left child covers. `size` ≥ 2. */
export function splitSize(size: number): number {
  // Multiplied, not shifted: shifts work on 32 bits.
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}
