import type { EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { OWNERS_MAX } from '../schemas/limits.ts'
import type { RejectionReason } from '../schemas/rejection.ts'
import type { DecidingLedger } from './deciding-ledger.ts'
import type { History } from './history.ts'
import { findTermsReason, type RecordTime } from './licence-reasons.ts'
import { isSignedBy } from './signed-by.ts'

type Reason = RejectionReason | undefined

const ANYONE = `0x${'0'.repeat(40)}`

export async function findOfferReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'OfferPublished'>,
  time: RecordTime,
): Promise<Reason> {
  const { offer, kind, asset: name, parts, expiresMs, licence } = event.body
  const { assets, market, ownership } = history
  const seller = toHex(event.body.seller)
  const asset = assets.get(name)
  if (asset === undefined || (kind === 'licence' && asset.kind === 'infrastructure')) return 'ASSET_UNKNOWN'
  if (!(await isSignedBy(history, ledger, event, seller))) return 'SIGNATURE_INVALID'
  if (market.find(offer) !== undefined) return 'OFFER_EXISTS'
  if (market.hasExpired(expiresMs, time.effectiveMs)) return 'OFFER_EXPIRED'
  const owners = ownership.now(name)
  if (kind === 'licence')
    return owners.has(seller) ? findTermsReason(history, asset, licence[0]!, time) : 'REGISTRANT_NOT_OWNER'
  const free = (owners.get(seller) ?? 0) - market.lockedBy(name, seller)
  if (free < parts) return 'SHARES_NOT_OWNED'
  return owners.size + market.lockingOffers(name) >= OWNERS_MAX ? 'OWNERS_TOO_MANY' : undefined
}

export async function findOfferWithdrawalReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'OfferWithdrawn'>,
  { effectiveMs: atMs }: RecordTime,
): Promise<Reason> {
  const reason = findClosedReason(history, event, atMs)
  if (reason !== undefined) return reason
  const { seller } = history.market.find(event.body.offer)!
  return (await isSignedBy(history, ledger, event, seller)) ? undefined : 'SIGNATURE_INVALID'
}

export async function findAcceptanceReason(
  history: History,
  ledger: DecidingLedger,
  event: EventOf<'OfferAccepted'>,
  { effectiveMs: atMs }: RecordTime,
): Promise<Reason> {
  const reason = findClosedReason(history, event, atMs)
  if (reason !== undefined) return reason
  const { body, seller, terms } = history.market.find(event.body.offer)!
  const [buyer, meant] = [toHex(event.body.buyer), toHex(body.buyer)]
  if (terms !== toHex(event.body.terms)) return 'OFFER_MISMATCH'
  if (meant !== buyer && meant !== ANYONE) return 'NOT_THE_BUYER'
  if (buyer === seller) return 'BUYER_IS_SELLER'
  return (await isSignedBy(history, ledger, event, buyer)) ? undefined : 'SIGNATURE_INVALID'
}

function findClosedReason(
  { market }: History,
  { body }: EventOf<'OfferWithdrawn' | 'OfferAccepted'>,
  atMs: bigint,
): Reason {
  const offer = market.find(body.offer)
  if (offer === undefined) return 'OFFER_UNKNOWN'
  if (offer.isWithdrawn) return 'OFFER_WITHDRAWN'
  return market.hasExpired(offer.body.expiresMs, atMs) ? 'OFFER_EXPIRED' : undefined
}
