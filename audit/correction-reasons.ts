import type { EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { findUse, type History } from './history.ts'
import { isSignedBy } from './signed-by.ts'

export function findCorrectionReason(
  history: History,
  _ledger: DecidingLedger,
  { source, body }: EventOf<'CorrectionRecorded'>,
): RejectionReason | undefined {
  const entry = findUse(history, body.inferenceSource, body.inferenceId)
  if (entry < 0) return 'INFERENCE_UNKNOWN'
  if (body.inferenceSource !== source) return 'CORRECTION_FOREIGN'
  const { fee, isVoid } = history.corrections.standing(entry)
  if (isVoid) return 'INFERENCE_VOID'
  return body.fee <= fee ? undefined : 'CORRECTION_ABOVE'
}

const MAJORITY_ABOVE = 500_000

export async function findRetirementReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'ModelRetired'>,
): Promise<RejectionReason | undefined> {
  const { model, registrant } = event.body
  if (history.assets.get(model)?.kind !== 'model') return 'ASSET_UNKNOWN'
  const account = toHex(registrant)
  if (!((history.ownership.now(model).get(account) ?? 0) > MAJORITY_ABOVE)) return 'NOT_MAJORITY_OWNER'
  if (!(await isSignedBy(history, ledger, event, account))) return 'SIGNATURE_INVALID'
  return history.retirements.has(model) ? 'MODEL_RETIRED' : undefined
}
