import { type CanonicalJson, canonicalJson } from './canonical-json.ts'
import { leafHash } from './log/leaf-hash.ts'
import { rootHash } from './log/root-hash.ts'

/** Leaf hash of one row of a published table: the leaf hash of its canonical JSON, so that a row is committed and not a file format. */
export function rowHash(row: CanonicalJson): Uint8Array {
  return leafHash(canonicalJson(row))
}

/** RFC 6962 root over the rows of a table in the order given (docs/formats.md, conventions). */
export function tableRoot(rows: readonly CanonicalJson[]): Uint8Array {
  return rootHash(rows.map(rowHash))
}
