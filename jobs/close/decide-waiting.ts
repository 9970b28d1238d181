import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { RegisteredSchemas } from '../../schemas/registered-schemas.ts'
import { OUTCOMES, REJECTION_REASONS } from '../../schemas/rejection.ts'
import { pagesOfWaiting, type ReadRecord } from './pages.ts'

const resolveWaiting = readSql(new URL('./resolve-waiting.sql', import.meta.url))
const RESOLVED_TYPES = [BIGINT, VARCHAR, INTEGER, VARCHAR]
const DETAIL_CHARACTERS_MAX = 300

/**
 * Decides by their own bytes the records of `cut_record` that ingest could not: their values are written with a schema that
 * is not built in. Called once the registrations of the cut are decided, so that `registered` is all that counts for them.
 * A good one gets its event type in `cut_record` and is decided with the others of its type; another its place in
 * `decision`, SCHEMA_UNKNOWN when nobody registered its schema.
 */
export async function decideWaiting(warehouse: Database, registered: RegisteredSchemas): Promise<void> {
  await warehouse.run(
    'CREATE OR REPLACE TEMP TABLE resolved_record (rid BIGINT, event_type VARCHAR, reason INTEGER, detail VARCHAR)',
  )
  let waited = 0
  for await (const page of pagesOfWaiting(warehouse, registered)) {
    await warehouse.append('resolved_record', RESOLVED_TYPES, page.map(toResolved))
    waited += page.length
  }
  if (waited === 0) return
  // Written anew, not updated: pages of a type are found by the order of the table.
  await warehouse.run(resolveWaiting)
  await warehouse.run(
    `INSERT INTO decision SELECT rid, ${OUTCOMES.rejected}, reason, detail FROM resolved_record WHERE reason <> 0`,
  )
}

function toResolved({ rid, decoded }: ReadRecord): DuckDBValue[] {
  if (decoded.outcome === 'decoded') return [rid, decoded.event.type, 0, null]
  if (decoded.outcome === 'undecided')
    return [rid, null, REJECTION_REASONS.SCHEMA_UNKNOWN, `Schema id ${decoded.schemaId} is not registered.`]
  return [rid, null, REJECTION_REASONS[decoded.reason], decoded.detail.slice(0, DETAIL_CHARACTERS_MAX)]
}
