import type { NewRecord } from '../../../pipelines/record-source.ts'
import { accountOf } from './cast.ts'
import type { Records } from './records.ts'

/** An instant before the first record of a small ledger, and one behind everything. */
const LONG_AGO_MS = 1n
const LATER_MS = 1n << 62n

/** Good records of licences, which those of {@link rejectedLicences} rest on. */
export function goodLicences(records: Records): readonly (NewRecord | Promise<NewRecord>)[] {
  const licensed = { access: 'licensed' } as const
  return [
    records.asset('licensed-reader', 'model', { modeller: 600_000, partner: 400_000 }, { body: licensed }),
    records.asset('licensed-bot', 'agent', { partner: 1_000_000 }, { body: licensed }),
    records.priceList('prices-licensed', [{ pricePerMillion: 1n }], { body: { model: 'licensed-reader' } }),
    records.licence('grant-1', 'licensed-reader'),
    records.licence('grant-2', 'licensed-reader', {
      ...{ uses: ['commercial', 'infer', 'train'], royaltyParts: 70_000, licensee: accountOf('alice') },
      ...{ fromMs: LATER_MS, untilMs: LATER_MS + 1n, priceList: 'prices-licensed' },
    }),
    // Any owner may, also of an asset that is open; and any other one may take it back.
    records.licence('grant-3', 'licensed-reader', { coversFromEpoch: 1, untilMs: LATER_MS }, { by: 'partner' }),
    records.revocation('grant-3', 'licensed-reader'),
    records.licence('grant-4', 'reader', { uses: ['train'], royaltyParts: 80_000 }),
    records.licence('grant-5', 'licensed-bot', { priceList: 'prices-licensed' }, { by: 'partner' }),
    records.licence('grant-6', 'digits', { uses: ['retrieve', 'train'] }, { by: 'operator' }),
    // Zeros for a signature: the licence is the agreement.
    records.derived('licensed-child', 'model', 'alice', { reader: { by: 'stranger', parts: 80_000 } }),
  ]
}

/** For each reason of licences, records that have it; and those of other reasons that licences can have. */
export function rejectedLicences(records: Records) {
  return {
    LICENCE_EXISTS: {
      'a grant id that is taken': records.licence('grant-1', 'reader'),
      'a grant id that was revoked': records.licence('grant-3', 'licensed-reader'),
    },
    LICENCE_UNKNOWN: {
      'a revocation of nothing': records.revocation('grant-x', 'licensed-reader'),
      'a revocation for another asset': records.revocation('grant-1', 'reader'),
    },
    LICENCE_REVOKED: {
      'revoked twice': records.revocation('grant-3', 'licensed-reader'),
      'revoked twice, by another owner': records.revocation('grant-3', 'licensed-reader', { by: 'partner' }),
    },
    LICENCE_USES_INVALID: {
      'answers of a dataset': records.licence('grant-x', 'digits', {}, { by: 'operator' }),
      'retrievals from a model': records.licence('grant-x', 'reader', { uses: ['retrieve'] }),
      'retrievals from an agent': records.licence(
        'grant-x',
        'licensed-bot',
        { uses: ['infer', 'retrieve'] },
        { by: 'partner' },
      ),
    },
    LICENCE_WINDOW_INVALID: {
      'a licence that began before its record': records.licence('grant-x', 'reader', { fromMs: LONG_AGO_MS }),
      'a licence that is over': records.licence('grant-x', 'reader', { untilMs: LONG_AGO_MS }),
      'a licence that reaches back from a later epoch': records.licence('grant-x', 'reader', {
        coversFromEpoch: 1_000,
      }),
    },
  }
}

/** Reasons that other records have, too. */
export function licencesRejectedLikeOthers(records: Records) {
  return {
    ASSET_UNKNOWN: {
      'a licence of nothing': records.licence('grant-x', 'nothing'),
      'a licence of infrastructure': records.licence('grant-x', 'gateway', {}, { by: 'host' }),
    },
    REGISTRANT_NOT_OWNER: {
      'a licence by a stranger': records.licence('grant-x', 'reader', {}, { by: 'stranger' }),
      'a revocation by a stranger': records.revocation('grant-1', 'licensed-reader', { by: 'stranger' }),
    },
    SIGNATURE_INVALID: {
      'a licence that another owner signed': records.licence(
        'grant-x',
        'reader',
        { registrant: accountOf('modeller') },
        { by: 'partner' },
      ),
      'a revocation that another owner signed': records.revocation('grant-1', 'licensed-reader', {
        by: 'partner',
        body: { registrant: accountOf('modeller') },
      }),
      'a child for less than the licence asks': records.derived('child-x', 'model', 'alice', {
        reader: { by: 'stranger', parts: 79_999 },
      }),
      'a child for more than the licence asks': records.derived('child-x', 'model', 'alice', {
        reader: { by: 'stranger', parts: 80_001 },
      }),
      'a child of a model that is licensed for answers alone': records.derived('child-x', 'model', 'bob', {
        'licensed-reader': { by: 'stranger', parts: 70_000 },
      }),
      'a child before the licence begins': records.derived('child-x', 'model', 'alice', {
        'licensed-reader': { by: 'stranger', parts: 70_000 },
      }),
    },
    PRICE_LIST_UNKNOWN: {
      'a licence at no prices': records.licence('grant-x', 'reader', { priceList: 'prices-9' }),
      'a licence at prices of another model': records.licence('grant-x', 'reader', { priceList: 'prices-licensed' }),
    },
  }
}
