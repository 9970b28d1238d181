import { BLOB, type DuckDBValue, LIST, listValue } from '@duckdb/node-api'
import { decodeEntry } from '../../anchor/log/entry.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { type ReadTile, TiledTree } from '../../anchor/log/tiles/tiled-tree.ts'
import { entryDocument } from '../../anchor/verify/entry-shape.ts'
import { type EventReceipt, recordDocument } from '../../anchor/verify/event-receipt.ts'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { fromHex, type Hash32, toHex } from '../../schemas/ids.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { CorruptWarehouseError } from '../close/errors.ts'
import { entryBytes } from '../close/leaves.ts'
import { lastPublishedEpoch } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { signedCheckpointOf } from './signed-checkpoint.ts'

const eventEntries = readSql(new URL('./event-entries.sql', import.meta.url))
const placeEntry = readSql(new URL('./place-entry.sql', import.meta.url))

/** Which record: by its identity (of any registered source unless one is given), or by its place in the log. */
export type EventName =
  | { readonly id: string; readonly source?: string | undefined }
  | { readonly topic: string; readonly partition: number; readonly offset: bigint }

export interface EventReceiptOptions {
  /** In whose tree it is shown. Default: the newest published one. */
  readonly epoch?: number | undefined
  /** Shows the record itself too, which is not public. */
  readonly withRecord?: boolean
  /** Tiles of the log. */
  readonly tiles: ReadTile
  readonly logKey?: string | undefined
}

export class NoEventReceiptError extends TallyError {
  override readonly code = 'NO_EVENT_RECEIPT'
  constructor(facts: { event: string; problem: string }, isLater = false) {
    super(`There is no receipt for ${facts.event}: ${facts.problem}.`, {
      facts,
      retriable: isLater,
      hint: isLater
        ? 'Publish the epoch it belongs to first; see `tally epoch status`.'
        : 'Name a record by source and id, or by topic/partition/offset.',
    })
  }
}

type EntryRow = Readonly<Record<string, DuckDBValue>>

/**
 * The receipt of one record (docs/formats.md#event-receipt): what its leaf says, and that the newest tree has it. The proof
 * takes O(log N) tiles. Of several records of one identity the accepted one is shown, else the first.
 *
 * @throws NoEventReceiptError; {@link TileMissingError}, {@link RootMismatchError} when the tiles are not the ledger's
 */
export async function eventReceiptOf(
  ledger: Ledger,
  event: EventName,
  options: EventReceiptOptions,
): Promise<EventReceipt> {
  const { warehouse } = ledger
  const row = await findRow(warehouse, event)
  const newest = (await lastPublishedEpoch(warehouse)) ?? 0
  const epoch = options.epoch ?? newest
  if (epoch < 1 || epoch > newest || (row.epoch as number) > epoch)
    throw new NoEventReceiptError(
      { event: nameOf(event), problem: `it is in epoch ${row.epoch}, and ${newest} are published` },
      (row.epoch as number) > newest,
    )
  const manifest = await loadManifest(warehouse, epoch)
  const bytes = entryBytes(row)
  const index = Number(row.leaf_index)
  const tree = new TiledTree({ size: Number(manifest.tree.size), root: fromHex(manifest.tree.root) }, options.tiles)
  const proven = await tree.proveInclusion(index)
  if (toHex(proven.leafHash) !== toHex(leafHash(bytes)))
    throw new CorruptWarehouseError({ what: `leaf ${index} is not the hash of its record` })
  return {
    format: 'tallystick-event-receipt/1',
    manifest,
    entry: entryDocument(decodeEntry(bytes)),
    index,
    proof: proven.proof.map((node) => toHex(node) as Hash32),
    // What is left of an erased record has another content than its leaf.
    record: options.withRecord === true && row.is_erased !== true ? recordOf(row) : null,
    checkpoint: await signedCheckpointOf(warehouse, manifest, options.logKey),
  }
}

async function findRow(warehouse: Database, event: EventName): Promise<EntryRow> {
  if (!('id' in event)) {
    const { topic, partition, offset } = event
    const row = await warehouse.one(placeEntry, { topic, partition, offset: offset.toString() })
    if (row !== undefined) return row
    throw new NoEventReceiptError({ event: nameOf(event), problem: 'no closed epoch has a record there' })
  }
  const sources = event.source === undefined ? await registeredSources(warehouse) : [event.source]
  const ids = sources.map((source) => toBlob(idHashOf(source, event.id)))
  const rows = await warehouse.all(eventEntries, { ids: listValue(ids) }, { ids: LIST(BLOB) })
  const [row] = rows
  if (row === undefined)
    throw new NoEventReceiptError({ event: nameOf(event), problem: 'no closed epoch has a record of that identity' })
  if (rows.some((other) => toHex(fromBlob(other.id_hash)) !== toHex(fromBlob(row.id_hash))))
    throw new NoEventReceiptError({ event: nameOf(event), problem: 'several sources sent one; name the source too' })
  return row
}

async function registeredSources(warehouse: Database): Promise<string[]> {
  const rows = await warehouse.all<{ source: string }>('SELECT DISTINCT source FROM source ORDER BY source')
  return rows.map(({ source }) => source)
}

function nameOf(event: EventName): string {
  if ('id' in event) return event.source === undefined ? event.id : `${event.id} of ${event.source}`
  return `${event.topic}/${event.partition}/${event.offset}`
}

function recordOf(row: EntryRow): EventReceipt['record'] {
  const bytes = (value: unknown) => (value === null ? null : fromBlob(value))
  return recordDocument({
    key: bytes(row.record_key),
    headers: decodeHeaders(fromBlob(row.headers)),
    value: bytes(row.record_value),
  })
}
