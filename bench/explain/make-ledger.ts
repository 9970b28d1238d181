import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BLOB, BOOLEAN, INTEGER } from '@duckdb/node-api'
import { keepForExplanations } from '../../jobs/attribution/explain/explain-inferences.ts'
import { keepCurvature } from '../../jobs/attribution/features/curvature-state.ts'
import { loadItems } from '../../jobs/attribution/features/load-period.ts'
import { packRow } from '../../jobs/attribution/features/packed-row.ts'
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import type { FactoredRows } from '../../jobs/attribution/rows.ts'
import { openLedger } from '../../jobs/ledger.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { Dice, syntheticRows } from '../attribution/synthetic.ts'
import { GENESIS } from '../genesis.ts'
import type { ExplainOptions } from './options.ts'

const facts = readSql(new URL('./facts.sql', import.meta.url))
const SEED = 1
const CHUNK_ROWS = 20_000
const ITEMS_EACH = 100

/** A data folder with one attributed and settled epoch of synthetic features, as `tally` would leave it. */
export async function makeLedger({ folder, contributions, uses, accounts, shape }: ExplainOptions): Promise<void> {
  writeFileSync(join(folder, 'genesis.json'), JSON.stringify(GENESIS))
  const warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'bench' })
  try {
    await openLedger(warehouse, GENESIS)
    await warehouse.run(
      `INSERT INTO feature_map (feature_map, model, feature_rank, classes, checkpoints, unit_exponent, extractor, epoch, ordinal)
       VALUES ('map-1', 'reader', $rank, $classes, $checkpoints, 0, 'urn:extractor', 1, 2)`,
      { rank: shape.rank, classes: shape.classes, checkpoints: shape.checkpointCount },
    )
    await warehouse.run(
      `CREATE TABLE plan AS SELECT $contributions::BIGINT AS contributions, $uses::BIGINT AS uses,
         $accounts::BIGINT AS accounts, ${ITEMS_EACH} AS items_each`,
      { contributions, uses, accounts },
    )
    await warehouse.run('CREATE TABLE staged (number INTEGER, is_item BOOLEAN, packed BLOB)')
    const dice = new Dice(SEED)
    for (let at = 0; at < contributions + uses; at += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, contributions + uses - at)
      const rows = syntheticRows({ kind: 'factored', ...shape }, count, dice) as FactoredRows
      await stage(warehouse, rows, at, contributions)
    }
    await warehouse.run(facts)
    await attributed(warehouse, shape)
    await warehouse.run('CHECKPOINT')
  } finally {
    warehouse.close()
  }
}

async function stage(warehouse: Database, rows: FactoredRows, first: number, contributions: number): Promise<void> {
  const { rank, classes, checkpointCount } = rows
  const members = classes * checkpointCount
  const staged = Array.from({ length: rows.count }, (_, row) => {
    const packed = packRow({
      factors: new Uint8Array(rows.factors.slice(row * rank, (row + 1) * rank)),
      multiplier: rows.multipliers[row]!,
      label: rows.labels[row]!,
      probabilities: [...rows.probabilities.subarray(row * classes, (row + 1) * classes)],
      checkpoints: [...rows.checkpoints.subarray(row * members, (row + 1) * members)],
    })
    const number = first + row
    const isItem = number < contributions
    return [isItem ? number : number - contributions, isItem, toBlob(packed)]
  })
  await warehouse.append('staged', [INTEGER, BOOLEAN, BLOB], staged)
}

/** What `tally attribute` leaves for explanations. */
async function attributed(warehouse: Database, shape: ExplainOptions['shape']): Promise<void> {
  const at = { warehouse, epoch: 1, featureMap: 'map-1', shape }
  const loaded = await loadItems(warehouse, shape, at.featureMap, at.epoch)
  await withKernels(async (kernels) => {
    const k = await warehouse.transaction(() => keepCurvature({ ...at, kernels, loaded }))
    await keepForExplanations(at, loaded, k)
  })
}
