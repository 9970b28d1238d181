import type { Database } from '../../../pipelines/warehouse/database.ts'

/** Features of kept items in flat arrays, item by item. */
export interface ItemMatrix {
  readonly count: number
  readonly rank: number
  readonly classes: number
  readonly checkpointCount: number
  /** count × rank, [−63, 63]. */
  readonly a: Int8Array
  readonly ua: Int32Array
  readonly u: Float64Array
  /** count × classes, thousandths. */
  readonly p: Int16Array
  /** count × checkpointCount × classes, thousandths. */
  readonly checkpoints: Int16Array
  readonly label: Int32Array
  readonly account: readonly string[]
}

export interface EventMatrix {
  readonly count: number
  /** count × rank. */
  readonly b: Int8Array
  readonly checkpoints: Int16Array
  readonly label: Int32Array
  /** What each event counts, after the cap; float64 is enough for what is only shown. */
  readonly m: Float64Array
}

export interface FeatureShape {
  readonly rank: number
  readonly classes: number
  readonly checkpoints: number
}

const PAGE_ROWS = 2_048

/** Reads `kept_item` into flat arrays, a page at a time. */
export async function loadItems(warehouse: Database, shape: FeatureShape): Promise<ItemMatrix> {
  const { rank, classes, checkpoints } = shape
  const count = Number((await warehouse.one<{ n: bigint }>('SELECT count(*) AS n FROM kept_item'))?.n ?? 0n)
  const items = {
    count,
    rank,
    classes,
    checkpointCount: checkpoints,
    a: new Int8Array(count * rank),
    ua: new Int32Array(count),
    u: new Float64Array(count),
    p: new Int16Array(count * classes),
    checkpoints: new Int16Array(count * checkpoints * classes),
    label: new Int32Array(count),
    account: new Array<string>(count),
  }
  const sql = `SELECT a, ua, u, p, checkpoints, label, account FROM kept_item ORDER BY item LIMIT ${PAGE_ROWS} OFFSET `
  for (let at = 0; at < count; at += PAGE_ROWS) {
    for (const [index, row] of (await warehouse.all(sql + at)).entries()) {
      const i = at + index
      items.a.set(listItems(row.a), i * rank)
      items.p.set(listItems(row.p), i * classes)
      items.checkpoints.set(listItems(row.checkpoints), i * checkpoints * classes)
      items.ua[i] = row.ua as number
      items.u[i] = Number(row.u)
      items.label[i] = row.label as number
      items.account[i] = row.account as string
    }
  }
  return items
}

/** Reads `event` with its weights into flat arrays, a page at a time. */
export async function loadEvents(warehouse: Database, shape: FeatureShape): Promise<EventMatrix> {
  const { rank, classes, checkpoints } = shape
  const count = Number((await warehouse.one<{ n: bigint }>('SELECT count(*) AS n FROM event'))?.n ?? 0n)
  const events = {
    count,
    b: new Int8Array(count * rank),
    checkpoints: new Int16Array(count * checkpoints * classes),
    label: new Int32Array(count),
    m: new Float64Array(count),
  }
  const sql = `SELECT b, checkpoints, label, m FROM event JOIN event_weight USING (event) ORDER BY event LIMIT ${PAGE_ROWS} OFFSET `
  for (let at = 0; at < count; at += PAGE_ROWS) {
    for (const [index, row] of (await warehouse.all(sql + at)).entries()) {
      const i = at + index
      events.b.set(listItems(row.b), i * rank)
      events.checkpoints.set(listItems(row.checkpoints), i * checkpoints * classes)
      events.label[i] = row.label as number
      events.m[i] = Number(row.m)
    }
  }
  return events
}

function listItems(value: unknown): readonly number[] {
  return (value as { items: readonly number[] }).items
}
