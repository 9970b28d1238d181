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
  encoded.set(encodeLeafPrefix(leaf))
  writeAddress(encoded, 2, leaf.account, 'Account')
  writeAddress(encoded, 3, leaf.token, 'Token')
  writeUint256(new DataView(encoded.buffer), 4 * WORD_BYTES, leaf.cumulative, 'Cumulative amount')
  return encoded
}

/** The first two words: the same for all leaves of a tree. */
export function encodeLeafPrefix({ chainId, distributor }: Pick<PayoutLeaf, 'chainId' | 'distributor'>): Uint8Array {
  const encoded = new Uint8Array(2 * WORD_BYTES)
  writeUint256(new DataView(encoded.buffer), 0, chainId, 'Chain id')
  writeAddress(encoded, 1, distributor, 'Distributor')
  return encoded
}

export function hashEncodedLeaf(encoded: Uint8Array): Uint8Array {
  return keccak256(keccak256(encoded))
}

/** Writes 32 bytes, big-endian, from byte `at`. @throws {@link PayoutRangeError} */
export function writeUint256(view: DataView, at: number, value: bigint, what: string): void {
  if (value < 0n || value > UINT256_MAX) throw new PayoutRangeError({ what, found: value })
  for (let word = WORD_BYTES - 8, rest = value; word >= 0; word -= 8, rest >>= 64n) {
    view.setBigUint64(at + word, rest & U64_MASK)
  }
}

function writeAddress(encoded: Uint8Array, word: number, address: Hex, what: string): void {
  encoded.set(hexToBytes(address, ADDRESS_BYTES, what), (word + 1) * WORD_BYTES - ADDRESS_BYTES)
}
