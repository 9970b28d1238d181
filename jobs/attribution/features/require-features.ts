import type { Database } from '../../../pipelines/warehouse/database.ts'
import { TallyError } from '../../../schemas/errors.ts'

export class FeaturesErasedError extends TallyError {
  override readonly code = 'FEATURES_ERASED'
  constructor(facts: { epoch: number; from: number }) {
    super(`Epoch ${facts.epoch} cannot be computed again: features that took part in it were erased.`, {
      facts,
      hint: `Epochs from ${facts.from} on can: the last order that was carried out lies there.`,
    })
  }
}

/**
 * Every feature that took part in an epoch is still there: none that was accepted was erased by an order of a later one.
 *
 * @throws FeaturesErasedError
 */
export async function requireFeatures(warehouse: Database, epoch: number): Promise<void> {
  const row = await warehouse.one<{ from: number | null }>(
    'SELECT max(order_epoch) AS "from" FROM record_erased WHERE feature_map IS NOT NULL AND order_epoch > $epoch',
    { epoch },
  )
  const from = row?.from ?? null
  if (from !== null) throw new FeaturesErasedError({ epoch, from })
}
