import type { EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { DERIVATION_DEPTH_MAX, OWNERS_MAX } from '../schemas/limits.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import { generationsAbove } from './derivation.ts'
import type { History } from './history.ts'
import type { RecordTime } from './licence-reasons.ts'
import { isAgreedTo, isSignedBy } from './signed-by.ts'

type Reason = RejectionReason | undefined

export async function findAssetReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'AssetRegistered'>,
  { effectiveMs }: RecordTime,
): Promise<Reason> {
  const { asset, owners, registrant, parents } = event.body
  const account = toHex(registrant)
  if (!owners.some((owner) => toHex(owner.account) === account)) return 'REGISTRANT_NOT_OWNER'
  if (!(await isSignedBy(history, ledger, event, account))) return 'SIGNATURE_INVALID'
  if (history.assets.has(asset)) return 'ASSET_EXISTS'
  if (!parents.every((parent) => history.assets.has(parent.asset))) return 'PARENT_UNKNOWN'
  if (generationsAbove(history.assets, parents) > DERIVATION_DEPTH_MAX) return 'ROYALTY_TOO_DEEP'
  for (const parent of parents) {
    const isLicensed = history.licences.letDerive(parent.asset, account, parent.parts, effectiveMs)
    if (!isLicensed && !(await isAgreedTo(history, ledger, event.body, parent))) return 'SIGNATURE_INVALID'
  }
  return undefined
}

export async function findTransferReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'AssetTransferred'>,
): Promise<Reason> {
  const { asset, parts } = event.body
  const [from, to] = [toHex(event.body.from), toHex(event.body.to)]
  if (!history.assets.has(asset)) return 'ASSET_UNKNOWN'
  if (!(await isSignedBy(history, ledger, event, from))) return 'SIGNATURE_INVALID'
  const owners = history.ownership.now(asset)
  if ((owners.get(from) ?? 0) - history.market.lockedBy(asset, from) < parts) return 'SHARES_NOT_OWNED'
  const after = new Set(owners.keys()).add(to)
  if (owners.get(from) === parts) after.delete(from)
  return after.size + history.market.lockingOffers(asset) > OWNERS_MAX ? 'OWNERS_TOO_MANY' : undefined
}
