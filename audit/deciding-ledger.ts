import type { Genesis } from '../schemas/genesis.ts'

/** Whose records are decided, and whether signatures are checked. */
export interface DecidingLedger {
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  /** Told of each signature before it is checked. Undefined: signatures are taken on trust, as outcomes are. */
  readonly onSignature: (() => void) | undefined
}
