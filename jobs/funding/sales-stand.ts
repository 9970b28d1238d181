import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'

export class SalesChangedError extends TallyError {
  override readonly code = 'SALES_CHANGED'
  constructor(facts: { epoch: number; ordinal: bigint; was: string; is: string }) {
    super(
      `The next attempt at epoch ${facts.epoch} finds an acceptance ${facts.is} that was ${facts.was} in the vetoed one, and later epochs are closed on that.`,
      {
        facts,
        hint: 'Nothing was changed. What close decided never changes: use an engine that settles the same sales, and set right forward what was wrong.',
      },
    )
  }
}

/**
 * Holds the sales of an epoch that is attributed again to those of the attempt that was vetoed, when later epochs are closed: who
 * could give what away there was decided by them. Runs inside the caller's transaction.
 *
 * @throws SalesChangedError
 */
export async function assertSalesStand(warehouse: Database, epoch: number): Promise<void> {
  const changed = await warehouse.one<{ ordinal: bigint; was: string; is: string }>(
    `SELECT v.ordinal, v.status AS was, coalesce(s.status, 'nothing') AS "is"
     FROM vetoed_sale AS v
     LEFT JOIN sale AS s ON s.epoch = v.epoch AND s.ordinal = v.ordinal
     WHERE v.epoch = $epoch AND s.status IS DISTINCT FROM v.status
       AND EXISTS (SELECT 1 FROM epoch AS later WHERE later.epoch > $epoch AND later.state <> 'open')
     ORDER BY v.ordinal LIMIT 1`,
    { epoch },
  )
  if (changed !== undefined) throw new SalesChangedError({ epoch, ...changed })
}
