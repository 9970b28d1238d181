import type { NewRecord } from '../../../pipelines/record-source.ts'
import { accountOf } from './cast.ts'
import { Records, SOURCES } from './records.ts'

/** A second source that meters uses. */
const OTHER_GATEWAY = 'urn:other-gateway'
const LARGE = (1n << 96n) - 1n

/** Good records of corrections and retirements, which those of {@link rejectedCorrections} rest on. */
export function goodCorrections(records: Records): readonly (NewRecord | Promise<NewRecord>)[] {
  return [
    records.source(OTHER_GATEWAY, ['InferenceRecorded', 'CorrectionRecorded']),
    records.inference('use-wrong', 10n),
    records.inference('use-large', LARGE),
    records.inference('use-void', 10n),
    records.inference('use-elsewhere', 10n, { source: OTHER_GATEWAY }),
    records.correction('use-wrong', 10n),
    records.correction('use-wrong', 7n),
    records.correction('use-large', LARGE),
    records.correction('use-large', LARGE - 1n),
    records.correction('use-void', 'void'),
    records.correction('use-elsewhere', 0n, { source: OTHER_GATEWAY, body: { inferenceSource: OTHER_GATEWAY } }),
    records.asset('halved-reader', 'model', { modeller: 500_000, partner: 500_000 }),
    records.asset('old-reader', 'model', { modeller: 500_001, partner: 499_999 }),
    // Before its place it may still be used.
    records.inference('use-old', 1n, { body: { model: 'old-reader' } }),
    records.retirement('old-reader'),
  ]
}

/** For each reason of corrections and retirements, records that have it. */
export function rejectedCorrections(records: Records) {
  const retired = { body: { model: 'old-reader' } }
  return {
    CORRECTION_FOREIGN: {
      'a use that another source metered': records.correction('use-elsewhere', 0n, {
        body: { inferenceSource: OTHER_GATEWAY },
      }),
    },
    CORRECTION_ABOVE: {
      'more than the use costs': records.correction('use-1', 2n),
      'more than the correction before, less than the use': records.correction('use-wrong', 8n),
      'back to a fee of more than 64 bits': records.correction('use-large', LARGE),
      'a fee for what costs nothing any more': records.correction('use-elsewhere', 1n, {
        source: OTHER_GATEWAY,
        body: { inferenceSource: OTHER_GATEWAY },
      }),
    },
    INFERENCE_VOID: {
      'void twice': records.correction('use-void', 'void'),
      'a fee of what is void': records.correction('use-void', 0n),
    },
    MODEL_RETIRED: {
      'a use of a retired model': records.inference('use-of-old', 1n, retired),
      'a use that nobody pays': records.inference('use-of-old', 0n, { body: { ...retired.body, voucher: 0n } }),
      'a use at a quote': records.quoted('use-of-old', 1n, {}, retired),
      'retired twice': records.retirement('old-reader'),
    },
    NOT_MAJORITY_OWNER: {
      'by an owner of a third': records.retirement('reader'),
      'by an owner of half': records.retirement('halved-reader'),
      'by a stranger': records.retirement('reader', { by: 'stranger' }),
    },
  }
}

/** Reasons that other records have, too. */
export function correctionsRejectedLikeOthers(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  return {
    INFERENCE_UNKNOWN: {
      'a correction of a use that nobody reported': records.correction('use-nobody', 0n),
      'a correction of a use that was rejected': records.correction('use-m', 0n),
      'a correction of what is no use': records.correction('features-0', 0n, {
        source: SOURCES.gateway,
        body: { inferenceSource: SOURCES.extractor },
      }),
    },
    TYPE_NOT_PERMITTED: {
      'a correction by who may not correct': records.correction('use-1', 0n, { source: SOURCES.portal }),
    },
    ASSET_UNKNOWN: {
      'a retirement of nothing': records.retirement('nothing'),
      'a retirement of a dataset': records.retirement('digits', { by: 'operator' }),
    },
    SIGNATURE_INVALID: {
      'a retirement that another owner signed': records.retirement('reader', {
        by: 'modeller',
        body: { registrant: accountOf('partner') },
      }),
      'a retirement signed for another ledger': elsewhere.retirement('reader', { by: 'partner' }),
    },
  }
}
