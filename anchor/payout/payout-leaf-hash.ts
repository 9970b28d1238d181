import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import { PayoutRangeError } from './errors.ts'
import { keccak256 } from './keccak256.ts'

/** One leaf: all that `account` has earned of `token` up to the epoch, on one chain from one distributor. */
export interface PayoutLeaf {
  readonly chainId: bigint
  /** Address of the TallyDistributor that pays. */
  readonly distributor: Hex
  readonly account: Hex
  readonly token: Hex
  /** Smallest units of the token, since the first epoch; never falls. */
  readonly cumulative: bigint
}

/** What `StandardMerkleTree` calls the leaf encoding. */
export const PAYOUT_LEAF_TYPES = ['uint256', 'address', 'address', 'address', 'uint256'] as const

export const ADDRESS_BYTES = 20
export const WORD_BYTES = 32
const UINT256_MAX = (1n << 256n) - 1n
const U64_MASK = (1n << 64n) - 1n

/**
 * Hash of a payout leaf: keccak256(keccak256(abi.encode(chainId, distributor, account, token, cumulative))). Hashed twice so
 * that a leaf (160 bytes) can never be taken for an inner node (64 bytes). `standardLeafHash` of @openzeppelin/merkle-tree.
 *
 * @returns 32 bytes
 * @throws  {@link PayoutRangeError} a number outside uint256
 * @throws  {@link HexFormatError}   an address that is not 20 bytes
 */
export function payoutLeafHash(leaf: PayoutLeaf): Hex {
  return bytesToHex(hashEncodedLeaf(encodeLeaf(leaf)))
}

/** `abi.encode` of the five values: 160 bytes, five words. */
export function encodeLeaf(leaf: PayoutLeaf): Uint8Array {
  const encoded = new Uint8Array(PAYOUT_LEAF_TYPES.length * WORD_BYTES)
  writeUint256(encoded, 0, leaf.chainId, 'Chain id')
  writeAddress(encoded, 1, leaf.distributor, 'Distributor')
  writeAddress(encoded, 2, leaf.account, 'Account')
  writeAddress(encoded, 3, leaf.token, 'Token')
  writeUint256(encoded, 4, leaf.cumulative, 'Cumulative amount')
  return encoded
}

export function hashEncodedLeaf(encoded: Uint8Array): Uint8Array {
  return keccak256(keccak256(encoded))
}

function writeAddress(encoded: Uint8Array, word: number, address: Hex, what: string): void {
  encoded.set(hexToBytes(address, ADDRESS_BYTES, what), (word + 1) * WORD_BYTES - ADDRESS_BYTES)
}

function writeUint256(encoded: Uint8Array, word: number, value: bigint, what: string): void {
  if (value < 0n || value > UINT256_MAX) throw new PayoutRangeError({ what, found: value })
  const view = new DataView(encoded.buffer, word * WORD_BYTES, WORD_BYTES)
  for (let at = WORD_BYTES - 8, rest = value; rest > 0n; at -= 8, rest >>= 64n) view.setBigUint64(at, rest & U64_MASK)
}
