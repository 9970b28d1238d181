import { nodeHash } from './node-hash.ts'
import { emptyRootHash } from './root-hash.ts'
import { assertHash, assertInRange, TREE_SIZE_MAX } from './tree-range.ts'

/**
 * What must be kept of a tree to append to it: the roots of its full subtrees, largest (leftmost) first, one for each bit
 * that is set in `size`. At most 53 hashes, however large the tree. Plain data: store `size` and `hashes` as they are.
 */
export interface Frontier {
  /** Leaves in the tree, 0 to 2^53 − 1. */
  readonly size: number
  /** 32 bytes each. */
  readonly hashes: readonly Uint8Array[]
}

/** The frontier of the tree without leaves. */
export function emptyFrontier(): Frontier {
  return { size: 0, hashes: [] }
}

/**
 * The frontier after `leafHashes` were appended; the one given stays as it was. O(n + log size) hashes.
 *
 * @throws {@link TreeRangeError}  the tree would exceed 2^53 − 1 leaves, or `hashes` does not fit `size`
 * @throws {@link HashLengthError} a hash is not 32 bytes
 */
export function appendLeaves(frontier: Frontier, leafHashes: readonly Uint8Array[]): Frontier {
  assertFrontier(frontier)
  assertInRange('Number of new leaves', leafHashes.length, 0, TREE_SIZE_MAX - frontier.size)
  const hashes = [...frontier.hashes]
  let size = frontier.size
  for (const leaf of leafHashes) {
    assertHash('Leaf hash', leaf)
    let subtree = leaf
    // As in binary counting: each trailing one carries, and a carry joins two full subtrees of the same size.
    for (let carry = size; carry % 2 === 1; carry = Math.floor(carry / 2)) subtree = nodeHash(hashes.pop()!, subtree)
    hashes.push(subtree)
    size += 1
  }
  // Copies, so that neither the caller's leaves nor the earlier frontier share memory with this one.
  return { size, hashes: hashes.map((hash) => Uint8Array.from(hash)) }
}

/**
 * Root of the tree: the same as {@link rootHash} over all leaves. O(log size) hashes.
 *
 * @returns 32 bytes
 * @throws  {@link TreeRangeError}, {@link HashLengthError} when `hashes` does not fit `size`
 */
export function frontierRoot(frontier: Frontier): Uint8Array {
  assertFrontier(frontier)
  if (frontier.size === 0) return emptyRootHash()
  return Uint8Array.from(frontier.hashes.reduceRight((right, left) => nodeHash(left, right)))
}

function assertFrontier({ size, hashes }: Frontier): void {
  assertInRange('Tree size', size, 0, TREE_SIZE_MAX)
  let subtrees = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) subtrees += rest % 2
  assertInRange(`Number of hashes in a frontier of ${size} leaves`, hashes.length, subtrees, subtrees)
  for (const hash of hashes) assertHash('Frontier hash', hash)
}
