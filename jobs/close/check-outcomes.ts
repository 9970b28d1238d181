import type { EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { isSignedBy } from './signed-by.ts'

/**
 * docs/formats.md#decisions: a rating by whoever pays for the work of an agent, once, while the fee's outcome part can still wait
 * for it. Whether the fee is there is settled later, as for every use.
 */
export async function checkOutcome(
  event: EventOf<'TaskOutcome'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { references, epoch, policyIn } = context
  const isOfAgent = references.isOfAgent(event)
  if (isOfAgent === undefined) return 'INFERENCE_UNKNOWN'
  if (!isOfAgent) return 'AGENT_UNKNOWN'
  const use = references.ratedUse(event)
  if (use === undefined) return 'NOT_THE_PAYER'
  if (!(await isSignedBy(toAddress(toHex(event.body.rater)), event, context))) return 'SIGNATURE_INVALID'
  if (references.isTaken(event)) return 'OUTCOME_EXISTS'
  const policy = await policyIn(use.epoch)
  if (!use.isPromised || policy === undefined) return 'INFERENCE_UNPAID'
  return epoch > use.epoch + policy.outcomeWaitEpochs ? 'OUTCOME_TOO_LATE' : undefined
}

/** A step that an owner of the agent signed, and that goes on where its run has come to. */
export async function checkStep(
  event: EventOf<'AgentStep'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { registry, references } = context
  const { body } = event
  const agent = registry.asset(body.agent, 'agent')
  if (agent === undefined || (body.model !== '' && registry.asset(body.model, 'model') === undefined))
    return 'ASSET_UNKNOWN'
  const account = toAddress(toHex(body.account))
  if (!agent.owners.has(account)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(account, event, context))) return 'SIGNATURE_INVALID'
  if (body.inferenceId !== '' && references.modelOfInference(event) !== body.model) return 'INFERENCE_UNKNOWN'
  if (references.isTaken(event)) return 'STEP_EXISTS'
  const isLinked = body.step === 0 ? body.previous.every((byte) => byte === 0) : references.hasPrevious(event)
  return isLinked ? undefined : 'STEP_MISMATCH'
}
