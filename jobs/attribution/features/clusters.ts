import { BIGINT } from '@duckdb/node-api'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { BATCH_ITEMS_MAX, COMMIT_EPOCHS_MAX } from '../../../schemas/limits.ts'

const sql = (name: string) => readSql(new URL(name, import.meta.url))
const batchRanksSql = sql('./batch-ranks.sql')
const placedSql = sql('./placed.sql')
const nearEdgesSql = sql('./near-edges.sql')
const itemsSql = sql('./items.sql')

/**
 * Step 0 of docs/attribution.md: which contributions under a map are items, at the cut of an epoch. Leaves the temporary tables
 * `item` (one row per contribution, `place` in the order of priority) and `star_member` (one row per content that is near an earlier representative). Time is
 * that of sorting contributions and near pairs; memory beyond DuckDB's grows with the members alone.
 */
export async function clusterItems(warehouse: Database, featureMap: string, epoch: number): Promise<void> {
  await placeContributions(warehouse, featureMap, epoch)
  await warehouse.run(nearEdgesSql, { featureMap, epoch })
  await warehouse.run('CREATE OR REPLACE TEMP TABLE star_member (content BIGINT, representative BIGINT)')
  const members = await starMembers(warehouse)
  await warehouse.append(
    'star_member',
    [BIGINT, BIGINT],
    [...members].map((row) => row.map(BigInt)),
  )
  await warehouse.run(itemsSql, { featureMap, epoch })
}

/** The order of priority alone: leaves the temporary table `placed`, one row per contribution with features under the map. */
export async function placeContributions(warehouse: Database, featureMap: string, epoch: number): Promise<void> {
  await rankBatches(warehouse)
  await warehouse.run(placedSql, { featureMap, epoch })
}

/** Priority of all batches: leaves the temporary table `batch_rank`, from whose `first_place` the items of a batch follow. */
export async function rankBatches(warehouse: Database): Promise<void> {
  await warehouse.run(batchRanksSql, { commitEpochsMax: COMMIT_EPOCHS_MAX, batchItemsMax: BATCH_ITEMS_MAX })
}

/**
 * Member → its representative, the earliest that it is near. Contents come in the order of priority, so that whether an earlier
 * one represents is known already: it does unless it is a member itself.
 */
async function starMembers(warehouse: Database): Promise<Map<number, number>> {
  const members = new Map<number, number>()
  for await (const chunk of warehouse.stream('SELECT earlier, later FROM near_edge ORDER BY later, earlier')) {
    const [earlier, later] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount; row++) {
      const [representative, content] = [Number(earlier![row]), Number(later![row])]
      if (!members.has(representative) && !members.has(content)) members.set(content, representative)
    }
  }
  return members
}
