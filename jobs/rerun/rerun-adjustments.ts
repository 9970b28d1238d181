import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { firstEpochIn } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { runRerun } from './run-rerun.ts'

const adjustmentsToRerun = readSql(new URL('./adjustments-to-rerun.sql', import.meta.url))
const writeDeltas = readSql(new URL('./write-deltas.sql', import.meta.url))

interface Adjustment {
  readonly adjustment: string
  readonly from_epoch: number
  readonly to_epoch: number
  readonly method: string
  readonly epoch: number
  readonly ordinal: bigint
}

/**
 * Settles again what the adjustments ask for that were accepted in the oldest closed epoch, one after the other in accept order, and
 * writes what each has above the lines that stood before it. What was done is done: killed at any instant, the next call goes on.
 */
export async function rerunAdjustments(options: {
  readonly ledger: Ledger
  readonly onProgress?: (text: string) => void
}): Promise<void> {
  const { ledger, onProgress } = options
  const { warehouse } = ledger
  const row = await firstEpochIn(warehouse, 'closed')
  if (row === undefined) return
  // What is covered was settled before the epoch was closed, unless close ran ahead: then this one waits.
  if ((await firstEpochIn(warehouse, 'attributed')) !== undefined) return
  for (const each of await warehouse.all<Adjustment>(adjustmentsToRerun, { epoch: row.epoch })) {
    const { adjustment, from_epoch: from, to_epoch: to, method, epoch } = each
    await runRerun({
      ledger,
      rerun: { rerun: `adjustment/${adjustment}`, adjustment, from, to, method, correctionsTo: epoch },
      ...(onProgress && { onProgress: (text) => onProgress(`adjustment ${adjustment}: ${text}`) }),
    })
    await keepDeltas(warehouse, each)
  }
}

/** Killed before COMMIT: nothing is there, and the next call writes it. */
async function keepDeltas(warehouse: Database, each: Adjustment): Promise<void> {
  const { adjustment, from_epoch: from, to_epoch: to, epoch, ordinal } = each
  await warehouse.transaction(async () => {
    await warehouse.run('DELETE FROM adjustment_delta WHERE adjustment = $adjustment', { adjustment })
    await warehouse.run(writeDeltas, { adjustment, from, to, epoch, ordinal })
  })
}
