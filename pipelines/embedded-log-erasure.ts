import { BIGINT, BLOB, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { ErasedMessage, LogRecord } from './record-source.ts'
import { toBlob } from './warehouse/blob.ts'
import type { Database } from './warehouse/database.ts'
import { readSql } from './warehouse/read-sql.ts'
import { noteRewriteDue } from './warehouse/rewrite-file.ts'

const eraseValues = readSql(new URL('./erase-messages.sql', import.meta.url))
const unerasedMessages = readSql(new URL('./unerased-messages.sql', import.meta.url))
const markErased = readSql(new URL('./mark-erased.sql', import.meta.url))

export const ERASURE_TABLES = `
  -- one row per message whose value was erased; content: SHA-256 of what it was, NULL in a topic of dead letters
  CREATE TABLE IF NOT EXISTS erased (
    topic VARCHAR NOT NULL, partition_id INTEGER NOT NULL, message_offset BIGINT NOT NULL, content BLOB);
  CREATE TABLE IF NOT EXISTS rewrite_due (since_ms BIGINT NOT NULL);
`
const ERASED_TYPES = [VARCHAR, INTEGER, BIGINT, BLOB]

/** In one transaction: killed before COMMIT nothing happened. @returns how many were erased by this call */
export function eraseMessages(log: Database, messages: readonly ErasedMessage[], nowMs: bigint): Promise<number> {
  return log.transaction(async () => {
    await fillToErase(log, messages)
    const fresh = await log.all(eraseValues)
    if (fresh.length === 0) return 0
    await noteRewriteDue(log, nowMs)
    await log.run(markErased)
    return fresh.length
  })
}

/** Whether one of the messages is there and still has its value. */
export function hasValues(log: Database, messages: readonly ErasedMessage[]): Promise<boolean> {
  return log.transaction(async () => {
    await fillToErase(log, messages)
    return (await log.one(unerasedMessages)) !== undefined
  })
}

/** Notes those of the records, which another log handed out, that were erased there. */
export async function appendErased(log: Database, records: readonly LogRecord[]): Promise<void> {
  const rows = records.flatMap(({ topic, partition, offset, erasedContent: content }) =>
    content === undefined ? [] : [toRow({ topic, partition, offset, content })],
  )
  await log.append('erased', ERASED_TYPES, rows)
}

async function fillToErase(log: Database, messages: readonly ErasedMessage[]): Promise<void> {
  await log.run('CREATE OR REPLACE TEMP TABLE to_erase AS SELECT * FROM erased LIMIT 0')
  await log.append('to_erase', ERASED_TYPES, messages.map(toRow))
}

function toRow({ topic, partition, offset, content }: ErasedMessage): DuckDBValue[] {
  return [topic, partition, offset, content === null ? null : toBlob(content)]
}
