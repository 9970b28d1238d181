import { recoverSigner } from '../../anchor/signatures/signer.ts'
import { fromBlob, fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { builtInSchemas } from '../../schemas/avro-types.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { REJECTION_REASONS } from '../../schemas/rejection.ts'
import type { Ledger } from '../ledger.ts'

const waitingSchemas = readSql(new URL('./waiting-schemas.sql', import.meta.url))
const waitingRegistrations = readSql(new URL('./waiting-registrations.sql', import.meta.url))
/** Anybody may send registrations that nobody accepts; looking for the operator's ends after so many. */
const REGISTRATIONS_MAX = 1_000

export interface SchemaList {
  readonly builtIn: readonly { readonly schemaId: number; readonly eventType: string }[]
  /** `epoch`: from which on it counts; null while its registration waits for the next cut. */
  readonly registered: readonly {
    readonly schemaId: number
    readonly eventType: string
    readonly epoch: number | null
  }[]
  /** Ids that stand in values and that nobody registered. */
  readonly unknown: readonly {
    readonly schemaId: number
    /** Records that the next cut rejects unless the schema is registered before it. */
    readonly waiting: number
    /** Records of closed epochs that were rejected for it. */
    readonly rejected: number
  }[]
}

/** The schemas that values may be written with, and those that they are written with although they may not. */
export async function listSchemas(ledger: Ledger): Promise<SchemaList> {
  const { warehouse } = ledger
  const accepted = await warehouse.all<{ schema_id: number; event_type: string; epoch: number }>(
    `SELECT schema_id, event_type, min(epoch) AS epoch FROM registered_schema GROUP BY schema_id, event_type
     ORDER BY schema_id`,
  )
  const registered = new Map<number, SchemaList['registered'][number]>(
    accepted.map((row) => [row.schema_id, { schemaId: row.schema_id, eventType: row.event_type, epoch: row.epoch }]),
  )
  for (const { schemaId, eventType } of await registrationsThatWait(ledger)) {
    if (!registered.has(schemaId)) registered.set(schemaId, { schemaId, eventType, epoch: null })
  }
  const rows = await warehouse.all<{ schema_id: number; waiting: number; rejected: number }>(waitingSchemas, {
    unknown: REJECTION_REASONS.SCHEMA_UNKNOWN,
  })
  return {
    builtIn: builtInSchemas().map(({ id, event }) => ({ schemaId: id, eventType: event })),
    registered: [...registered.values()].sort((one, other) => one.schemaId - other.schemaId),
    unknown: rows
      .filter((row) => !registered.has(row.schema_id))
      .map((row) => ({ schemaId: row.schema_id, waiting: row.waiting, rejected: row.rejected })),
  }
}

/** Registrations by the operator that were ingested and that no epoch holds yet. */
async function registrationsThatWait({
  warehouse,
  genesis,
  ledgerId,
}: Ledger): Promise<EventBodies['SchemaRegistered'][]> {
  const found: EventBodies['SchemaRegistered'][] = []
  for (const row of await warehouse.all(waitingRegistrations, { most: REGISTRATIONS_MAX })) {
    const decoded = decodeRecord({
      topic: row.topic as string,
      key: null,
      headers: decodeHeaders(fromBlob(row.headers)),
      value: fromNullableBlob(row.record_value),
    })
    if (decoded.outcome !== 'decoded' || decoded.event.type !== 'SchemaRegistered') continue
    if ((await recoverSigner(ledgerId, decoded.event)) === genesis.operator) found.push(decoded.event.body)
  }
  return found
}
