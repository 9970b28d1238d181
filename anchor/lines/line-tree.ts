import { MerkleTree } from 'merkletreejs'
import { HASH_BYTES } from '../hash.ts'
import { leafHash } from '../log/leaf-hash.ts'
import { nodeHash } from '../log/node-hash.ts'
import { emptyRootHash } from '../log/root-hash.ts'
import { assertInRange } from '../log/tree-range.ts'
import { TooManyLinesError } from './errors.ts'

/** merkletreejs holds each layer as Buffers, about 300 bytes a line. */
export const LINES_MAX = 1_000_000

/** The tree over the settlement lines of one account in one epoch: one line can be shown without the others. */
export interface LineTree {
  /** Number of lines. */
  readonly size: number
  /** 32 bytes; for no lines SHA-256 of the empty string. */
  readonly root: Uint8Array
  /**
   * Nodes for {@link verifyLine}, from the line up, 32 bytes each.
   *
   * @throws {@link TreeRangeError}
   */
  proofOf(index: number): Uint8Array[]
}

/**
 * Builds the tree with merkletreejs. It promotes an odd node instead of doubling it, and given RFC 6962's two prefixes (leaf =
 * SHA-256(0x00 ‖ line), node = SHA-256(0x01 ‖ left ‖ right)) it makes exactly the tree of {@link rootHash}: so a line is
 * checked with {@link verifyInclusion}, and neither a reader nor a browser needs merkletreejs. Node only: it needs `Buffer`.
 *
 * Lines should carry a salt where their content can be guessed: the hash of a hidden line is public.
 *
 * @param lines canonical bytes of each line (see {@link canonicalJson}), in the order of the settlement
 * @throws      {@link TooManyLinesError} above {@link LINES_MAX}
 */
export function buildLineTree(lines: readonly Uint8Array[]): LineTree {
  if (lines.length > LINES_MAX) throw new TooManyLinesError({ found: lines.length, max: LINES_MAX })
  const leaves = lines.map((line) => Buffer.from(leafHash(line)))
  // No option is set: `complete`, `duplicateOdd` and `sort` make other trees, and `hashLeaves` would hash leaves as nodes.
  const tree = new MerkleTree(leaves, hashPair)
  return {
    size: leaves.length,
    root: leaves.length === 0 ? emptyRootHash() : Uint8Array.from(tree.getRoot()),
    proofOf(index) {
      assertInRange('Line index', index, 0, leaves.length - 1)
      // The index is passed: without it merkletreejs proves the last line that reads the same.
      return tree.getProof(leaves[index]!, index).map(({ data }) => Uint8Array.from(data))
    },
  }
}

/** merkletreejs hands over left ‖ right, 64 bytes. */
function hashPair(pair: Buffer): Buffer {
  return Buffer.from(nodeHash(pair.subarray(0, HASH_BYTES), pair.subarray(HASH_BYTES)))
}
