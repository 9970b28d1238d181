import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { FEATURE_WAIT_EPOCHS_MAX } from '../../../schemas/limits.ts'
import { USE_EPOCHS_MAX } from '../../funding/held-fees.ts'
import { bitLength } from '../../integers.ts'
import type { FactoredRows, PeriodEvents, PeriodItems } from '../rows.ts'
import { clusterItems } from './clusters.ts'
import { allocateFactoredRows, type FactoredShape, unpackRow } from './packed-row.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const eventsSql = sql('./events.sql')

const FEE_BITS = 48

/** Items of a feature map, with where each comes from. */
export interface LoadedItems {
  readonly items: PeriodItems
  /** Ascending by bytes; every account with a contribution, be it an item or a duplicate. */
  readonly accounts: readonly { readonly account: string; readonly items: number; readonly duplicates: number }[]
  /** One an item. */
  readonly places: readonly { readonly batch: Uint8Array; readonly index: number }[]
}

/** Contributions with features under the map that are accepted by the cut of `epoch`. Leaves the temporary table `item`. */
export async function loadItems(
  warehouse: Database,
  shape: FactoredShape,
  featureMap: string,
  epoch: number,
): Promise<LoadedItems> {
  await clusterItems(warehouse, featureMap, epoch)
  const accounts = await warehouse.all<{ account: string; items: bigint; duplicates: bigint }>(
    `SELECT account, count(*) FILTER (kept) AS items, count(*) FILTER (NOT kept) AS duplicates
     FROM item GROUP BY account ORDER BY account`,
  )
  const indexes = new Map(accounts.map(({ account }, index) => [account, index]))
  const count = accounts.reduce((sum, { items }) => sum + Number(items), 0)
  const rows = allocateFactoredRows(count, shape)
  const account = new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT))
  const withdrawn = new Uint8Array(count)
  const places: { batch: Uint8Array; index: number }[] = []
  const sql = 'SELECT account, batch, item_index, packed, withdrawn FROM item WHERE kept ORDER BY place'
  for await (const chunk of warehouse.stream(sql)) {
    const [owners, batches, itemIndexes, packed, gone] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount; row++) {
      unpackRow(fromBlob(packed![row]), rows, places.length)
      withdrawn[places.length] = gone![row] === true ? 1 : 0
      account[places.length] = indexes.get(owners![row] as string)!
      places.push({ batch: fromBlob(batches![row]), index: itemIndexes![row] as number })
    }
  }
  return {
    items: { rows, account, withdrawn },
    accounts: accounts.map((each) => ({
      account: each.account,
      items: Number(each.items),
      duplicates: Number(each.duplicates),
    })),
    places,
  }
}

export interface PeriodKey {
  readonly model: string
  readonly token: string
  readonly featureMap: string
  readonly firstEpoch: number
  readonly epoch: number
}

/** The paid uses of a period, and their fees. */
export interface LoadedEvents {
  readonly events: PeriodEvents
  /** Σ fee. */
  readonly fees: bigint
  readonly feeShift: number
  /** Millionths of a fee that are for data: the greatest of the policies under which these fees were taken. */
  readonly dataParts: number
}

export async function loadEvents(warehouse: Database, shape: FactoredShape, key: PeriodKey): Promise<LoadedEvents> {
  await warehouse.run(eventsSql, { ...key, featureWaitMax: FEATURE_WAIT_EPOCHS_MAX, useEpochsMax: USE_EPOCHS_MAX })
  const total = await warehouse.one<{ events: bigint; fees: bigint; data_parts: number }>(
    'SELECT count(*) AS events, coalesce(sum(fee), 0)::HUGEINT AS fees, coalesce(max(data_parts), 0) AS data_parts FROM event',
  )
  const count = Number(total!.events)
  const feeShift = Math.max(0, bitLength(total!.fees) - FEE_BITS)
  const rows: FactoredRows = allocateFactoredRows(count, shape)
  const events = { rows, p16: new Uint16Array(count), fees: new Float64Array(count), own: new Uint8Array(count) }
  let at = 0
  for await (const chunk of warehouse.stream('SELECT fee, p16, own, packed FROM event ORDER BY event')) {
    const [fees, p16, own, packed] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount; row++, at++) {
      unpackRow(fromBlob(packed![row]), rows, at)
      events.p16[at] = p16![row] as number
      events.fees[at] = Number((fees![row] as bigint) >> BigInt(feeShift))
      events.own[at] = own![row] === true ? 1 : 0
    }
  }
  return { events, fees: total!.fees, feeShift, dataParts: total!.data_parts }
}
