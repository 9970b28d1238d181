import { ANYONE } from '../../anchor/signatures/quote.ts'
import type { EventOf, LicenceTerms } from '../../schemas/events.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { OWNERS_MAX } from '../../schemas/limits.ts'
import type { RejectionReason } from '../../schemas/rejection.ts'
import type { CheckContext } from './check-context.ts'
import { findTermsFault } from './check-licences.ts'
import { isSignedBy } from './signed-by.ts'

/** docs/formats.md#decisions: nobody offers what is not theirs, or a share of it that is offered already. */
export async function checkOffer(
  event: EventOf<'OfferPublished'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const { body } = event
  const { market, assets } = context.registry
  const asset = assets.get(body.asset)
  const [terms] = body.licence
  if (asset === undefined || (terms !== undefined && asset.kind === 'infrastructure')) return 'ASSET_UNKNOWN'
  const { owners } = asset
  const seller = toAddress(toHex(body.seller))
  if (!(await isSignedBy(seller, event, context))) return 'SIGNATURE_INVALID'
  if (market.offer(body.offer) !== undefined) return 'OFFER_EXISTS'
  if (market.isOver(body.expiresMs, context.moment.effectiveMs)) return 'OFFER_EXPIRED'
  if (terms !== undefined) return checkLicenceOffer(body, terms, context)
  if (body.parts > (owners.get(seller) ?? 0) - market.lockedOf(body.asset, seller)) return 'SHARES_NOT_OWNED'
  return owners.size + market.openOffersOf(body.asset) + 1 > OWNERS_MAX ? 'OWNERS_TOO_MANY' : undefined
}

/** As for a grant: by an owner, and of what can be used like that. It locks no share; who owns the asset then is asked at each sale. */
function checkLicenceOffer(
  { asset, seller }: EventOf<'OfferPublished'>['body'],
  terms: LicenceTerms,
  context: CheckContext,
): RejectionReason | undefined {
  const isOwner = context.registry.assets.get(asset)!.owners.has(toAddress(toHex(seller)))
  return isOwner ? findTermsFault(asset, terms, context) : 'REGISTRANT_NOT_OWNER'
}

export async function checkOfferWithdrawal(
  event: EventOf<'OfferWithdrawn'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const reason = findOpenReason(event, context)
  if (reason !== undefined) return reason
  const { seller } = context.registry.market.offer(event.body.offer)!
  return (await isSignedBy(seller, event, context)) ? undefined : 'SIGNATURE_INVALID'
}

/** Whether the buyer can pay, and came first, is settled later. The signature last, since it is what costs time. */
export async function checkAcceptance(
  event: EventOf<'OfferAccepted'>,
  context: CheckContext,
): Promise<RejectionReason | undefined> {
  const reason = findOpenReason(event, context)
  if (reason !== undefined) return reason
  const offer = context.registry.market.offer(event.body.offer)!
  const buyer = toAddress(toHex(event.body.buyer))
  if (toHex(event.body.terms) !== offer.terms) return 'OFFER_MISMATCH'
  if (offer.buyer !== ANYONE && offer.buyer !== buyer) return 'NOT_THE_BUYER'
  if (offer.seller === buyer) return 'BUYER_IS_SELLER'
  return (await isSignedBy(buyer, event, context)) ? undefined : 'SIGNATURE_INVALID'
}

/** Why a record at its place does not find an offer that can be accepted. Whether another buyer has it is settled later, too. */
function findOpenReason(
  { body }: EventOf<'OfferWithdrawn' | 'OfferAccepted'>,
  { registry: { market }, moment: { effectiveMs } }: CheckContext,
): RejectionReason | undefined {
  const offer = market.offer(body.offer)
  if (offer === undefined) return 'OFFER_UNKNOWN'
  if (offer.isWithdrawn) return 'OFFER_WITHDRAWN'
  return market.isOver(offer.expiresMs, effectiveMs) ? 'OFFER_EXPIRED' : undefined
}
