import type { Database } from '../../pipelines/warehouse/database.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Address } from '../../schemas/ids.ts'
import { MILLIONTHS } from '../../schemas/limits.ts'

export class NotRetirableError extends TallyError {
  override readonly code = 'NOT_RETIRABLE'
  constructor(facts: { model: string; account: string; why: string }) {
    super(`${facts.account} cannot retire ${facts.model}: ${facts.why}.`, {
      facts,
      hint: 'Nothing was sent. Who owns more than half of a model retires it, once; `tally statement` shows who owns what.',
    })
  }
}

/** @throws NotRetirableError unless the account may retire the model as of the last closed epoch */
export async function requireRetirable(warehouse: Database, model: string, account: Address): Promise<void> {
  const refuse = (why: string) => new NotRetirableError({ model, account, why })
  const known = await warehouse.one("SELECT 1 FROM asset WHERE asset = $model AND kind = 'model'", { model })
  if (known === undefined) throw refuse('no model of that name is registered')
  const retired = await warehouse.one<{ epoch: number }>('SELECT epoch FROM model_retired WHERE model = $model', {
    model,
  })
  if (retired !== undefined) throw refuse(`it is retired since epoch ${retired.epoch}`)
  const owned = await warehouse.one<{ parts: bigint | null }>(
    'SELECT sum(delta)::BIGINT AS parts FROM ownership_change WHERE asset = $model AND account = $account',
    { model, account },
  )
  const parts = owned?.parts ?? 0n
  if (parts * 2n <= MILLIONTHS) throw refuse(`it owns ${parts} of its ${MILLIONTHS} parts, not more than half`)
}
