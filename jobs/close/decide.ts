import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { INGEST_GAP } from '../../pipelines/ingest/accepted-gap.ts'
import { fromBlob, fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { DECISION_ORDER, type DecidedEventType, type EventOf } from '../../schemas/events.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { toHex } from '../../schemas/ids.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { OUTCOMES, type Outcome, REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { checkEvent } from './checks.ts'
import { CorruptWarehouseError } from './errors.ts'
import { Facts } from './facts.ts'
import { PageReferences } from './references.ts'
import { Registry } from './registry.ts'

const pageOfType = readSql(new URL('./page-of-type.sql', import.meta.url))

/** Records looked at in one go; bounds the memory of a close. */
const PAGE_RECORDS = 5_000
const PAGE_BYTES = 16 * 1024 * 1024
const DECISION_TYPES = [BIGINT, INTEGER, INTEGER, VARCHAR]

export interface DecideOptions {
  readonly warehouse: Database
  readonly epoch: number
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  readonly onProgress?: (decided: number) => void
}

interface Candidate {
  readonly rid: bigint
  readonly ordinal: bigint
  readonly idHash: Uint8Array
  readonly bodyHash: Uint8Array
  readonly event: EventOf<DecidedEventType>
}

/**
 * Decides every record of `cut_record` (docs/formats.md#decisions): type by type, within a type in accept order. Fills the
 * temporary table `decision` (one row per record) and appends the accepted facts. Runs inside the caller's transaction.
 */
export async function decideRecords(options: DecideOptions): Promise<void> {
  const { warehouse } = options
  await warehouse.run(
    'CREATE OR REPLACE TEMP TABLE decision (rid BIGINT, outcome INTEGER, reason INTEGER, detail VARCHAR)',
  )
  await warehouse.run(
    `INSERT INTO decision SELECT c.rid, ${OUTCOMES.rejected}, c.ingest_reason, r.detail
     FROM cut_record AS c JOIN record AS r USING (rid) WHERE c.ingest_reason > 0`,
  )
  await warehouse.run(
    `INSERT INTO decision SELECT rid, ${OUTCOMES.gap}, 0, NULL FROM cut_record WHERE ingest_reason = ${INGEST_GAP}`,
  )
  const registry = await Registry.load(warehouse)
  let decided = 0
  for (const type of DECISION_ORDER) {
    for (let after = 0n; ; ) {
      const page = await readPage(warehouse, type, after)
      const last = page.at(-1)
      if (last === undefined) break
      await decidePage(options, registry, page)
      after = last.ordinal
      decided += page.length
      options.onProgress?.(decided)
    }
  }
}

async function readPage(warehouse: Database, type: DecidedEventType, after: bigint): Promise<Candidate[]> {
  const rows = await warehouse.all(pageOfType, { type, after, page: PAGE_RECORDS, bytes: PAGE_BYTES })
  return rows.map((row) => {
    const decoded = decodeRecord({
      topic: row.topic as string,
      key: null, // was looked at by ingest; the event does not hold it
      headers: decodeHeaders(fromBlob(row.headers)),
      value: fromNullableBlob(row.record_value),
    })
    // Asserted twice: what ingest stored as decoded must decode to the same type again.
    if (decoded.outcome === 'rejected' || decoded.event.type !== type)
      throw new CorruptWarehouseError({ rid: row.rid as bigint })
    return {
      rid: row.rid as bigint,
      ordinal: row.ordinal as bigint,
      idHash: fromBlob(row.id_hash),
      bodyHash: fromBlob(row.body_hash),
      event: decoded.event as EventOf<DecidedEventType>,
    }
  })
}

async function decidePage(options: DecideOptions, registry: Registry, page: readonly Candidate[]): Promise<void> {
  const { warehouse, genesis, ledgerId, epoch } = options
  const references = await PageReferences.load(
    warehouse,
    page.map((candidate) => candidate.idHash),
    page.map((candidate) => candidate.event),
  )
  const facts = new Facts(epoch)
  const decisions: DuckDBValue[][] = []
  for (const candidate of page) {
    const idHash = toHex(candidate.idHash)
    const used = references.usedIds.get(idHash)
    if (used !== undefined) {
      decisions.push(
        used === toHex(candidate.bodyHash)
          ? decision(candidate, 'duplicate')
          : decision(candidate, 'rejected', 'ID_REUSED'),
      )
      continue
    }
    const reason = await checkEvent(candidate.event, { genesis, ledgerId, registry, references })
    if (reason !== undefined) {
      decisions.push(decision(candidate, 'rejected', reason))
      continue
    }
    references.usedIds.set(idHash, toHex(candidate.bodyHash))
    references.take(candidate.event)
    register(registry, candidate.event)
    facts.add(candidate.event, candidate.idHash, candidate.bodyHash, candidate.ordinal)
    decisions.push(decision(candidate, 'accepted'))
  }
  await facts.append(warehouse)
  await warehouse.append('decision', DECISION_TYPES, decisions)
}

function register(registry: Registry, event: EventOf<DecidedEventType>): void {
  if (event.type === 'SourceRegistered') registry.sources.set(event.body.source, new Set(event.body.eventTypes))
  if (event.type === 'AssetRegistered') registry.addAsset(event.body)
  if (event.type === 'PolicyPublished') registry.policies.add(event.body.policy)
  if (event.type === 'FeatureMapPublished') registry.addFeatureMap(event.body.featureMap, event.body)
}

function decision(candidate: Candidate, outcome: Outcome, reason?: RejectionReason): DuckDBValue[] {
  return [candidate.rid, OUTCOMES[outcome], reason === undefined ? 0 : REJECTION_REASONS[reason], null]
}
