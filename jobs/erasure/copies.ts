import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BIGINT, BLOB, INTEGER } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { isRewriteDue } from '../../pipelines/warehouse/rewrite-file.ts'
import { deadLetterTopic } from '../../schemas/topics.ts'
import { CacheFolder } from '../cache-folder.ts'
import type { Ledger } from '../ledger.ts'
import { bundleFolder, RECORDS_FILE } from '../publish/write-bundle.ts'
import { type ErasedItem, erasedItemsOf, itemKey } from './erased-items.ts'
import { findTellingRecords, type TellingRecord } from './find-records.ts'
import { type DerivedPlace, derivedPlaces } from './places.ts'
import { staleBundlesOf } from './rewrite-bundles.ts'
import { type VetoedBundle, vetoedBundles } from './vetoed-bundles.ts'

const itemCopies = readSql(new URL('./item-copies.sql', import.meta.url))
const DAY_MS = 86_400_000n

/**
 * Where a copy of an item is, or was. `erased`: gone. `there`: `tally erase` removes it. `expires`: nobody can remove it by
 * hand; it is gone by the deadline. `outside`: whoever has it has to be told.
 */
export interface Copy {
  readonly what: 'payload' | 'warehouse' | 'log' | 'dead letter' | 'segment' | 'bundle' | 'backup' | 'recipient'
  readonly where: string
  readonly state: 'erased' | 'there' | 'expires' | 'outside'
  /** RFC 3339; null: none is known. */
  readonly deadline: string | null
  /** Whether something is still to be done or waited for here. */
  readonly isOpen: boolean
}

export interface ItemErasure extends Pick<ErasedItem, 'batchSource' | 'batchId' | 'index' | 'account' | 'orderedIn'> {
  /** False: its order waits for its epoch to be published, or for those before it to be final. */
  readonly isRipe: boolean
  /** RFC 3339; null before. */
  readonly erasedAt: string | null
  readonly copies: readonly Copy[]
}

export interface ErasureStatus {
  readonly items: readonly ItemErasure[]
  /** Caches, copies of reruns and simulations, drafts of bundles, as long as they may hold features of one of the items: `tally erase` removes them. */
  readonly derived: readonly DerivedPlace[]
  /** Places of records that name one of the batches and cannot be read: nobody knows what they tell. */
  readonly unreadable: readonly string[]
  /** Nothing is left that `tally erase` could remove, no deadline lies ahead, and none is unknown. */
  readonly isDone: boolean
}

export interface CopiesOptions {
  readonly ledger: Ledger
  /** See {@link erasedItemsOf}. */
  readonly isAnchored: boolean
  readonly bundles: string
  readonly payloads: { has(contentHash: Uint8Array): Promise<boolean> }
  /** Of the embedded log, whether its file still has to be rewritten or messages erased; undefined on a broker. */
  readonly embeddedLog?: { readonly isDue: boolean }
  /** On a broker: `retention.ms` of a topic, null when it may not be asked, −1 for ever. */
  readonly retentionMs?: (topic: string) => bigint | null
  /** Paths of the sealed segments that hold a record, when there is a folder of them. */
  readonly segmentsOf?: (topic: string, partition: number, offset: bigint) => Promise<readonly string[]>
  /** For how many days backups are kept, when the operator says so. */
  readonly backupDays: number | undefined
  /** Unix milliseconds. */
  readonly nowMs: bigint
}

/** Every copy of every item whose erasure is ordered: what was erased, what is left and until when. Changes nothing. */
export async function erasureStatus(options: CopiesOptions): Promise<ErasureStatus> {
  const { isAnchored, bundles } = options
  const { warehouse } = options.ledger
  const items = await erasedItemsOf(warehouse, isAnchored)
  const { telling, unreadable } = await findTellingRecords(warehouse, items)
  const facts = {
    ...(await factsOfBundles(options)),
    rowsLeft: new Set(telling.map(({ item }) => itemKey(item.batch, item.index))),
    isDue: await isRewriteDue(warehouse),
    rows: groupByItem(await recordsOf(warehouse, telling)),
  }
  const found: ItemErasure[] = []
  for (const item of items) found.push(await statusOf(item, options, facts))
  // Nothing is derived from what is not decided yet.
  const isErased = !facts.isDue && items.every(({ isRipe }) => isRipe) && telling.every(({ isClosed }) => !isClosed)
  const derived = isErased ? [] : await derivedPlaces(warehouse, CacheFolder.beside(warehouse), bundles)
  const isOpen = found.some(({ copies }) => copies.some((copy) => copy.isOpen))
  return {
    ...{ items: found, derived, unreadable: await placesOf(warehouse, unreadable) },
    isDone: !isOpen && derived.length === 0 && items.every(({ isRipe }) => isRipe),
  }
}

async function factsOfBundles({
  ledger,
  bundles,
}: CopiesOptions): Promise<Pick<Facts, 'stale' | 'vetoed' | 'staleVetoed'>> {
  const { epochs, vetoed: staleVetoed } = await staleBundlesOf(ledger, bundles)
  return {
    stale: new Set(epochs),
    vetoed: vetoedBundles(bundles),
    staleVetoed: new Set(staleVetoed.map(({ path }) => path)),
  }
}

/** Those that are gone, and those of which the deadline has passed, are not open; nor is what lies outside. */
function copy(told: Omit<Copy, 'isOpen'>, nowMs: bigint): Copy {
  const { state, deadline } = told
  const isAhead = deadline === null || BigInt(Date.parse(deadline)) > nowMs
  return { ...told, isOpen: state === 'there' || (state === 'expires' && isAhead) }
}

interface Facts {
  readonly stale: ReadonlySet<number>
  readonly vetoed: readonly VetoedBundle[]
  /** Paths of those that are stale. */
  readonly staleVetoed: ReadonlySet<string>
  readonly rowsLeft: ReadonlySet<string>
  readonly isDue: boolean
  readonly rows: ReadonlyMap<string, readonly Row[]>
}

async function statusOf(item: ErasedItem, options: CopiesOptions, facts: Facts): Promise<ItemErasure> {
  const { batchSource, batchId, index, account, orderedIn, isRipe } = item
  const key = itemKey(item.batch, index)
  const rows = facts.rows.get(key) ?? []
  const erasedMs = rows.reduce((last, row) => maximum(last, row.erased_ms as bigint | null), null as bigint | null)
  const hasPayload = await options.payloads.has(item.contentHash)
  const inRows = !isRipe || facts.isDue || facts.rowsLeft.has(key)
  const told: Told[] = [
    { what: 'payload', where: 'payloads', state: hasPayload ? 'there' : 'erased', deadline: null },
    { what: 'warehouse', where: options.ledger.warehouse.path, state: inRows ? 'there' : 'erased', deadline: null },
  ]
  for (const row of rows) told.push(...(await copiesOfRecord(row, options, facts)))
  told.push(...outsideOf(options, erasedMs))
  return {
    ...{ batchSource, batchId, index, account, orderedIn, isRipe },
    erasedAt: erasedMs === null ? null : timeOf(erasedMs),
    copies: told.map((each) => copy(each, options.nowMs)),
  }
}

type Told = Omit<Copy, 'isOpen'>

async function copiesOfRecord(row: Row, options: CopiesOptions, facts: Facts): Promise<Told[]> {
  const isLeft = row.erased_ms === null
  const topic = row.topic as string
  const [partition, offset] = [row.partition_id as number, row.record_offset as bigint]
  const where = place(topic, partition, offset)
  const segments = (await options.segmentsOf?.(topic, partition, offset)) ?? []
  return [
    ...(row.epoch === null ? [] : bundlesOf(row.epoch as number, isLeft, options, facts)),
    logCopy({ what: 'log', topic, where }, row.append_ms, isLeft, options),
    ...segments.map((segment): Told => ({ what: 'segment', where: segment, state: 'expires', deadline: null })),
    ...(row.dlq_offset === null ? [] : [logCopy(letterOf(row), row.sent_ms, isLeft, options)]),
  ]
}

/** That of the epoch, once it is published, and those of its vetoed attempts. */
function bundlesOf(epoch: number, isLeft: boolean, { bundles }: CopiesOptions, facts: Facts): Told[] {
  const at = (folder: string, isStale: boolean): Told => ({
    ...{ what: 'bundle', where: join(folder, RECORDS_FILE) },
    ...{ state: isLeft || isStale ? 'there' : 'erased', deadline: null },
  })
  const vetoed = facts.vetoed.filter((each) => each.epoch === epoch)
  const own = bundleFolder(bundles, epoch)
  return [
    ...(existsSync(own) || facts.stale.has(epoch) ? [at(own, facts.stale.has(epoch))] : []),
    ...vetoed.map(({ path }) => at(join(bundles, path), facts.staleVetoed.has(path))),
  ]
}

type LogPlace = Pick<Copy, 'what' | 'where'> & { readonly topic: string }

function letterOf(row: Row): LogPlace {
  const topic = deadLetterTopic(row.topic as string)
  return { what: 'dead letter', topic, where: place(topic, row.dlq_partition, row.dlq_offset) }
}

function place(topic: string, partition: unknown, offset: unknown): string {
  return `${topic}/${partition}/${offset}`
}

/** Erased in the embedded log; a broker keeps it for its retention from when it was appended. */
function logCopy(
  { topic, ...at }: LogPlace,
  appendMs: unknown,
  isLeft: boolean,
  { embeddedLog, retentionMs }: CopiesOptions,
): Told {
  if (embeddedLog !== undefined)
    return { ...at, state: isLeft || embeddedLog.isDue ? 'there' : 'erased', deadline: null }
  const retention = retentionMs?.(topic) ?? null
  const isForever = retention === null || retention < 0n
  return { ...at, state: 'expires', deadline: isForever ? null : timeOf((appendMs as bigint) + retention) }
}

/** What was handed on before the erasure: nobody here can reach it. */
function outsideOf({ backupDays, nowMs }: CopiesOptions, erasedMs: bigint | null): Told[] {
  const since = erasedMs ?? nowMs
  const deadline = backupDays === undefined ? null : timeOf(since + BigInt(backupDays) * DAY_MS)
  return [
    { what: 'backup', where: 'backups made before the erasure', state: 'expires', deadline },
    {
      what: 'recipient',
      where: 'bundles, exported files and copies of the log handed out before',
      state: 'outside',
      deadline: null,
    },
  ]
}

async function placesOf(warehouse: Database, rids: readonly bigint[]): Promise<string[]> {
  const places: string[] = []
  for (const rid of rids) {
    const row = await warehouse.one('SELECT topic, partition_id, record_offset FROM record WHERE rid = $rid', { rid })
    places.push(place(row!.topic as string, row!.partition_id, row!.record_offset))
  }
  return places
}

/** What told features, and what still does. */
async function recordsOf(warehouse: Database, telling: readonly TellingRecord[]): Promise<Row[]> {
  await warehouse.run('CREATE OR REPLACE TEMP TABLE telling_record (rid BIGINT, batch BLOB, item_index INTEGER)')
  const rows = telling.map(({ rid, item }) => [rid, toBlob(item.batch), item.index])
  await warehouse.append('telling_record', [BIGINT, BLOB, INTEGER], rows)
  return warehouse.all(itemCopies)
}

function groupByItem(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = itemKey(fromBlob(row.batch), row.item_index as number)
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return groups
}

function maximum(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null || other === null) return one ?? other
  return other > one ? other : one
}

function timeOf(ms: bigint): string {
  return new Date(Number(ms)).toISOString()
}
