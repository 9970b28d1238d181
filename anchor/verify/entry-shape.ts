import { z } from 'zod'
import { fromHex } from '../../schemas/ids.ts'
import { REJECTION_REASONS, type RejectionReason, reasonOfCode } from '../../schemas/rejection.ts'
import { bytesToHex } from '../bytes.ts'
import { ENTRY_OUTCOMES, encodeEntry, type LedgerEntry } from '../log/entry.ts'
import { leafHash } from '../log/leaf-hash.ts'
import { hash32, u32, u64 } from '../shapes.ts'

const TOPIC_CHARACTERS_MAX = 249

/** A ledger entry with every field by its name (docs/formats.md#leaf). */
export const entryShape = z.strictObject({
  incarnation: u32,
  topic: z.string().min(1).max(TOPIC_CHARACTERS_MAX),
  partition: u32,
  offset: u64,
  effectiveTimeMs: u64,
  outcome: z.enum(ENTRY_OUTCOMES),
  reason: z.enum(Object.keys(REJECTION_REASONS) as [RejectionReason, ...RejectionReason[]]).nullable(),
  content: hash32,
})
export type EntryDocument = z.infer<typeof entryShape>

/** @param entry with a reason that this version knows */
export function entryDocument({ content, offset, effectiveTimeMs, reason, ...rest }: LedgerEntry): EntryDocument {
  return {
    ...rest,
    offset: offset.toString(),
    effectiveTimeMs: effectiveTimeMs.toString(),
    reason: reasonOfCode(reason) ?? null,
    content: bytesToHex(content) as EntryDocument['content'],
  }
}

/** @throws {@link EntryFormatError} */
export function entryLeafHash({ content, offset, effectiveTimeMs, reason, ...rest }: EntryDocument): Uint8Array {
  const entry = {
    ...rest,
    offset: BigInt(offset),
    effectiveTimeMs: BigInt(effectiveTimeMs),
    reason: reason === null ? 0 : REJECTION_REASONS[reason],
    content: fromHex(content),
  }
  return leafHash(encodeEntry(entry))
}

/** In words: `rejected (SOURCE_UNKNOWN)`. */
export function outcomeText({ outcome, reason }: Pick<EntryDocument, 'outcome' | 'reason'>): string {
  return reason === null ? outcome : `${outcome} (${reason})`
}

export function placeText({ topic, partition, offset }: Pick<EntryDocument, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`
}
