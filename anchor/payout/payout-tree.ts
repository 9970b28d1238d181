import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { type BatchHasher, createBatchHasher } from './batch/batch-hasher.mjs'
import { keccakModule } from './batch/keccak-module.ts'
import { plainHasher } from './batch/plain-hasher.ts'
import { hashTop, PASSES, type TreeArrays } from './batch/tree-work.mjs'
import { DuplicatePayoutError, PayoutNotFoundError, PayoutRowsError } from './errors.ts'
import { ADDRESS_BYTES, encodeLeafPrefix, PAYOUT_LEAF_TYPES } from './payout-leaf-hash.ts'
import { compareBytes } from './payout-node-hash.ts'
import { KEY_BYTES, PAYOUT_ROW_BYTES, type Payout, packPayouts, payoutAt, payoutKey } from './payout-rows.ts'
import { inOrder, isAscending, sortedPositions } from './sorted-positions.ts'

/** Payouts in any order: the root does not depend on it. One for each (account, token). */
export type PayoutTreeInput = {
  readonly chainId: bigint
  readonly distributor: Hex
} & (
  | { readonly payouts: readonly Payout[] }
  /** 72 bytes a payout, account ‖ token ‖ cumulative (big-endian); the tree keeps them, so nobody may change them any more. */
  | { readonly rows: Uint8Array }
)

/** What `StandardMerkleTree.load` of @openzeppelin/merkle-tree reads. */
export interface PayoutTreeDump {
  format: 'standard-v1'
  leafEncoding: string[]
  /** Root first, leaves last. */
  tree: Hex[]
  /** In the order of the input: chain id, distributor, account, token, cumulative. */
  values: PayoutTreeValue[]
}

export interface PayoutTreeValue {
  value: string[]
  treeIndex: number
}

/** Root of an epoch that pays nobody. No proof leads to it: that would take a keccak256 preimage of zero. */
export const EMPTY_PAYOUT_ROOT: Hex = `0x${'00'.repeat(HASH_BYTES)}`

/**
 * Builds OpenZeppelin's `standard-v1` tree over the payouts: leaves hashed twice and sorted, sorted pairs, and one flat array
 * in which the children of node i are 2i + 1 and 2i + 2. In the calling thread; `buildPayoutTreeOnThreads` gives the same bytes.
 *
 * Memory stays at 144 bytes a leaf (64 for nodes, 72 for the row, 8 for two indexes), 16 more while it sorts.
 *
 * @param openHasher keccak.wasm where it runs, else hash-wasm: the same bytes
 * @throws {@link DuplicatePayoutError} an (account, token) twice
 * @throws {@link PayoutRangeError}     a number outside uint256
 * @throws {@link HexFormatError}       an address that is not 20 bytes
 * @throws {@link PayoutRowsError}      rows that are not a multiple of 72 bytes
 */
export function buildPayoutTree(input: PayoutTreeInput, openHasher = fastestHasher): PayoutTree {
  const { prefix, tree } = startTree(input)
  const byKey = sortByKey(tree)
  const hasher = openHasher(prefix)
  if (tree.count > 0) {
    runPass('hashLeaves', tree, hasher)
    orderLeaves(tree)
    runPass('placeLeaves', tree, hasher)
    runPass('hashSubtrees', tree, hasher)
    hashTop(tree, hasher)
  }
  return new PayoutTree(input, { ...tree, byKey })
}

/** What a build begins with: the rows, and room for the rest, shared between threads when the rows are. */
export function startTree(input: PayoutTreeInput): { prefix: Uint8Array; tree: TreeArrays } {
  const prefix = encodeLeafPrefix(input)
  const rows = 'rows' in input ? input.rows : packPayouts(input.payouts)
  const count = rows.length / PAYOUT_ROW_BYTES
  if (!Number.isInteger(count)) throw new PayoutRowsError({ bytes: rows.length })
  const isShared = typeof SharedArrayBuffer !== 'undefined' && rows.buffer instanceof SharedArrayBuffer
  const room = (bytes: number) => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  const tree: TreeArrays = {
    count,
    rows,
    slots: new Uint8Array(room(2 * count * HASH_BYTES)),
    treeIndexes: new Uint32Array(room(count * Uint32Array.BYTES_PER_ELEMENT)),
    next: new Int32Array(room(Int32Array.BYTES_PER_ELEMENT)),
  }
  return { prefix, tree }
}

function fastestHasher(prefix: Uint8Array): BatchHasher {
  const module = keccakModule()
  return module === undefined ? plainHasher(prefix) : createBatchHasher(module, prefix)
}

function runPass(pass: keyof typeof PASSES, tree: TreeArrays, hasher: BatchHasher): void {
  tree.next[0] = 0
  PASSES[pass](tree, hasher)
}

/** Between the first pass and the second: says by the leaf hashes where each leaf stands. */
export function orderLeaves({ count, slots, treeIndexes }: TreeArrays): void {
  const order = sortedPositions(slots, HASH_BYTES, HASH_BYTES, count)
  for (let rank = 0; rank < count; rank++) treeIndexes[order[rank]!] = 2 * count - 2 - rank
}

/** Positions of the rows by account and token. @throws {@link DuplicatePayoutError} */
export function sortByKey({ count, rows }: TreeArrays): Uint32Array {
  // As publish hands them over. Ascending without equals, so there is no duplicate either.
  if (isAscending(rows, PAYOUT_ROW_BYTES, KEY_BYTES, count)) return inOrder(count)
  const byKey = sortedPositions(rows, PAYOUT_ROW_BYTES, KEY_BYTES, count)
  for (let i = 1; i < count; i++) {
    const here = byKey[i]! * PAYOUT_ROW_BYTES
    if (compareBytes(rows, byKey[i - 1]! * PAYOUT_ROW_BYTES, rows, here, KEY_BYTES) === 0) {
      const { account, token } = payoutAt(rows, here)
      throw new DuplicatePayoutError({ account, token })
    }
  }
  return byKey
}

/** The arrays of a built tree; nobody changes them. */
export interface PayoutTreeParts extends Pick<TreeArrays, 'count' | 'rows' | 'slots' | 'treeIndexes'> {
  /** Positions in `rows`, sorted by account and token. */
  readonly byKey: Uint32Array
}

/** A built payout tree; see {@link buildPayoutTree}. */
export class PayoutTree {
  readonly chainId: bigint
  readonly distributor: Hex
  /** Number of leaves. */
  readonly size: number
  /** Root, 32 bytes; {@link EMPTY_PAYOUT_ROOT} without leaves. */
  readonly root: Hex
  readonly parts: PayoutTreeParts

  constructor({ chainId, distributor }: Pick<PayoutTreeInput, 'chainId' | 'distributor'>, parts: PayoutTreeParts) {
    const { count, rows, slots, treeIndexes, byKey } = parts
    this.chainId = chainId
    this.distributor = bytesToHex(hexToBytes(distributor, ADDRESS_BYTES, 'Distributor'))
    this.parts = { count, rows, slots, treeIndexes, byKey }
    this.size = count
    this.root = count === 0 ? EMPTY_PAYOUT_ROOT : this.nodeAt(0)
  }

  /**
   * Nodes from the leaf of (account, token) up, as the distributor's `claim` takes them. Addresses in either case.
   *
   * @returns up to ⌈log2 size⌉ nodes; none when the leaf is alone
   * @throws  {@link PayoutNotFoundError}, {@link HexFormatError}
   */
  proofOf(account: Hex, token: Hex): Hex[] {
    return siblingsOf(this.parts.treeIndexes[this.#positionOf(account, token)]!).map((node) => this.nodeAt(node))
  }

  /**
   * The amount in the leaf of (account, token).
   *
   * @throws {@link PayoutNotFoundError}, {@link HexFormatError}
   */
  cumulativeOf(account: Hex, token: Hex): bigint {
    return payoutAt(this.parts.rows, this.#positionOf(account, token) * PAYOUT_ROW_BYTES).cumulative
  }

  /**
   * The whole tree as plain JSON for `StandardMerkleTree.load`. About 500 bytes a leaf: for checks of small trees;
   * `dumpPayoutTree` writes large ones piece by piece.
   * OpenZeppelin has no empty tree and refuses the dump of one.
   */
  dump(): PayoutTreeDump {
    return {
      format: 'standard-v1',
      leafEncoding: [...PAYOUT_LEAF_TYPES],
      tree: Array.from({ length: Math.max(0, 2 * this.size - 1) }, (_, node) => this.nodeAt(node)),
      values: Array.from({ length: this.size }, (_, position) => this.valueAt(position)),
    }
  }

  /** A node of OpenZeppelin's array, 0 to 2 · size − 2; 0 is the root. */
  nodeAt(node: number): Hex {
    return bytesToHex(this.parts.slots.subarray((node + 1) * HASH_BYTES, (node + 2) * HASH_BYTES))
  }

  /** A leaf by its position in the input. */
  valueAt(position: number): PayoutTreeValue {
    const { account, token, cumulative } = payoutAt(this.parts.rows, position * PAYOUT_ROW_BYTES)
    const value = [`${this.chainId}`, this.distributor, account, token, `${cumulative}`]
    return { value, treeIndex: this.parts.treeIndexes[position]! }
  }

  #positionOf(account: Hex, token: Hex): number {
    const { rows, byKey } = this.parts
    const key = payoutKey(account, token)
    let low = 0
    let high = this.size - 1
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const position = byKey[middle]!
      const order = compareBytes(key, 0, rows, position * PAYOUT_ROW_BYTES, KEY_BYTES)
      if (order === 0) return position
      if (order < 0) high = middle - 1
      else low = middle + 1
    }
    throw new PayoutNotFoundError({ account, token })
  }
}

/** The siblings on the way from a node to the root, the lowest first: what a proof consists of. */
export function siblingsOf(node: number): number[] {
  const siblings: number[] = []
  for (let at = node; at > 0; at = Math.floor((at - 1) / 2)) {
    // Left children have odd numbers, and their sibling follows; right children have even ones.
    siblings.push(at % 2 === 1 ? at + 1 : at - 1)
  }
  return siblings
}
