import { bytesToHex, equalBytes, type Hex, hexToBytes } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { PayoutProofError, PayoutProofLengthError } from './errors.ts'
import { encodeLeaf, hashEncodedLeaf, type PayoutLeaf } from './payout-leaf-hash.ts'
import { payoutNodeHash } from './payout-node-hash.ts'

/** No tree of fewer than 2^64 leaves is higher. */
const PROOF_NODES_MAX = 64

/**
 * Checks that `root` pays this leaf. Returns nothing: silence is the proof.
 * The tree's size is not in the proof, so a missing or trailing node shows as another root.
 *
 * @param root  32 bytes, best read from the distributor's finalized epoch
 * @param proof 32 bytes a node, from the leaf up; empty when the leaf is alone
 * @throws {@link PayoutProofError}       it leads to another root
 * @throws {@link PayoutProofLengthError} more than 64 nodes
 * @throws {@link HexFormatError}         an address, a node or the root has another length
 * @throws {@link PayoutRangeError}       a number outside uint256
 * The same check as `MerkleProof.verify` of OpenZeppelin's contracts.
 */
export function verifyPayout({ root, leaf, proof }: { root: Hex; leaf: PayoutLeaf; proof: readonly Hex[] }): void {
  const rootBytes = hexToBytes(root, HASH_BYTES, 'Payout root')
  if (proof.length > PROOF_NODES_MAX) {
    throw new PayoutProofLengthError({ found: proof.length, max: PROOF_NODES_MAX })
  }
  const siblings = proof.map((node) => hexToBytes(node, HASH_BYTES, 'Payout proof node'))
  const computed = siblings.reduce(payoutNodeHash, hashEncodedLeaf(encodeLeaf(leaf)))
  if (!equalBytes(computed, rootBytes)) {
    const { account, token, cumulative } = leaf
    throw new PayoutProofError({ expected: root, computed: bytesToHex(computed), account, token, cumulative })
  }
}
