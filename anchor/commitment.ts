import type { ContributionItem } from '../schemas/events.ts'
import { sha256 } from './hash.ts'
import { leafHash } from './log/leaf-hash.ts'
import { rootHash } from './log/root-hash.ts'

const LENGTH_BYTES = 4
const FORMAT = new TextEncoder().encode('tallystick-commitment/1')

/** What a commitment stands for: all of it is in the batch that reveals it. */
export interface Committed {
  /** 32 bytes. */
  readonly ledgerId: Uint8Array
  /** 20 bytes. */
  readonly account: Uint8Array
  readonly items: readonly ContributionItem[]
  /** 32 random bytes: without them whoever guesses the items could tell that they are these. */
  readonly salt: Uint8Array
}

/** 32 bytes that a contributor may publish before the batch; docs/formats.md#commitments. */
export function commitmentOf({ ledgerId, account, items, salt }: Committed): Uint8Array {
  const contentRoot = rootHash(items.map((item) => leafHash(item.contentHash)))
  const labelsRoot = rootHash(items.map((item) => leafHash(item.labelHash)))
  const fields = [FORMAT, ledgerId, account, contentRoot, labelsRoot, salt]
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + LENGTH_BYTES + field.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const field of fields) {
    view.setUint32(at, field.length)
    bytes.set(field, at + LENGTH_BYTES)
    at += LENGTH_BYTES + field.length
  }
  return sha256(bytes)
}
