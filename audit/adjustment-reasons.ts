import type { EventOf } from '../schemas/events.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import type { History } from './history.ts'
import type { RecordTime } from './licence-reasons.ts'
import { isSignedByOperator } from './signed-by.ts'

export async function findAdjustmentReason(
  { adjustments, erasures }: History,
  ledger: DecidingLedger,
  event: EventOf<'AdjustmentOrdered'>,
  { epoch }: RecordTime,
): Promise<RejectionReason | undefined> {
  if (!(await isSignedByOperator(ledger, event))) return 'SIGNATURE_INVALID'
  const { adjustment, fromEpoch, toEpoch } = event.body
  if (adjustments.some(({ body }) => body.adjustment === adjustment)) return 'ADJUSTMENT_EXISTS'
  return toEpoch >= epoch || erasures.newestOrder > fromEpoch ? 'ADJUSTMENT_EPOCHS_INVALID' : undefined
}
