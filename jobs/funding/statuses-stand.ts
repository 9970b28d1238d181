import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'

export class StatusesChangedError extends TallyError {
  override readonly code = 'STATUSES_CHANGED'
  constructor(facts: { epoch: number; what: string; was: string; is: string }) {
    super(
      `The next attempt at epoch ${facts.epoch} finds ${facts.what} ${facts.is} that was ${facts.was} in the vetoed one, and later epochs are closed on that.`,
      {
        facts,
        hint: 'Nothing was changed. What close decided never changes: use an engine that settles the same sales and takes the same bonds, and set right forward what was wrong.',
      },
    )
  }
}

/**
 * Holds sales and openings of disputes of an epoch that is attributed again to those of the attempt that was vetoed, when later
 * epochs are closed: who could give what away there, and what could be disputed, was decided by them. Runs inside the caller's
 * transaction.
 *
 * @throws StatusesChangedError
 */
export async function assertStatusesStand(warehouse: Database, epoch: number): Promise<void> {
  const changed = await warehouse.one<{ what: string; was: string; is: string }>(
    `WITH stood AS (
       SELECT 'an acceptance at place ' || v.ordinal AS what, v.status AS was, coalesce(s.status, 'nothing') AS "is"
       FROM vetoed_sale AS v
       LEFT JOIN sale AS s ON s.epoch = v.epoch AND s.ordinal = v.ordinal
       WHERE v.epoch = $epoch
       UNION ALL
       SELECT 'the dispute ' || v.dispute, v.status, coalesce(s.status, 'nothing')
       FROM vetoed_opening AS v
       LEFT JOIN dispute_status AS s ON s.dispute = v.dispute
       WHERE v.epoch = $epoch
     )
     SELECT * FROM stood
     WHERE was <> "is" AND EXISTS (SELECT 1 FROM epoch AS later WHERE later.epoch > $epoch AND later.state <> 'open')
     ORDER BY what LIMIT 1`,
    { epoch },
  )
  if (changed !== undefined) throw new StatusesChangedError({ epoch, ...changed })
}
