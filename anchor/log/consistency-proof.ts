import { consistencyRanges } from './proof-ranges.ts'
import { rangeHash } from './root-hash.ts'
import { assertHash, assertInRange } from './tree-range.ts'

/**
 * Nodes that show, to {@link verifyConsistency}, that the tree of the first `oldSize` leaves is a prefix of the tree of the
 * first `newSize`.
 *
 * @param leafHashes 32 bytes each
 * @param oldSize    0 to newSize; for 0 and for newSize the proof is empty
 * @param newSize    all leaves unless given
 * @returns          at most 54 nodes of 32 bytes, copies
 * @throws           {@link TreeRangeError}, {@link HashLengthError}
 * RFC 6962 §2.1.2. Takes up to newSize − 1 hashes.
 */
export function consistencyProof(
  leafHashes: readonly Uint8Array[],
  oldSize: number,
  newSize: number = leafHashes.length,
): Uint8Array[] {
  assertInRange('New tree size', newSize, 0, leafHashes.length)
  assertInRange('Old tree size', oldSize, 0, newSize)
  for (const hash of leafHashes) assertHash('Leaf hash', hash)
  return consistencyRanges(oldSize, newSize).map(([start, end]) => rangeHash(leafHashes, start, end).slice())
}
