import type { EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { MILLIONTHS } from '../../schemas/limits.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { isSignedBy } from './signed-by.ts'

/** docs/formats.md#corrections: whoever metered a use takes something back of it, never the other way round. */
export function checkCorrection(
  event: EventOf<'CorrectionRecorded'>,
  { presentFees }: CheckContext,
): RejectionReason | undefined {
  const present = presentFees.of(event)
  if (present === undefined) return 'INFERENCE_UNKNOWN'
  if (event.source !== event.body.inferenceSource) return 'CORRECTION_FOREIGN'
  if (present.isVoid) return 'INFERENCE_VOID'
  return event.body.fee > present.fee ? 'CORRECTION_ABOVE' : undefined
}

/** docs/formats.md#retirement: it ends what all owners earn, so that a small share is not enough. */
export async function checkRetirement(
  event: EventOf<'ModelRetired'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { model } = event.body
  const owners = context.registry.asset(model, 'model')?.owners
  if (owners === undefined) return 'ASSET_UNKNOWN'
  const registrant = toAddress(toHex(event.body.registrant))
  if ((owners.get(registrant) ?? 0) * 2 <= MILLIONTHS) return 'NOT_MAJORITY_OWNER'
  if (!(await isSignedBy(registrant, event, context))) return 'SIGNATURE_INVALID'
  return context.registry.retirements.has(model) ? 'MODEL_RETIRED' : undefined
}
