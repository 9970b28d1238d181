import { equalBytes } from '../bytes.ts'
import { ProofLengthError, RootMismatchError } from './errors.ts'
import { nodeHash } from './node-hash.ts'
import { siblingSides } from './sibling-sides.ts'
import { assertHash, assertInRange, TREE_SIZE_MAX } from './tree-range.ts'

export interface InclusionClaim {
  /** 32 bytes, see {@link leafHash}; hash the entry yourself, never take its hash from the prover. */
  readonly leafHash: Uint8Array
  /** Position of the leaf, from 0. */
  readonly index: number
  /** Leaves in the tree, 1 to 2^53 − 1. */
  readonly treeSize: number
  /** 32 bytes a node, from the leaf up. */
  readonly proof: readonly Uint8Array[]
  /** 32 bytes, from a source that is trusted. */
  readonly rootHash: Uint8Array
}

/**
 * Checks that the leaf stands at `index` of the tree with this size and root. Returns nothing: silence is the proof.
 *
 * @throws {@link TreeRangeError}    size or index impossible
 * @throws {@link HashLengthError}   leaf, root or a node is not 32 bytes
 * @throws {@link ProofLengthError}  nodes missing or left over
 * @throws {@link RootMismatchError} the nodes lead elsewhere
 * RFC 9162 §2.1.3.2.
 */
export function verifyInclusion(claim: InclusionClaim): void {
  assertInRange('Tree size', claim.treeSize, 1, TREE_SIZE_MAX)
  assertInRange('Leaf index', claim.index, 0, claim.treeSize - 1)
  assertHash('Leaf hash', claim.leafHash)
  assertHash('Root', claim.rootHash)
  for (const node of claim.proof) assertHash('Proof node', node)

  const sides = siblingSides(claim.index, claim.treeSize)
  if (claim.proof.length !== sides.length) {
    throw new ProofLengthError({ proof: 'inclusion', expected: sides.length, found: claim.proof.length })
  }
  const computed = sides.reduce((hash, side, step) => {
    const sibling = claim.proof[step]!
    return side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  }, claim.leafHash)
  if (!equalBytes(computed, claim.rootHash)) {
    throw new RootMismatchError({ root: 'root', expected: claim.rootHash, computed })
  }
}
