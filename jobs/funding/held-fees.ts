import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { FEATURE_WAIT_EPOCHS_MAX, OUTSIDE_WAIT_EPOCHS_MAX } from '../../schemas/limits.ts'
import type { ChannelKey } from './channels.ts'
import type { Policy } from './policy.ts'

const releasedFees = readSql(new URL('./released-fees.sql', import.meta.url))
const heldFees = readSql(new URL('./held-fees.sql', import.meta.url))

/** How far back the uses lie whose features may still count: they wait for a licence, and then for their features. */
export const USE_EPOCHS_MAX = OUTSIDE_WAIT_EPOCHS_MAX + FEATURE_WAIT_EPOCHS_MAX

/** Fees of a payer's uses of a model outside its licences, taken in one epoch and held. */
export interface HeldFees {
  readonly epoch: number
  readonly fees: string
  readonly model: string
  readonly payer: string
  readonly token: string
  /** Last epoch in which a licence releases them. */
  readonly until: number
}

const firstUse = readSql(new URL('./first-use-funded.sql', import.meta.url))

type Refund = ChannelKey & { readonly fees: bigint }

/**
 * Ends what is held of fees (docs/formats.md#settlement rule 2): those that licences cover in retrospect are funded now, at the
 * place of the last grant that they waited for; those that have waited long enough go back to their payers.
 *
 * @param policy in force
 * @returns      what goes back, and what is still held, ascending by (epoch, model, payer, token)
 */
export async function endHeldFees(
  warehouse: Database,
  epoch: number,
  policy: Policy | undefined,
): Promise<{ readonly refunds: readonly Refund[]; readonly outside: readonly HeldFees[] }> {
  const first = epoch - OUTSIDE_WAIT_EPOCHS_MAX
  // Whatever is held was taken under a policy, and there is one ever since.
  if (policy === undefined) return { refunds: [], outside: [] }
  await warehouse.run(releasedFees, { epoch, first })
  await warehouse.run(
    `INSERT INTO funded (inference, epoch, features_until, data_parts, ordinal)
     SELECT inference, $epoch, $until, $parts, ordinal FROM released_fee`,
    { epoch, until: epoch + policy.featureWaitEpochs, parts: policy.dataParts },
  )
  await warehouse.run(`INSERT INTO held_fee_ended SELECT inference, $epoch, 'released' FROM released_fee`, { epoch })
  const held = await warehouse.all<Omit<HeldFees, 'fees'> & { readonly fees: bigint }>(heldFees, { first })
  await warehouse.run(
    `INSERT INTO held_fee_ended
     SELECT h.inference, $epoch, 'refunded' FROM held_fee AS h
     ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch >= $first) AS e USING (inference)
     WHERE h.epoch >= $first AND h.until_epoch <= $epoch`,
    { epoch, first },
  )
  return {
    refunds: held.filter(({ until }) => until <= epoch),
    outside: held.filter(({ until }) => until > epoch).map((each) => ({ ...each, fees: each.fees.toString() })),
  }
}

/** Epoch of the oldest use whose fee was funded in `epoch`: an earlier one only where fees that were held were released. */
export async function firstUseFunded(warehouse: Database, epoch: number): Promise<number> {
  const row = await warehouse.one<{ first: number }>(firstUse, { epoch, waitMax: OUTSIDE_WAIT_EPOCHS_MAX })
  return row!.first
}
