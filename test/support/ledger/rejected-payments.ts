import { fromHex, toAddress } from '../../../schemas/ids.ts'
import { accountOf, addressOf, OTHER_TOKEN } from './cast.ts'
import { CUMULATIVE_MAX, hashOf, Records, SOURCES } from './records.ts'

const PRICES = 'prices-1'
const TIERED = 1_000n
/** An instant before the first record of a small ledger. */
const LONG_AGO_MS = 1n
const LARGEST = { cumulative: CUMULATIVE_MAX, sequence: 7n }
const tokens = (quantity: bigint) => [{ unit: 'tokens', quantity }]

/** Good records of payments, which those of {@link rejectedPayments} rest on. */
export function goodPayments(records: Records) {
  return [
    records.priceList(PRICES, [
      { pricePerMillion: 1_500_000n },
      { pricePerMillion: 1_000_000n, fromQuantity: TIERED },
      { use: 'commercial', pricePerMillion: 3_000_001n },
      { unit: 'until long ago', untilMs: LONG_AGO_MS, pricePerMillion: 1n },
    ]),
    records.voucher('payer', LARGEST),
    // Presented by whoever may send vouchers, of another model, and for less than before.
    records.voucher('payer', { cumulative: 1n, sequence: 7n }, { body: { model: 'second-reader' } }),
    records.voucher('payer', { cumulative: 0n, sequence: 8n }),
    records.inference('use-priced', 5n, { body: { priceList: PRICES, units: tokens(3n) } }),
    records.inference('use-commercial', 4n, { body: { priceList: PRICES, units: tokens(1n), commercial: true } }),
    records.inference('use-of-nothing', 0n, { body: { priceList: PRICES } }),
    records.quoted('use-quoted', 5n),
    // A quote fixes the fee, whatever the list says.
    records.quoted('use-quoted-cheaper', 1n, {}, { body: { priceList: PRICES, units: tokens(1_000_000n) } }),
    records.quoted('use-quoted-for-me', 5n, { payer: addressOf('payer') }),
  ]
}

/** For each reason of payments, records that have it; and those of other reasons that vouchers and price lists can have. */
export function rejectedPayments(records: Records) {
  const priced = (fee: bigint, body: object) =>
    records.inference('use-priced-x', fee, { body: { priceList: PRICES, ...body } })
  return {
    VOUCHER_EXISTS: {
      'a sequence that is taken': records.voucher('payer', { cumulative: 5n, sequence: 7n }),
      'the same voucher under another id': records.voucher('payer', LARGEST, { id: 'presented again' }),
      'a voucher that another source presented': records.voucher('payer', LARGEST, { source: SOURCES.operator }),
    },
    PRICE_LIST_EXISTS: { 'a list id that is taken': records.priceList(PRICES, [{ pricePerMillion: 1n }]) },
    PRICE_LIST_UNKNOWN: {
      'prices of no list': priced(0n, { priceList: 'prices-9' }),
      'prices of another model': priced(0n, { model: 'second-reader' }),
      'prices in another token': priced(0n, { token: fromHex(OTHER_TOKEN) }),
      'a quote by no list': records.quoted('use-quoted-x', 1n, {}, { body: { priceList: 'prices-9' } }),
    },
    PRICE_MISSING: {
      'a unit that has no price': priced(1n, { units: [{ unit: 'seconds', quantity: 1n }] }),
      'a unit that has no price beside one that has': priced(2n, {
        units: [{ unit: 'seconds', quantity: 0n }, ...tokens(1n)],
      }),
      'a unit whose price is over': priced(1n, { units: [{ unit: 'until long ago', quantity: 1n }] }),
      'a unit that has no price for commercial uses': priced(1n, {
        commercial: true,
        units: [{ unit: 'until long ago', quantity: 1n }],
      }),
    },
    PRICE_MISMATCH: {
      'a price rounded down': priced(4n, { units: tokens(3n) }),
      'the commercial price': priced(4n, { units: tokens(1n) }),
      'the price of somebody who used more in this epoch alone': priced(2_000n, { units: tokens(2_000n) }),
      'a fee for nothing': priced(1n, {}),
    },
    QUOTE_EXPIRED: { 'a quote until long ago': records.quoted('use-quoted-x', 5n, { expiresMs: LONG_AGO_MS }) },
    QUOTE_USED: {
      'a quote that was taken up': records.quoted('use-quoted-x', 5n, { quoteId: quoteIdOf('use-quoted') }),
      'a forged quote under the id of one that was taken up': records.quoted('use-quoted-x', 5n, {
        quoteId: quoteIdOf('use-quoted'),
        by: 'stranger',
      }),
    },
    QUOTE_INVALID: {
      'a quote by a stranger': records.quoted('use-quoted-x', 5n, { by: 'stranger' }),
      'a quote of another fee': records.quoted('use-quoted-x', 5n, { fee: 6n }),
      'a quote for somebody else': records.quoted('use-quoted-x', 5n, { payer: toAddress(`0x${'11'.repeat(20)}`) }),
      'a quote of other units': records.quoted('use-quoted-x', 5n, { units: tokens(1n) }),
      'a quote for another ledger': new Records(new Uint8Array(32)).quoted('use-quoted-x', 5n),
      'a quote by no point': records.quoted('use-quoted-x', 5n, {}, { body: { quoteSignature: new Uint8Array(65) } }),
    },
  }
}

/** Reasons that other records have, too. */
export function rejectedLikeOthers(records: Records) {
  const one = { cumulative: 1n, sequence: 9n }
  const prices = [{ pricePerMillion: 1n }]
  return {
    ASSET_UNKNOWN: {
      'a voucher for no model': records.voucher('payer', one, { body: { model: 'nothing' } }),
      'a voucher for a dataset': records.voucher('payer', one, { body: { model: 'digits' } }),
      'prices of no model': records.priceList('prices-x', prices, { body: { model: 'nothing' } }),
    },
    SIGNATURE_INVALID: {
      'a voucher that the payer did not sign': records.voucher('payer', one, { by: 'stranger' }),
      'a voucher for another ledger': new Records(new Uint8Array(32)).voucher('payer', one),
      'prices signed by another owner': records.priceList('prices-x', prices, { by: 'partner' }),
    },
    REGISTRANT_NOT_OWNER: {
      'prices of a model of others': records.priceList('prices-x', prices, {
        by: 'stranger',
        body: { registrant: accountOf('stranger') },
      }),
    },
    TYPE_NOT_PERMITTED: {
      'a portal that presents vouchers': records.voucher('payer', one, { source: SOURCES.portal }),
    },
  }
}

function quoteIdOf(use: string): Uint8Array {
  return hashOf(`quote of ${use}`).subarray(0, 16)
}
