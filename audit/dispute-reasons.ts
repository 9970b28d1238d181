import type { EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { lineKey } from './disputes.ts'
import { findBatch, type History } from './history.ts'
import type { RecordTime } from './licence-reasons.ts'
import { policyInForce } from './policy.ts'
import { isSignedBy, isSignedByOperator } from './signed-by.ts'

type Reason = RejectionReason | undefined

export async function findOpeningReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'DisputeOpened'>,
  { epoch }: RecordTime,
): Promise<Reason> {
  const { dispute, items, bond, ...line } = event.body
  const [opener, account, token] = [event.body.opener, line.account, line.token].map(toHex)
  if (history.disputes.isKnown(dispute)) return 'DISPUTE_EXISTS'
  if (epoch <= line.epoch) return 'DISPUTE_EPOCH_INVALID'
  const policy = policyInForce(history, line.epoch)
  if (policy === undefined || epoch - line.epoch > policy.disputeWindowEpochs) return 'DISPUTE_TOO_LATE'
  if (history.disputes.isDisputedBy(opener!, lineKeyOf(event.body), epoch)) return 'DISPUTE_OPEN'
  const asked = policy.disputeBonds.find((each) => toHex(each.token) === token)?.amount
  if (bond !== (opener === account ? 0n : asked)) return 'BOND_MISMATCH'
  for (const { batchSource, batchId, index } of items)
    if (index >= (findBatch(history, batchSource, batchId)?.items ?? 0)) return 'CONTRIBUTION_UNKNOWN'
  return (await isSignedBy(history, ledger, event, opener!)) ? undefined : 'SIGNATURE_INVALID'
}

export async function findResolutionReason(
  { disputes }: History,
  ledger: DecidingLedger,
  event: EventOf<'DisputeResolved'>,
  { epoch }: RecordTime,
): Promise<Reason> {
  if (!(await isSignedByOperator(ledger, event))) return 'SIGNATURE_INVALID'
  const { dispute } = event.body
  if (!disputes.isKnown(dispute)) return 'DISPUTE_UNKNOWN'
  return disputes.isOpen(dispute, epoch) ? undefined : 'DISPUTE_CLOSED'
}

/** From here on the line is disputed by its opener. */
export function acceptOpening(history: History, body: EventBodies['DisputeOpened'], epoch: number): void {
  // Without a policy in the line's epoch it would have been too late.
  const { disputeWaitEpochs } = policyInForce(history, body.epoch)!
  history.disputes.open(body.dispute, toHex(body.opener), lineKeyOf(body), epoch + disputeWaitEpochs)
}

function lineKeyOf({ epoch, account, token, kind, asset }: EventBodies['DisputeOpened']): string {
  return lineKey({ lineEpoch: epoch, account: toHex(account), token: toHex(token), kind, asset })
}
