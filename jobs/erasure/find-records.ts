import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { isRegistrable, type RegisteredSchema, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import { OUTCOMES } from '../../schemas/rejection.ts'
import { decodeValue } from '../../schemas/wire-format.ts'
import { type ErasedItem, itemKey } from './erased-items.ts'

const findRecords = readSql(new URL('./find-records.sql', import.meta.url))

/** A record with features, or the text, of an item whose erasure is ordered: accepted, or not. */
export interface TellingRecord {
  readonly rid: bigint
  /** False: its epoch is open, and it has no leaf yet in which its content hash stands for it. */
  readonly isClosed: boolean
  readonly item: ErasedItem
  /** Of accepted features. */
  readonly featureMap: string | null
  /** Of an accepted text. */
  readonly textMap: string | null
}

export interface FoundRecords {
  readonly telling: readonly TellingRecord[]
  /** rids of records that name one of the batches, and cannot be read: nobody knows what they tell. */
  readonly unreadable: readonly bigint[]
}

/**
 * Reads every record that may tell features or texts: accepted ones, copies, what was refused, whatever for, and what is not decided
 * yet. One pass, a few microseconds a record.
 */
export async function findTellingRecords(warehouse: Database, items: readonly ErasedItem[]): Promise<FoundRecords> {
  if (items.length === 0) return { telling: [], unreadable: [] }
  const wanted = new Map(items.map((item) => [itemKey(item.batch, item.index), item]))
  const names = [...new Set(items.map(({ batchId }) => batchId))].map((name) => Buffer.from(name))
  const schemas = await registeredSchemas(warehouse)
  const telling: TellingRecord[] = []
  const unreadable: bigint[] = []
  for await (const chunk of warehouse.stream(findRecords)) {
    const [rids, values, outcomes] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount; row++) {
      const rid = rids![row] as bigint
      const value = Buffer.from(fromBlob(values![row]))
      const decoded = decodeValue(value, schemas)
      if (decoded.outcome !== 'decoded') {
        if (names.some((name) => value.includes(name))) unreadable.push(rid)
        continue
      }
      if (decoded.type !== 'ContributionFeatures' && decoded.type !== 'ContributionText') continue
      const body = decoded.body as EventBodies['ContributionFeatures'] | EventBodies['ContributionText']
      const { batchSource, batchId, index } = body
      const item = wanted.get(itemKey(idHashOf(batchSource, batchId), index))
      if (item === undefined) continue
      const outcome = outcomes![row]
      telling.push({ rid, item, isClosed: outcome !== null, ...mapsOf(body, outcome === OUTCOMES.accepted) })
    }
  }
  return { telling, unreadable }
}

function mapsOf(
  body: EventBodies['ContributionFeatures'] | EventBodies['ContributionText'],
  isAccepted: boolean,
): Pick<TellingRecord, 'featureMap' | 'textMap'> {
  return {
    featureMap: isAccepted && 'featureMap' in body ? body.featureMap : null,
    textMap: isAccepted && 'textMap' in body ? body.textMap : null,
  }
}

async function registeredSchemas(warehouse: Database): Promise<Map<number, RegisteredSchema>> {
  const schemas = new Map<number, RegisteredSchema>()
  const rows = await warehouse.all('SELECT DISTINCT schema_id, event_type, schema_text FROM registered_schema')
  for (const { schema_id: id, event_type: type, schema_text: text } of rows) {
    const read = isRegistrable(type as string) ? readRegisteredSchema(type as never, text as string) : undefined
    if (read?.outcome === 'readable') schemas.set(id as number, read.schema)
  }
  return schemas
}
