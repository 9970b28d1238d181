import { rangeHash, splitSize } from './root-hash.ts'
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
  if (oldSize === 0) return []
  return subProof(leafHashes, oldSize, 0, newSize, true).map((node) => node.slice())
}

/** SUBPROOF(m, D[start:end], b); `oldSize` counts from the first leaf of the whole tree. */
function subProof(
  leafHashes: readonly Uint8Array[],
  oldSize: number,
  start: number,
  end: number,
  isOldRoot: boolean,
): Uint8Array[] {
  // The verifier has the old root, so a subtree that is the whole old tree is left out.
  if (oldSize === end) return isOldRoot ? [] : [rangeHash(leafHashes, start, end)]
  const middle = start + splitSize(end - start)
  return oldSize <= middle
    ? [...subProof(leafHashes, oldSize, start, middle, isOldRoot), rangeHash(leafHashes, middle, end)]
    : [...subProof(leafHashes, oldSize, middle, end, false), rangeHash(leafHashes, start, middle)]
}
