import type { ErasedMessage } from '../../pipelines/record-source.ts'
import { fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const logPlaces = readSql(new URL('./log-places.sql', import.meta.url))

/** Where in the log the values of erased records are, dead letters included. */
export async function erasedMessagesOf(warehouse: Database): Promise<ErasedMessage[]> {
  return (await warehouse.all(logPlaces)).map((row) => ({
    topic: row.topic as string,
    partition: row.partition_id as number,
    offset: row.record_offset as bigint,
    content: fromNullableBlob(row.content),
  }))
}
