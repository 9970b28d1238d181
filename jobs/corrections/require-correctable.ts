import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { registeredSource } from '../registered-source.ts'
import { InferenceUnknownError } from '../statement/explain.ts'

const correctable = readSql(new URL('./correctable.sql', import.meta.url))

export class InferenceAmbiguousError extends TallyError {
  override readonly code = 'INFERENCE_AMBIGUOUS'
  constructor(facts: { id: string; sources: string }) {
    super(`Several sources reported a use ${JSON.stringify(facts.id)}: ${facts.sources}.`, {
      facts,
      hint: 'Nothing was sent. Name the one whose use is meant with --source.',
    })
  }
}

export class NotCorrectableError extends TallyError {
  override readonly code = 'NOT_CORRECTABLE'
  constructor(facts: { id: string; source: string; why: string }) {
    super(`The use ${JSON.stringify(facts.id)} of ${facts.source} cannot be corrected like this: ${facts.why}.`, {
      facts,
      hint: 'Nothing was sent. `tally explain` shows what stands of it; a use that was forgotten is recorded, not corrected.',
    })
  }
}

/** The use that a correction is about. Amounts in the token's smallest unit. */
export interface CorrectableUse {
  readonly source: string
  readonly model: string
  readonly token: string
  readonly recorded: bigint
  /** Stands after the corrections so far. */
  readonly fee: bigint
}

/**
 * The use of an id, when its source may take back this much of it as of the last closed epoch.
 *
 * @param source of the use; default: the only one that reported a use of the id
 * @param fee    that is to stand
 * @throws InferenceUnknownError, InferenceAmbiguousError, NotCorrectableError
 */
export async function requireCorrectable(
  warehouse: Database,
  { id, source, fee }: { readonly id: string; readonly source: string | undefined; readonly fee: bigint },
): Promise<CorrectableUse> {
  const all = await warehouse.all<CorrectableUse & { readonly is_void: boolean }>(correctable, { id })
  const found = all.filter((use) => use.source === (source ?? use.source))
  if (found.length > 1) throw new InferenceAmbiguousError({ id, sources: found.map((use) => use.source).join(', ') })
  const use = found[0]
  if (use === undefined) throw new InferenceUnknownError({ id })
  const refuse = (why: string) => new NotCorrectableError({ id, source: use.source, why })
  if (use.is_void) throw refuse('it is void already')
  if (fee > use.fee) throw refuse(`its fee is ${use.fee}, and ${fee} is more`)
  const registered = await registeredSource(warehouse, use.source)
  if (registered?.eventTypes.has('CorrectionRecorded') !== true)
    throw refuse('its source is not permitted to send CorrectionRecorded')
  const { model, token, recorded } = use
  return { source: use.source, model, token, recorded, fee: use.fee }
}
