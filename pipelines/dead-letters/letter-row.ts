import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { fromBlob, fromNullableBlob } from '../warehouse/blob.ts'
import type { Row } from '../warehouse/database.ts'
import type { LetterRecord } from './letter-record.ts'

/** A row with the columns of `page-of-waiting.sql` as a {@link LetterRecord}. */
export function toLetterRecord(row: Row): LetterRecord {
  return {
    rid: row.rid as bigint,
    stage: row.stage as 'ingest' | 'close',
    epoch: row.epoch as number | null,
    reason: row.reason as number,
    detail: row.detail as string | null,
    topic: row.topic as string,
    partition: row.partition_id as number,
    offset: row.record_offset as bigint,
    incarnation: row.incarnation as number,
    key: fromNullableBlob(row.record_key),
    headers: decodeHeaders(fromBlob(row.headers)),
    value: fromNullableBlob(row.record_value),
  }
}
