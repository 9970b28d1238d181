import { HASH_BYTES } from '../../hash.ts'
import { ADDRESS_BYTES, hashEncodedLeaf, PAYOUT_LEAF_TYPES, WORD_BYTES } from '../payout-leaf-hash.ts'
import { payoutNodeHash } from '../payout-node-hash.ts'
import { KEY_BYTES, PAYOUT_ROW_BYTES } from '../payout-rows.ts'
import type { BatchHasher } from './batch-hasher.mjs'

/**
 * The same hashes with hash-wasm, one after the other: where keccak.wasm cannot run, and its oracle.
 *
 * @param prefix as in `createBatchHasher`
 */
export function plainHasher(prefix: Uint8Array): BatchHasher {
  const encoded = new Uint8Array(PAYOUT_LEAF_TYPES.length * WORD_BYTES)
  encoded.set(prefix)
  return {
    leaves(rows, from, count, hashes, to) {
      for (let i = 0; i < count; i++) {
        const row = rows.subarray(from + i * PAYOUT_ROW_BYTES, from + (i + 1) * PAYOUT_ROW_BYTES)
        encoded.set(row.subarray(0, ADDRESS_BYTES), 3 * WORD_BYTES - ADDRESS_BYTES)
        encoded.set(row.subarray(ADDRESS_BYTES, KEY_BYTES), 4 * WORD_BYTES - ADDRESS_BYTES)
        encoded.set(row.subarray(KEY_BYTES), 4 * WORD_BYTES)
        hashes.set(hashEncodedLeaf(encoded), to + i * HASH_BYTES)
      }
    },
    nodes(children, from, count, hashes, to) {
      for (let i = 0; i < count; i++) {
        const at = from + 2 * i * HASH_BYTES
        const right = at + HASH_BYTES
        const hash = payoutNodeHash(children.subarray(at, right), children.subarray(right, right + HASH_BYTES))
        hashes.set(hash, to + i * HASH_BYTES)
      }
    },
  }
}
