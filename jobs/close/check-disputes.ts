import type { EventOf } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { lineKeyOf } from './disputes.ts'
import { isSignedBy } from './signed-by.ts'

/**
 * docs/formats.md#decisions: a line of an earlier epoch, while its policy lets it be disputed, for the bond that the policy asks.
 * Whether there is such a line, and the bond, is settled later. The signature last, since it is what costs time.
 */
export async function checkOpening(
  event: EventOf<'DisputeOpened'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { body } = event
  const { epoch, references, registry, policyIn } = context
  if (references.isTaken(event)) return 'DISPUTE_EXISTS'
  if (body.epoch >= epoch) return 'DISPUTE_EPOCH_INVALID'
  const policy = await policyIn(body.epoch)
  if (policy === undefined || body.epoch + policy.disputeWindowEpochs < epoch) return 'DISPUTE_TOO_LATE'
  const opener = toAddress(toHex(body.opener))
  if (registry.disputes.hasOpen(opener, lineKeyOf(body))) return 'DISPUTE_OPEN'
  const isOwn = opener === toHex(body.account)
  const bond = isOwn ? 0n : policy.disputeBonds.get(toHex(body.token))
  if (body.bond !== bond) return 'BOND_MISMATCH'
  const isThere = body.items.every((item) => item.index < (references.itemsOfNamedBatch(item) ?? 0))
  if (!isThere) return 'CONTRIBUTION_UNKNOWN'
  return (await isSignedBy(opener, event, context)) ? undefined : 'SIGNATURE_INVALID'
}

/** A dispute that stands open at this place: the operator decides it once, before it ends by itself. */
export function checkResolution(
  event: EventOf<'DisputeResolved'>,
  { references, registry }: CheckContext,
): RejectionReason | undefined {
  if (!references.isDisputeKnown(event)) return 'DISPUTE_UNKNOWN'
  return registry.disputes.isOpen(event.body.dispute) ? undefined : 'DISPUTE_CLOSED'
}
