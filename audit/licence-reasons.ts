import type { EventBodies, EventOf, LicenceTerms } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import type { History } from './history.ts'
import { isSignedBy } from './signed-by.ts'

type Reason = RejectionReason | undefined

/** Of a record that is decided: where it stands in time. */
export interface RecordTime {
  readonly epoch: number
  readonly effectiveMs: bigint
}

export async function findGrantReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'LicenceGranted'>,
  time: RecordTime,
): Promise<Reason> {
  const { grant, asset: name } = event.body
  const asset = history.assets.get(name)
  if (asset === undefined || asset.kind === 'infrastructure') return 'ASSET_UNKNOWN'
  const reason = await findOwnerReason(history, ledger, event)
  if (reason !== undefined) return reason
  return history.licences.of(grant) === undefined ? findTermsReason(history, asset, event.body, time) : 'LICENCE_EXISTS'
}

/** Of a grant, or of an offer of a licence, of an asset that can be licensed. */
export function findTermsReason(
  { payments }: History,
  asset: EventBodies['AssetRegistered'],
  { uses, fromMs, untilMs, priceList, coversFromEpoch }: LicenceTerms | EventBodies['LicenceGranted'],
  { epoch, effectiveMs }: RecordTime,
): Reason {
  // A dataset is not asked for answers, and nothing else is retrieved from.
  if (uses.includes(asset.kind === 'dataset' ? 'infer' : 'retrieve')) return 'LICENCE_USES_INVALID'
  if ((fromMs > 0n && fromMs < effectiveMs) || (untilMs > 0n && untilMs <= effectiveMs)) return 'LICENCE_WINDOW_INVALID'
  if (coversFromEpoch > epoch) return 'LICENCE_WINDOW_INVALID'
  if (priceList === '') return undefined
  const list = payments.priceLists.get(priceList)
  const isOfOther = asset.kind === 'model' && list?.model !== asset.asset
  return list === undefined || isOfOther ? 'PRICE_LIST_UNKNOWN' : undefined
}

export async function findRevocationReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'LicenceRevoked'>,
): Promise<Reason> {
  const licence = history.licences.of(event.body.grant)
  if (licence === undefined || licence.asset !== event.body.asset) return 'LICENCE_UNKNOWN'
  const reason = await findOwnerReason(history, ledger, event)
  return reason ?? (licence.isRevoked ? 'LICENCE_REVOKED' : undefined)
}

async function findOwnerReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'LicenceGranted' | 'LicenceRevoked'>,
): Promise<Reason> {
  const registrant = toHex(event.body.registrant)
  if (!history.ownership.now(event.body.asset).has(registrant)) return 'REGISTRANT_NOT_OWNER'
  return (await isSignedBy(history, ledger, event, registrant)) ? undefined : 'SIGNATURE_INVALID'
}
