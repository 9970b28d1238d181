import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { FEATURE_WAIT_EPOCHS_MAX, OUTSIDE_WAIT_EPOCHS_MAX } from '../../schemas/limits.ts'
import type { ChannelKey } from './channels.ts'
import type { Policy } from './policy.ts'

const releasedFees = readSql(new URL('./released-fees.sql', import.meta.url))
const stillHeld = readSql(new URL('./still-held.sql', import.meta.url))
const returnedFees = readSql(new URL('./returned-fees.sql', import.meta.url))
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
 * Ends what is held of fees (docs/formats.md#settlement rule 2): what corrections take back goes to the payers at once; what licences
 * cover in retrospect is funded now, at the place of the last grant that it waited for; what has waited long enough goes back.
 *
 * @param policy            in force
 * @returns                 what goes back, and what is still held, ascending by (epoch, model, payer, token)
 */
export async function endHeldFees(
  warehouse: Database,
  epoch: number,
  policy: Policy | undefined,
): Promise<{ readonly refunds: readonly Refund[]; readonly outside: readonly HeldFees[] }> {
  const first = epoch - OUTSIDE_WAIT_EPOCHS_MAX
  // Whatever is held was taken under a policy, and there is one ever since.
  if (policy === undefined) return { refunds: [], outside: [] }
  await warehouse.run(stillHeld, { first, before: epoch - 1, after: epoch })
  await giveBackCorrected(warehouse, epoch)
  await warehouse.run(releasedFees, { epoch, first })
  await warehouse.run(
    `INSERT INTO funded (inference, epoch, features_until, data_parts, ordinal, fee)
     SELECT r.inference, $epoch, $until, $parts, r.ordinal, h.fee FROM released_fee AS r JOIN still_held AS h USING (inference)`,
    { epoch, until: epoch + policy.featureWaitEpochs, parts: policy.dataParts },
  )
  await warehouse.run(`INSERT INTO held_fee_ended SELECT inference, $epoch, 'released' FROM released_fee`, { epoch })
  await giveBackUnlicensed(warehouse, epoch)
  const refunds = await warehouse.all<Refund>(returnedFees, { epoch, first })
  const held = await warehouse.all<Omit<HeldFees, 'fees'> & { readonly fees: bigint }>(heldFees, { epoch })
  return { refunds, outside: held.map((each) => ({ ...each, fees: each.fees.toString() })) }
}

/** What a correction takes back of a held fee; of which nothing is left, that is held no more. */
async function giveBackCorrected(warehouse: Database, epoch: number): Promise<void> {
  await warehouse.run(
    'INSERT INTO fee_returned SELECT inference, fee_before - fee, $epoch FROM still_held WHERE fee < fee_before',
    { epoch },
  )
  await warehouse.run(
    `INSERT INTO held_fee_ended SELECT inference, $epoch, 'corrected' FROM still_held WHERE fee < fee_before AND fee = 0`,
    { epoch },
  )
}

/** What waited long enough for a licence. */
async function giveBackUnlicensed(warehouse: Database, epoch: number): Promise<void> {
  await warehouse.run(
    `CREATE OR REPLACE TEMP TABLE unlicensed_fee AS
     SELECT h.inference, h.fee FROM still_held AS h
     ANTI JOIN (SELECT inference FROM held_fee_ended WHERE epoch = $epoch) AS e ON e.inference = h.inference
     WHERE h.until <= $epoch`,
    { epoch },
  )
  await warehouse.run('INSERT INTO fee_returned SELECT inference, fee, $epoch FROM unlicensed_fee', { epoch })
  await warehouse.run(`INSERT INTO held_fee_ended SELECT inference, $epoch, 'refunded' FROM unlicensed_fee`, { epoch })
}

/**
 * Epoch of the oldest use whose fee was funded in `from` to `epoch` (default: in `epoch` alone): an earlier one than `from` only where
 * fees that were held were released.
 */
export async function firstUseFunded(warehouse: Database, epoch: number, from = epoch): Promise<number> {
  const row = await warehouse.one<{ first: number }>(firstUse, { epoch, from, waitMax: OUTSIDE_WAIT_EPOCHS_MAX })
  return row!.first
}
