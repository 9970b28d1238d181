import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import { decodeRecord } from '../../../schemas/decode-record.ts'
import { decodeHeaders } from '../../../schemas/record-bytes.ts'
import type { Accepted } from '../../oracle/economy/rights.ts'
import type { SmallLedger } from './small-ledger.ts'

/** What close accepted in an epoch, in accept order. @param before how many records were accepted in earlier epochs */
export async function acceptedEvents({ ledger }: SmallLedger, epoch: number, before: number): Promise<Accepted[]> {
  const rows = await ledger.warehouse.all<Record<string, unknown> & { topic: string; effective_ms: bigint }>(
    `SELECT topic, effective_ms, headers, record_value FROM record JOIN outcome AS o USING (rid)
     WHERE o.epoch = $epoch AND o.outcome = 0
     ORDER BY effective_ms, topic <> 'tally.registry', topic, partition_id, record_offset`,
    { epoch },
  )
  return rows.map((row, index) => {
    const { topic, effective_ms: atMs } = row
    const headers = decodeHeaders(fromBlob(row.headers))
    const decoded = decodeRecord({ topic, key: null, headers, value: fromBlob(row.record_value) })
    if (decoded.outcome !== 'decoded') throw new Error(`An accepted record of ${topic} is ${decoded.outcome}.`)
    return { ...decoded.event, epoch, atMs, place: before + index } as Accepted
  })
}
