import { inclusionRanges } from './proof-ranges.ts'
import { rangeHash } from './root-hash.ts'
import { assertHash, assertInRange } from './tree-range.ts'

/**
 * Audit path of one leaf: the nodes that {@link verifyInclusion} needs, from the leaf up.
 *
 * @param leafHashes 32 bytes each
 * @param index      position of the leaf, from 0
 * @param treeSize   prove it in the tree of the first `treeSize` leaves; all of them unless given
 * @returns          at most 53 nodes of 32 bytes, copies
 * @throws           {@link TreeRangeError}, {@link HashLengthError}
 * RFC 6962 §2.1.1. Takes up to treeSize − 1 hashes.
 */
export function inclusionProof(
  leafHashes: readonly Uint8Array[],
  index: number,
  treeSize: number = leafHashes.length,
): Uint8Array[] {
  assertInRange('Tree size', treeSize, 1, leafHashes.length)
  assertInRange('Leaf index', index, 0, treeSize - 1)
  for (const hash of leafHashes) assertHash('Leaf hash', hash)
  return inclusionRanges(index, treeSize).map(([start, end]) => rangeHash(leafHashes, start, end).slice())
}
