import type { Database } from './database.ts'
import { readSql } from './read-sql.ts'

const ofIngest = readSql(new URL('./dead-letters-of-ingest.sql', import.meta.url))
const ofClose = readSql(new URL('./dead-letters-of-close.sql', import.meta.url))

/** The records that ask for a letter: those that ingest has just stored, or those that a close has just decided. */
export type RejectedNow =
  | { readonly stage: 'ingest'; readonly fromRid: bigint; readonly toRid: bigint }
  | { readonly stage: 'close'; readonly epoch: number; readonly fromRid: bigint }

/**
 * Writes a dead letter for every rejected record among those named: of ingest, the rows of `record` from `fromRid` to `toRid`
 * (exclusive) with a reason; of close, the rejected rows of `outcome` of the epoch, all at or above `fromRid`, that
 * have no letter from ingest.
 *
 * Runs inside the caller's transaction, behind the rows it looks at: so a rejection and its letter become visible together,
 * and no crash leaves one without the other. Publishing comes later (pipelines/dead-letters/publish.ts).
 */
export async function appendDeadLetters(warehouse: Database, rejected: RejectedNow): Promise<void> {
  if (rejected.stage === 'close') await warehouse.run(ofClose, { epoch: rejected.epoch, from: rejected.fromRid })
  else await warehouse.run(ofIngest, { from: rejected.fromRid, to: rejected.toRid })
}
