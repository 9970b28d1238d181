import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { CarryState } from '../carry-state.ts'
import { type Adjusted, adjust, type Delta } from './adjust.ts'
import { AdjustmentNotRerunError } from './errors.ts'
import type { Line } from './lines.ts'

const deltasOfEpoch = readSql(new URL('./deltas-of-epoch.sql', import.meta.url))
const notRerun = readSql(new URL('./adjustments-not-rerun.sql', import.meta.url))

/**
 * What adjustments do in an epoch: those accepted in it add what their reruns found, then all that is owed is netted and paid as far
 * as it can be (see {@link adjust}).
 *
 * @param after  the state that the epoch leaves but for adjustments
 * @param earned lines of the epoch so far
 * @throws AdjustmentNotRerunError
 */
export async function settleAdjustments(
  warehouse: Database,
  epoch: number,
  after: CarryState,
  earned: readonly Line[],
): Promise<Adjusted> {
  const missing = await warehouse.one<{ adjustment: string }>(notRerun, { epoch })
  if (missing !== undefined) throw new AdjustmentNotRerunError({ epoch, adjustment: missing.adjustment })
  return adjust(after, await warehouse.all<Delta>(deltasOfEpoch, { epoch }), earned)
}
