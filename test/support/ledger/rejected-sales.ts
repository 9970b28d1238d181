import { accountOf } from './cast.ts'
import { Records, SOURCES } from './records.ts'

/** An instant before the first record of a small ledger. */
const LONG_AGO_MS = 1n

/** Good records of the market, which those of {@link rejectedSales} rest on; `second-reader` is modeller's and bob's, `crowded` full. */
export function goodSales(records: Records) {
  return [
    records.asset('painter', 'model', { modeller: 1_000_000 }),
    records.offer('offer-1', 'painter', 'modeller', 400_000, 5n),
    records.offer('offer-for-alice', 'painter', 'modeller', 100_000, 5n, { body: { buyer: accountOf('alice') } }),
    records.offer('offer-withdrawn', 'painter', 'modeller', 200_000, 5n),
    records.acceptance('offer-withdrawn', 'bob'),
    records.offerWithdrawn('offer-withdrawn', 'modeller'),
    // Nobody has paid in: whether a buyer can pay decides no record.
    records.acceptance('offer-1', 'bob'),
    records.acceptance('offer-1', 'carol'),
    records.acceptance('offer-1', 'carol'),
    records.acceptance('offer-for-alice', 'alice'),
    // What is not locked can be given away.
    records.transfer('painter', 'modeller', 'bob', 299_999),
  ]
}

/** For each reason of the market, records that have it. */
export function rejectedSales(records: Records) {
  return {
    OFFER_EXISTS: {
      'an offer id that is taken': records.offer('offer-1', 'painter', 'modeller', 1, 1n, { id: 'again' }),
    },
    OFFER_UNKNOWN: {
      'an acceptance of no offer': records.acceptance('offer-9', 'alice'),
      'a withdrawal of no offer': records.offerWithdrawn('offer-9', 'modeller'),
      'an acceptance of an offer that was refused': records.acceptance('offer-too-late', 'alice'),
    },
    OFFER_EXPIRED: {
      'an offer until long ago': records.offer('offer-too-late', 'painter', 'modeller', 1, 1n, {
        body: { expiresMs: LONG_AGO_MS },
      }),
    },
    OFFER_WITHDRAWN: {
      'an acceptance of what was withdrawn': records.acceptance('offer-withdrawn', 'carol'),
      'a second withdrawal': records.offerWithdrawn('offer-withdrawn', 'modeller'),
    },
    OFFER_MISMATCH: {
      'terms of another offer': records.acceptance('offer-1', 'carol', { body: { terms: new Uint8Array(32) } }),
    },
    NOT_THE_BUYER: { 'an offer to somebody else': records.acceptance('offer-for-alice', 'carol') },
    BUYER_IS_SELLER: { 'a purchase from oneself': records.acceptance('offer-1', 'modeller') },
  }
}

/** Reasons that other records have, too. */
export function rejectedSalesLikeOthers(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  return {
    ASSET_UNKNOWN: { 'an offer of nothing known': records.offer('offer-x', 'nothing', 'modeller', 1, 1n) },
    SHARES_NOT_OWNED: {
      'an offer of what is offered': records.offer('offer-x', 'painter', 'modeller', 2, 1n),
      'a transfer of what is offered': records.transfer('painter', 'modeller', 'alice', 2),
      'an offer of what is not owned': records.offer('offer-x', 'painter', 'stranger', 1, 1n),
      // It is free when the epoch is over: before that, somebody may have accepted it.
      'an offer of what was offered in this epoch': records.offer('offer-x', 'painter', 'modeller', 200_000, 1n),
    },
    OWNERS_TOO_MANY: {
      'an offer that would make an owner too many': records.offer('offer-x', 'crowded', 'modeller', 1, 1n),
    },
    SIGNATURE_INVALID: {
      'an offer that its seller did not sign': records.offer('offer-x', 'painter', 'modeller', 1, 1n, {
        by: 'stranger',
      }),
      'an offer for another ledger': elsewhere.offer('offer-x', 'painter', 'modeller', 1, 1n),
      'an acceptance that its buyer did not sign': records.acceptance('offer-1', 'carol', { by: 'stranger' }),
      'a withdrawal by a stranger': records.offerWithdrawn('offer-1', 'stranger'),
    },
    TYPE_NOT_PERMITTED: {
      'a portal that offers': records.offer('offer-x', 'painter', 'modeller', 1, 1n, { source: SOURCES.portal }),
    },
  }
}
