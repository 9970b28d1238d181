import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function offer(body: EventBodies['OfferPublished']): RangeFault | undefined {
  return first(
    amount(body.price),
    identifier('offer', body.offer),
    bytes('seller', body.seller, 20),
    limits.OFFER_KINDS.some((kind) => kind === body.kind) ? undefined : field('kind is not known to this version.'),
    identifier('asset', body.asset),
    range('parts', body.parts, 1, limits.MILLIONTHS),
    bytes('token', body.token, 20),
    body.price === 0n ? field('price must not be 0: what is given for nothing is transferred.') : undefined,
    bytes('buyer', body.buyer, 20),
    Buffer.compare(body.seller, body.buyer) === 0 ? field('seller and buyer are the same account.') : undefined,
    body.expiresMs >= 0n ? undefined : field('expiresMs must not be negative.'),
    bytes('signature', body.signature, 65),
  )
}

export function withdrawnOffer(body: EventBodies['OfferWithdrawn']): RangeFault | undefined {
  return first(identifier('offer', body.offer), bytes('signature', body.signature, 65))
}

export function acceptance(body: EventBodies['OfferAccepted']): RangeFault | undefined {
  return first(
    identifier('offer', body.offer),
    bytes('terms', body.terms, 32),
    bytes('buyer', body.buyer, 20),
    bytes('signature', body.signature, 65),
  )
}
