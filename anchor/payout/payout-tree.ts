import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { DuplicatePayoutError, PayoutNotFoundError } from './errors.ts'
import { ADDRESS_BYTES, encodeLeaf, hashEncodedLeaf, PAYOUT_LEAF_TYPES, WORD_BYTES } from './payout-leaf-hash.ts'
import { compareBytes, payoutNodeHash } from './payout-node-hash.ts'

/** What one account has earned of one token since the first epoch, in the token's smallest unit. */
export interface Payout {
  readonly account: Hex
  readonly token: Hex
  readonly cumulative: bigint
}

export interface PayoutTreeInput {
  readonly chainId: bigint
  readonly distributor: Hex
  /** In any order: the root does not depend on it. One for each (account, token). */
  readonly payouts: readonly Payout[]
}

/** What `StandardMerkleTree.load` of @openzeppelin/merkle-tree reads. */
export interface PayoutTreeDump {
  format: 'standard-v1'
  leafEncoding: string[]
  /** Root first, leaves last. */
  tree: Hex[]
  /** In the order of the input: chain id, distributor, account, token, cumulative. */
  values: { value: string[]; treeIndex: number }[]
}

/** Root of an epoch that pays nobody. No proof leads to it: that would take a keccak256 preimage of zero. */
export const EMPTY_PAYOUT_ROOT: Hex = `0x${'00'.repeat(HASH_BYTES)}`

/** In `rows`, a payout is account ‖ token ‖ cumulative: the first two are its key. */
const KEY_BYTES = 2 * ADDRESS_BYTES
const ROW_BYTES = KEY_BYTES + WORD_BYTES

/**
 * Builds OpenZeppelin's `standard-v1` tree over the payouts: leaves hashed twice and sorted, sorted pairs, and one flat array
 * in which the children of node i are 2i + 1 and 2i + 2.
 *
 * Memory stays at 144 bytes a leaf (64 for nodes, 72 for the row, 8 for two indexes), 12 more while it sorts; the payouts
 * given are not kept.
 *
 * @throws {@link DuplicatePayoutError} an (account, token) twice
 * @throws {@link PayoutRangeError}     a number outside uint256
 * @throws {@link HexFormatError}       an address that is not 20 bytes
 */
export function buildPayoutTree({ chainId, distributor, payouts }: PayoutTreeInput): PayoutTree {
  const count = payouts.length
  const rows = new Uint8Array(count * ROW_BYTES)
  const leafHashes = new Uint8Array(count * HASH_BYTES)
  payouts.forEach(({ account, token, cumulative }, position) => {
    const encoded = encodeLeaf({ chainId, distributor, account, token, cumulative })
    leafHashes.set(hashEncodedLeaf(encoded), position * HASH_BYTES)
    const row = position * ROW_BYTES
    rows.set(addressInWord(encoded, 2), row)
    rows.set(addressInWord(encoded, 3), row + ADDRESS_BYTES)
    rows.set(encoded.subarray(4 * WORD_BYTES), row + KEY_BYTES)
  })
  const byKey = sortedPositions(rows, ROW_BYTES, KEY_BYTES)
  assertNoDuplicate(rows, byKey)
  const nodes = new Uint8Array(Math.max(0, 2 * count - 1) * HASH_BYTES)
  const treeIndexes = placeLeaves(nodes, leafHashes)
  hashInnerNodes(nodes, count)
  return new PayoutTree({ chainId, distributor: lowerCase(distributor), nodes, rows, byKey, treeIndexes })
}

/** A built payout tree; see {@link buildPayoutTree}. */
export class PayoutTree {
  readonly chainId: bigint
  readonly distributor: Hex
  /** Number of leaves. */
  readonly size: number
  /** Root, 32 bytes; {@link EMPTY_PAYOUT_ROOT} without leaves. */
  readonly root: Hex
  readonly #nodes: Uint8Array
  readonly #rows: Uint8Array
  /** Positions in the input, sorted by account and token. */
  readonly #byKey: Uint32Array
  /** By position in the input: where in the tree its leaf stands. */
  readonly #treeIndexes: Uint32Array

  constructor(parts: {
    chainId: bigint
    distributor: Hex
    nodes: Uint8Array
    rows: Uint8Array
    byKey: Uint32Array
    treeIndexes: Uint32Array
  }) {
    this.chainId = parts.chainId
    this.distributor = parts.distributor
    this.#nodes = parts.nodes
    this.#rows = parts.rows
    this.#byKey = parts.byKey
    this.#treeIndexes = parts.treeIndexes
    this.size = parts.treeIndexes.length
    this.root = this.size === 0 ? EMPTY_PAYOUT_ROOT : this.#node(0)
  }

  /**
   * Nodes from the leaf of (account, token) up, as the distributor's `claim` takes them. Addresses in either case.
   *
   * @returns up to ⌈log2 size⌉ nodes; none when the leaf is alone
   * @throws  {@link PayoutNotFoundError}, {@link HexFormatError}
   */
  proofOf(account: Hex, token: Hex): Hex[] {
    const proof: Hex[] = []
    let node = this.#treeIndexes[this.#positionOf(account, token)]!
    while (node > 0) {
      // Left children have odd numbers, and their sibling follows; right children have even ones.
      proof.push(this.#node(node % 2 === 1 ? node + 1 : node - 1))
      node = Math.floor((node - 1) / 2)
    }
    return proof
  }

  /**
   * The amount in the leaf of (account, token).
   *
   * @throws {@link PayoutNotFoundError}, {@link HexFormatError}
   */
  cumulativeOf(account: Hex, token: Hex): bigint {
    return this.#payoutAt(this.#positionOf(account, token)).cumulative
  }

  /**
   * The whole tree as plain JSON for `StandardMerkleTree.load`. About 500 bytes a leaf: for files and checks, not for serving.
   * OpenZeppelin has no empty tree and refuses the dump of one.
   */
  dump(): PayoutTreeDump {
    return {
      format: 'standard-v1',
      leafEncoding: [...PAYOUT_LEAF_TYPES],
      tree: Array.from({ length: this.#nodes.length / HASH_BYTES }, (_, node) => this.#node(node)),
      values: Array.from(this.#treeIndexes, (treeIndex, position) => {
        const { account, token, cumulative } = this.#payoutAt(position)
        return { value: [`${this.chainId}`, this.distributor, account, token, `${cumulative}`], treeIndex }
      }),
    }
  }

  #node(node: number): Hex {
    return bytesToHex(this.#nodes.subarray(node * HASH_BYTES, (node + 1) * HASH_BYTES))
  }

  #payoutAt(position: number): Payout {
    const row = this.#rows.subarray(position * ROW_BYTES, (position + 1) * ROW_BYTES)
    return {
      account: bytesToHex(row.subarray(0, ADDRESS_BYTES)),
      token: bytesToHex(row.subarray(ADDRESS_BYTES, KEY_BYTES)),
      cumulative: BigInt(bytesToHex(row.subarray(KEY_BYTES))),
    }
  }

  #positionOf(account: Hex, token: Hex): number {
    const key = new Uint8Array(KEY_BYTES)
    key.set(hexToBytes(account, ADDRESS_BYTES, 'Account'))
    key.set(hexToBytes(token, ADDRESS_BYTES, 'Token'), ADDRESS_BYTES)
    let low = 0
    let high = this.size - 1
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const position = this.#byKey[middle]!
      const order = compareBytes(key, 0, this.#rows, position * ROW_BYTES, KEY_BYTES)
      if (order === 0) return position
      if (order < 0) high = middle - 1
      else low = middle + 1
    }
    throw new PayoutNotFoundError({ account, token })
  }
}

function addressInWord(encoded: Uint8Array, word: number): Uint8Array {
  return encoded.subarray((word + 1) * WORD_BYTES - ADDRESS_BYTES, (word + 1) * WORD_BYTES)
}

function lowerCase(address: Hex): Hex {
  return bytesToHex(hexToBytes(address, ADDRESS_BYTES, 'Distributor'))
}

/** Positions 0, 1, … of the rows, sorted by the first `keyBytes` bytes of each. */
function sortedPositions(rows: Uint8Array, rowBytes: number, keyBytes: number): Uint32Array {
  const positions = Uint32Array.from({ length: rows.length / rowBytes }, (_, position) => position)
  // The first six bytes as one exact number settle nearly every comparison.
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  const prefixes = Float64Array.from(positions, (position) => {
    return view.getUint32(position * rowBytes) * 0x1_0000 + view.getUint16(position * rowBytes + 4)
  })
  return positions.sort((a, b) => {
    return prefixes[a]! - prefixes[b]! || compareBytes(rows, a * rowBytes, rows, b * rowBytes, keyBytes)
  })
}

function assertNoDuplicate(rows: Uint8Array, byKey: Uint32Array): void {
  for (let i = 1; i < byKey.length; i++) {
    const [before, here] = [byKey[i - 1]! * ROW_BYTES, byKey[i]! * ROW_BYTES]
    if (compareBytes(rows, before, rows, here, KEY_BYTES) === 0) {
      throw new DuplicatePayoutError({
        account: bytesToHex(rows.subarray(here, here + ADDRESS_BYTES)),
        token: bytesToHex(rows.subarray(here + ADDRESS_BYTES, here + KEY_BYTES)),
      })
    }
  }
}

/** Writes the leaves into `nodes`, the lowest hash last; returns for each position in the input its node. */
function placeLeaves(nodes: Uint8Array, leafHashes: Uint8Array): Uint32Array {
  const nodeCount = nodes.length / HASH_BYTES
  const treeIndexes = new Uint32Array(leafHashes.length / HASH_BYTES)
  sortedPositions(leafHashes, HASH_BYTES, HASH_BYTES).forEach((position, rank) => {
    const node = nodeCount - 1 - rank
    nodes.set(leafHashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES), node * HASH_BYTES)
    treeIndexes[position] = node
  })
  return treeIndexes
}

function hashInnerNodes(nodes: Uint8Array, leafCount: number): void {
  const at = (node: number) => nodes.subarray(node * HASH_BYTES, (node + 1) * HASH_BYTES)
  for (let node = leafCount - 2; node >= 0; node--) {
    nodes.set(payoutNodeHash(at(2 * node + 1), at(2 * node + 2)), node * HASH_BYTES)
  }
}
