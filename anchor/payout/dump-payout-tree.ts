import { PAYOUT_LEAF_TYPES } from './payout-leaf-hash.ts'
import type { PayoutTree } from './payout-tree.ts'

/** Nodes or values in a piece of text. */
const PIECE = 1_024

/**
 * The JSON text of `tree.dump()` in pieces of some hundred kilobytes, for `StandardMerkleTree.load`: a text of more than 2^29
 * characters (about 1.5 million leaves) is no string that JavaScript can hold.
 */
export function* dumpPayoutTree(tree: PayoutTree): Generator<string> {
  yield `{"format":"standard-v1","leafEncoding":${JSON.stringify(PAYOUT_LEAF_TYPES)},"tree":[`
  yield* elements(Math.max(0, 2 * tree.size - 1), (node) => tree.nodeAt(node))
  yield '],"values":['
  yield* elements(tree.size, (position) => tree.valueAt(position))
  yield ']}'
}

function* elements(count: number, elementAt: (index: number) => unknown): Generator<string> {
  for (let from = 0; from < count; from += PIECE) {
    const some = Array.from({ length: Math.min(PIECE, count - from) }, (_, at) => JSON.stringify(elementAt(from + at)))
    yield `${from === 0 ? '' : ','}${some.join()}`
  }
}
