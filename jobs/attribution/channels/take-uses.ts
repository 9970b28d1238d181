import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import type { WaitingPart } from '../../carry-state.ts'
import { firstUseFunded } from '../../funding/held-fees.ts'
import type { Policy } from '../../funding/policy.ts'
import { writeChains } from './chains.ts'

const takeUsesSql = readSql(new URL('./take-uses.sql', import.meta.url))

/**
 * Decides which channel divides the data part of each funded use, as far as the epoch can (docs/formats.md#channels). Writes
 * `data_chain` and `channel_use`. Runs inside the caller's transaction, once the epoch's fees are funded.
 *
 * @param waiting what waited for a channel before the epoch
 */
export async function takeUses(
  warehouse: Database,
  epoch: number,
  policy: Policy,
  waiting: readonly WaitingPart[],
): Promise<void> {
  await writeChains(warehouse, epoch, policy)
  const waitingFrom = waiting.reduce((first, entry) => Math.min(first, entry.epoch), epoch)
  const firstUse = await firstUseFunded(warehouse, epoch, waitingFrom)
  await warehouse.run(takeUsesSql, { epoch, waitingFrom, firstUse })
}
