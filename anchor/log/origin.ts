import { bytesToHex } from '../bytes.ts'

/**
 * Origin of a ledger's log, which is the name of its key too: whoever knows the genesis knows it, and it is no other ledger's.
 *
 * @param ledgerId 32 bytes
 */
export function originOf(ledgerId: Uint8Array): string {
  return `tallystick/ledger/${bytesToHex(ledgerId).slice(2)}`
}
