import type { Database } from '../../pipelines/warehouse/database.ts'
import type { Address } from '../../schemas/ids.ts'
import type { EpochRange } from './epochs.ts'

/** What an adjustment found of a line of an account: it is owed to the account, or by it, until it is paid or netted. */
export interface Finding {
  readonly adjustment: string
  /** In which the adjustment was accepted. */
  readonly epoch: number
  /** Whose line it is about. */
  readonly forEpoch: number
  readonly token: string
  /** As of lines; `refund`: a fee that was taken and is corrected since. */
  readonly kind: string
  readonly asset: string
  /** Above 0: too little was paid; below: too much. */
  readonly delta: bigint
}

/** What the adjustments that were accepted in these epochs found, in their order. */
export function findingsOf(warehouse: Database, account: Address, { from, to }: EpochRange): Promise<Finding[]> {
  return warehouse.all<Finding>(
    `SELECT adjustment, epoch, for_epoch AS "forEpoch", token, kind, asset, delta FROM adjustment_delta
     WHERE account = $account AND epoch BETWEEN $from AND $to ORDER BY epoch, adjustment, for_epoch, token, kind, asset`,
    { account, from, to },
  )
}
