import { equalBytes } from '../bytes.ts'
import { ProofLengthError, RootMismatchError } from './errors.ts'
import { nodeHash } from './node-hash.ts'
import { emptyRootHash } from './root-hash.ts'
import { siblingSides } from './sibling-sides.ts'
import { assertHash, assertInRange, TREE_SIZE_MAX } from './tree-range.ts'

export interface ConsistencyClaim {
  /** Leaves of the earlier tree, 0 to newSize. */
  readonly oldSize: number
  /** Leaves of the later tree, up to 2^53 − 1. */
  readonly newSize: number
  /** 32 bytes a node. */
  readonly proof: readonly Uint8Array[]
  readonly oldRoot: Uint8Array
  readonly newRoot: Uint8Array
}

/**
 * Checks that the later tree only appended to the earlier one. Returns nothing: silence is the proof.
 * Every tree extends the empty one: with `oldSize` 0 only the empty tree's root is checked, and nothing is said of `newRoot`
 * unless `newSize` is 0 too.
 *
 * @throws {@link TreeRangeError}    sizes impossible, or old above new
 * @throws {@link HashLengthError}   a root or a node is not 32 bytes
 * @throws {@link ProofLengthError}  nodes missing or left over
 * @throws {@link RootMismatchError} the nodes lead to another old root or another new root
 * RFC 9162 §2.1.4.2.
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const { oldSize, newSize, oldRoot, newRoot } = claim
  assertInRange('New tree size', newSize, 0, TREE_SIZE_MAX)
  assertInRange('Old tree size', oldSize, 0, newSize)
  assertHash('Old root', oldRoot)
  assertHash('New root', newRoot)
  for (const node of claim.proof) assertHash('Proof node', node)

  if (oldSize === 0) {
    assertProofLength(claim.proof, 0)
    assertRoot('old root', oldRoot, emptyRootHash())
    if (newSize === 0) assertRoot('new root', newRoot, oldRoot)
    return
  }
  if (oldSize === newSize) {
    assertProofLength(claim.proof, 0)
    assertRoot('new root', newRoot, oldRoot)
    return
  }
  const computed = foldProof(claim)
  assertRoot('old root', oldRoot, computed.oldRoot)
  assertRoot('new root', newRoot, computed.newRoot)
}

/** Both roots, rebuilt from the nodes, for 0 < oldSize < newSize. */
function foldProof({ oldSize, newSize, proof, oldRoot }: ConsistencyClaim): {
  oldRoot: Uint8Array
  newRoot: Uint8Array
} {
  // Up to the largest subtree that ends where the old tree ends: both trees have it.
  let node = oldSize - 1
  let last = newSize - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  const sides = siblingSides(node, last + 1)
  // That subtree is the first node of the proof, unless it is the whole old tree, whose hash is known.
  const isWholeOldTree = node === 0
  assertProofLength(proof, sides.length + (isWholeOldTree ? 0 : 1))
  const shared = isWholeOldTree ? oldRoot : proof[0]!
  const siblings = isWholeOldTree ? proof : proof.slice(1)

  const folded = { oldRoot: shared, newRoot: shared }
  sides.forEach((side, step) => {
    const sibling = siblings[step]!
    if (side === 'left') folded.oldRoot = nodeHash(sibling, folded.oldRoot)
    folded.newRoot = side === 'left' ? nodeHash(sibling, folded.newRoot) : nodeHash(folded.newRoot, sibling)
  })
  return folded
}

function assertProofLength(proof: readonly Uint8Array[], expected: number): void {
  if (proof.length !== expected) throw new ProofLengthError({ proof: 'consistency', expected, found: proof.length })
}

function assertRoot(root: 'old root' | 'new root', expected: Uint8Array, computed: Uint8Array): void {
  if (!equalBytes(expected, computed)) throw new RootMismatchError({ root, expected, computed })
}
