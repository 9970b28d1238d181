import { bytesToHex, type Hex, hexToBytes } from '../bytes.ts'
import { ADDRESS_BYTES, WORD_BYTES, writeUint256 } from './payout-leaf-hash.ts'

/** What one account has earned of one token since the first epoch, in the token's smallest unit. */
export interface Payout {
  readonly account: Hex
  readonly token: Hex
  readonly cumulative: bigint
}

/** A payout as a row is account ‖ token ‖ cumulative: the first two are its key. */
export const KEY_BYTES = 2 * ADDRESS_BYTES
export const PAYOUT_ROW_BYTES = KEY_BYTES + WORD_BYTES

/** Room for the rows of `count` payouts, which threads can share where the platform has that. */
export function allocatePayoutRows(count: number): Uint8Array {
  const bytes = count * PAYOUT_ROW_BYTES
  return new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes),
  )
}

/** The rows themselves when threads can share them, else a copy that they can. */
export function shareRows(rows: Uint8Array): Uint8Array {
  if (rows.buffer instanceof SharedArrayBuffer) return rows
  const shared = new Uint8Array(new SharedArrayBuffer(rows.length))
  shared.set(rows)
  return shared
}

/**
 * Payouts as rows, one behind the other.
 *
 * @throws {@link PayoutRangeError} an amount outside uint256
 * @throws {@link HexFormatError}   an address that is not 20 bytes
 */
export function packPayouts(payouts: readonly Payout[]): Uint8Array {
  const rows = allocatePayoutRows(payouts.length)
  const view = new DataView(rows.buffer)
  // Tokens are few: the one before is mostly the same.
  let known: Hex | undefined
  let tokenBytes = new Uint8Array()
  for (const [position, { account, token, cumulative }] of payouts.entries()) {
    const row = position * PAYOUT_ROW_BYTES
    rows.set(hexToBytes(account, ADDRESS_BYTES, 'Account'), row)
    if (token !== known) tokenBytes = Uint8Array.from(hexToBytes(token, ADDRESS_BYTES, 'Token'))
    known = token
    rows.set(tokenBytes, row + ADDRESS_BYTES)
    writeUint256(view, row + KEY_BYTES, cumulative, 'Cumulative amount')
  }
  return rows
}

/** The key of a payout. @throws {@link HexFormatError} */
export function payoutKey(account: Hex, token: Hex): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  key.set(hexToBytes(account, ADDRESS_BYTES, 'Account'))
  key.set(hexToBytes(token, ADDRESS_BYTES, 'Token'), ADDRESS_BYTES)
  return key
}

/** The payout that stands in `rows` from byte `at`. */
export function payoutAt(rows: Uint8Array, at: number): Payout {
  return {
    account: bytesToHex(rows.subarray(at, at + ADDRESS_BYTES)),
    token: bytesToHex(rows.subarray(at + ADDRESS_BYTES, at + KEY_BYTES)),
    cumulative: BigInt(bytesToHex(rows.subarray(at + KEY_BYTES, at + PAYOUT_ROW_BYTES))),
  }
}
