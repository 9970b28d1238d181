import { contentHash } from '../../../anchor/log/content-hash.ts'
import { inclusionProof } from '../../../anchor/log/inclusion-proof.ts'
import { toHex } from '../../../schemas/ids.ts'
import type { EpochFiles } from './bundle-writer.ts'
import { checkpointOf } from './receipt-of.ts'
import type { WorldRecord } from './world.ts'

const base64 = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'))

/** The entry of a record, by the names of docs/formats.md#leaf. */
export function entryOf(record: WorldRecord) {
  const isReason = record.outcome !== 'accepted' && record.outcome !== 'duplicate'
  return {
    incarnation: 0,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset.toString(),
    effectiveTimeMs: record.effectiveMs.toString(),
    outcome: isReason ? 'rejected' : record.outcome,
    reason: isReason ? record.outcome : null,
    content: toHex(contentHash(record)) as string,
  }
}

/** The receipt of a record of the first epoch, docs/formats.md#event-receipt, as plain JSON that a test may change. */
export async function eventReceiptOf(files: EpochFiles, records: readonly WorldRecord[], index: number) {
  const record = records[index]!
  const leaves = files.tables.leaves.rows.map((row) => row.leaf_hash as Uint8Array)
  return structuredClone({
    format: 'tallystick-event-receipt/1',
    manifest: files.manifest,
    entry: entryOf(record),
    index,
    proof: inclusionProof(leaves, index).map(toHex) as string[],
    record: {
      key: base64(record.key),
      headers: record.headers.map(([name, value]) => [name, base64(value)]),
      value: base64(record.value),
    },
    checkpoint: await checkpointOf(files),
  })
}
