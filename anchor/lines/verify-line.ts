import { leafHash } from '../log/leaf-hash.ts'
import { verifyInclusion } from '../log/verify-inclusion.ts'

export interface LineClaim {
  /** Canonical bytes of the line, as it was settled. */
  readonly line: Uint8Array
  /** Position among the account's lines, from 0. */
  readonly index: number
  /** Number of the account's lines in the epoch. */
  readonly size: number
  /** 32 bytes a node, from the line up. */
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/**
 * Checks that a line stands at `index` of an account's settlement. Returns nothing: silence is the proof. Runs in a browser.
 *
 * @throws what {@link verifyInclusion} throws
 */
export function verifyLine({ line, index, size, proof, root }: LineClaim): void {
  verifyInclusion({ leafHash: leafHash(line), index, treeSize: size, proof, rootHash: root })
}
