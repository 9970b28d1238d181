import { appendLeaves, type Frontier } from './frontier.ts'
import { nodeHash } from './node-hash.ts'
import { inclusionRanges, type LeafRange } from './proof-ranges.ts'
import { rangeHash, splitSize } from './root-hash.ts'
import { assertInRange } from './tree-range.ts'

/**
 * Audit path of a leaf among those that were appended to a tree of which only the frontier is known.
 *
 * @param frontier   of the tree before
 * @param leafHashes what was appended, 32 bytes each
 * @param index      position among these, from 0
 * @returns          nodes for {@link verifyInclusion} in the tree of all leaves, from the leaf up
 * @throws           {@link TreeRangeError}, {@link HashLengthError}
 * O(leafHashes + log size): a sibling that lies before the new leaves is one of the frontier's own subtrees.
 */
export function appendedProof(frontier: Frontier, leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  assertInRange('Leaf index', index, 0, leafHashes.length - 1)
  const { size } = appendLeaves(frontier, leafHashes)
  const subtrees = subtreesOf(frontier)
  const node = ([start, end]: LeafRange): Uint8Array => {
    if (start >= frontier.size) return rangeHash(leafHashes, start - frontier.size, end - frontier.size)
    const known = end <= frontier.size ? subtrees.get(start) : undefined
    if (known !== undefined && known.size === end - start) return known.hash
    const middle = start + splitSize(end - start)
    return nodeHash(node([start, middle]), node([middle, end]))
  }
  return inclusionRanges(frontier.size + index, size).map((range) => node(range).slice())
}

/** By the leaf at which each begins. */
function subtreesOf({
  size,
  hashes,
}: Frontier): ReadonlyMap<number, { readonly size: number; readonly hash: Uint8Array }> {
  const subtrees = new Map<number, { size: number; hash: Uint8Array }>()
  let start = 0
  for (const hash of hashes) {
    let width = 1
    while (width * 2 <= size - start) width *= 2
    subtrees.set(start, { size: width, hash })
    start += width
  }
  return subtrees
}
