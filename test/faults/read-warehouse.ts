import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { PublishedCut } from './published-cuts.ts'
import type { LogEnd } from './read-log.ts'

export interface StoredRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Hex. */
  readonly contentHash: string
  /** One for each row of `outcome`: there has to be one. */
  readonly outcomes: readonly StoredOutcome[]
}

export interface StoredOutcome {
  readonly epoch: number
  readonly outcome: number
  readonly reason: number
  readonly leafIndex: bigint
}

export interface StoredEpoch {
  readonly epoch: number
  readonly state: string
  readonly treeSize: bigint
  /** Hex. */
  readonly root: string
}

/** What a warehouse holds after everything that writes it has ended. */
export interface StoredLedger {
  readonly records: readonly StoredRecord[]
  readonly positions: readonly LogEnd[]
  readonly epochs: readonly StoredEpoch[]
  readonly cuts: readonly PublishedCut[]
  /** Ids of the inferences that count as paid uses. */
  readonly inferenceIds: readonly string[]
}

/** Reads a closed warehouse with DuckDB alone: nothing of ours is between. */
export async function readWarehouse(path: string): Promise<StoredLedger> {
  return withDatabase(path, async (connection) => {
    const all = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS() as Row[]
    return {
      records: toRecords(
        await all(`
          SELECT topic, partition_id, record_offset, lower(hex(content_hash)) AS content_hash, rid,
            o.epoch, o.outcome, o.reason, o.leaf_index
          FROM record LEFT JOIN outcome AS o USING (rid)
          WHERE record_offset >= 0 -- below are rows that only keep giant records apart
          ORDER BY rid, topic, partition_id, record_offset`),
      ),
      positions: (await all('SELECT topic, partition_id, next_offset FROM read_position')).map((row) => ({
        topic: row.topic as string,
        partition: row.partition_id as number,
        end: row.next_offset as bigint,
      })),
      epochs: (
        await all('SELECT epoch, state, tree_size, lower(hex(ledger_root)) AS root FROM epoch ORDER BY epoch')
      ).map((row) => ({
        epoch: row.epoch as number,
        state: row.state as string,
        treeSize: row.tree_size as bigint,
        root: row.root as string,
      })),
      cuts: toCuts(
        await all(`
          SELECT e.epoch, e.cut_time_ms, c.topic, c.partition_id, c.incarnation, c.from_offset, c.to_offset
          FROM epoch AS e JOIN epoch_cut AS c USING (epoch) ORDER BY e.epoch, c.topic, c.partition_id`),
      ),
      inferenceIds: (await all('SELECT event_id FROM inference ORDER BY event_id')).map(
        (row) => row.event_id as string,
      ),
    }
  })
}

type Row = Readonly<Record<string, unknown>>

async function withDatabase<Result>(
  path: string,
  use: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    return await use(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** A record with two rows comes twice; one with two outcomes, twice under its one row. */
function toRecords(rows: readonly Row[]): StoredRecord[] {
  const byRow = new Map<string, StoredRecord & { outcomes: StoredOutcome[] }>()
  for (const row of rows) {
    const key = `${row.rid} ${row.topic}/${row.partition_id}/${row.record_offset}`
    const record = byRow.get(key) ?? {
      topic: row.topic as string,
      partition: row.partition_id as number,
      offset: row.record_offset as bigint,
      contentHash: row.content_hash as string,
      outcomes: [],
    }
    byRow.set(key, record)
    if (row.epoch === null) continue
    record.outcomes.push({
      epoch: row.epoch as number,
      outcome: row.outcome as number,
      reason: row.reason as number,
      leafIndex: row.leaf_index as bigint,
    })
  }
  return [...byRow.values()]
}

function toCuts(rows: readonly Row[]): PublishedCut[] {
  const byEpoch = new Map<number, PublishedCut & { partitions: PublishedCut['partitions'][number][] }>()
  for (const row of rows) {
    const epoch = row.epoch as number
    const cut = byEpoch.get(epoch) ?? { epoch, cutTimeMs: row.cut_time_ms as bigint, partitions: [] }
    byEpoch.set(epoch, cut)
    cut.partitions.push({
      topic: row.topic as string,
      partition: row.partition_id as number,
      incarnation: row.incarnation as number,
      fromOffset: row.from_offset as bigint,
      toOffset: row.to_offset as bigint,
    })
  }
  return [...byEpoch.values()]
}
