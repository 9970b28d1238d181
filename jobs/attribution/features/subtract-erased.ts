import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import type { Kernels } from '../kernel/kernels.ts'
import { subtractRows } from './curvature-state.ts'

const erasedShapes = readSql(new URL('./erased-shapes.sql', import.meta.url))
const erasedRows = readSql(new URL('./erased-rows.sql', import.meta.url))

/**
 * Takes out of every stored curvature what the items of the temporary table `to_erase` added to it: afterwards no period needs their
 * features. In the caller's transaction, which deletes these, so that K and its items never part.
 */
export async function subtractErased(warehouse: Database, kernels: Kernels): Promise<void> {
  for (const map of await warehouse.all(erasedShapes)) {
    const featureMap = map.feature_map as string
    const shape = {
      rank: map.feature_rank as number,
      classes: map.classes as number,
      checkpointCount: map.checkpoints as number,
    }
    await subtractRows({ warehouse, kernels, shape, featureMap }, erasedRows)
    await warehouse.run(
      'DELETE FROM curvature_item WHERE feature_map = $featureMap AND (batch, item_index) IN (SELECT (batch, item_index) FROM to_erase)',
      { featureMap },
    )
  }
}
