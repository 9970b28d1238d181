import type { EventBodies, LicenceTerms } from './events.ts'
import { licenceTerms } from './licence-ranges.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function offer(body: EventBodies['OfferPublished']): RangeFault | undefined {
  return first(
    amount(body.price),
    identifier('offer', body.offer),
    bytes('seller', body.seller, 20),
    limits.OFFER_KINDS.some((kind) => kind === body.kind) ? undefined : field('kind is not known to this version.'),
    identifier('asset', body.asset),
    body.kind === 'share' ? range('parts', body.parts, 1, limits.MILLIONTHS) : range('parts', body.parts, 0, 0),
    bytes('token', body.token, 20),
    body.price === 0n ? field('price must not be 0: what is given for nothing is transferred.') : undefined,
    bytes('buyer', body.buyer, 20),
    Buffer.compare(body.seller, body.buyer) === 0 ? field('seller and buyer are the same account.') : undefined,
    body.expiresMs >= 0n ? undefined : field('expiresMs must not be negative.'),
    body.licence.length === (body.kind === 'share' ? 0 : 1)
      ? undefined
      : field('licence must have the terms of one licence for the kind licence, else none.'),
    first(...body.licence.map((terms) => offeredTerms(terms, body.expiresMs))),
    bytes('signature', body.signature, 65),
  )
}

/** Nobody buys what is over: it ends behind the offer, or counts from its purchase on. */
function offeredTerms(terms: LicenceTerms, expiresMs: bigint): RangeFault | undefined {
  const { fromMs, untilMs, durationMs, copies } = terms
  return first(
    licenceTerms(terms),
    untilMs === 0n || untilMs > expiresMs ? undefined : field('untilMs must be 0 or after expiresMs.'),
    durationMs >= 0n && durationMs < limits.LICENCE_DURATION_MS_LIMIT
      ? undefined
      : field('durationMs must lie between 0 and 2^52 - 1.'),
    durationMs === 0n || (fromMs === 0n && untilMs === 0n)
      ? undefined
      : field('durationMs needs a fromMs and an untilMs of 0.'),
    copies >= 0 ? undefined : field('copies must not be negative.'),
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
