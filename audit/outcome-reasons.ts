import { signingDigest } from '../anchor/signatures/signer.ts'
import type { EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { findUse, type History } from './history.ts'
import type { RecordTime } from './licence-reasons.ts'
import { policyInForce } from './policy.ts'
import { isSignedBy } from './signed-by.ts'

type Reason = RejectionReason | undefined

const NO_STEP = `0x${'00'.repeat(32)}`

export async function findOutcomeReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'TaskOutcome'>,
  { epoch }: RecordTime,
): Promise<Reason> {
  const { inferenceSource, inferenceId } = event.body
  const entry = findUse(history, inferenceSource, inferenceId)
  if (entry < 0) return 'INFERENCE_UNKNOWN'
  const work = history.agentWork.of(entry)
  if (work === undefined) return 'AGENT_UNKNOWN'
  const rater = toHex(event.body.rater)
  if (history.accounts.textOf(work.payer) !== rater) return 'NOT_THE_PAYER'
  if (!(await isSignedBy(history, ledger, event, rater))) return 'SIGNATURE_INVALID'
  if (work.isRated) return 'OUTCOME_EXISTS'
  const policy = policyInForce(history, work.epoch)
  if (policy === undefined || !work.isPromised) return 'INFERENCE_UNPAID'
  return work.epoch + policy.outcomeWaitEpochs < epoch ? 'OUTCOME_TOO_LATE' : undefined
}

export async function findStepReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'AgentStep'>,
): Promise<Reason> {
  const { agent, model, step, inferenceSource, inferenceId } = event.body
  const kindOf = (name: string) => history.assets.get(name)?.kind
  if (kindOf(agent) !== 'agent' || (model !== '' && kindOf(model) !== 'model')) return 'ASSET_UNKNOWN'
  const account = toHex(event.body.account)
  if (!history.ownership.now(agent).has(account)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(history, ledger, event, account))) return 'SIGNATURE_INVALID'
  if (inferenceId !== '' && modelOfUse(history, inferenceSource, inferenceId) !== model) return 'INFERENCE_UNKNOWN'
  const last = history.agentWork.endOf(agent, toHex(event.body.run))
  if (last !== undefined && step <= last.step) return 'STEP_EXISTS'
  const [next, expected] = last === undefined ? [0, NO_STEP] : [last.step + 1, last.hash]
  return step === next && toHex(event.body.previous) === expected ? undefined : 'STEP_MISMATCH'
}

function modelOfUse(history: History, source: string, id: string): string | undefined {
  const entry = findUse(history, source, id)
  return entry < 0 ? undefined : history.names.textOf(history.ids.refOf(entry))
}

/** Notes that a use was rated. */
export function acceptOutcome(history: History, { body }: EventOf<'TaskOutcome'>): void {
  history.agentWork.rate(findUse(history, body.inferenceSource, body.inferenceId))
}

/** The run goes on from this step. */
export function acceptStep(history: History, ledgerId: Uint8Array, event: EventOf<'AgentStep'>): void {
  const { agent, run, step } = event.body
  history.agentWork.goOn(agent, toHex(run), { step, hash: signingDigest(ledgerId, event) })
}
