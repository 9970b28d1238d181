import type { Genesis } from '../schemas/genesis.ts'
import { type CanonicalJson, canonicalJson } from './canonical-json.ts'
import { sha256 } from './hash.ts'

/** SHA-256 of the canonical JSON of a genesis, 32 bytes: the name of the ledger in signatures and manifests. */
export function ledgerIdOf(genesis: Genesis): Uint8Array {
  return sha256(canonicalJson(genesis as unknown as CanonicalJson))
}
