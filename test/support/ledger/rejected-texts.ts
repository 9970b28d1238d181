import type { NewRecord } from '../../../pipelines/record-source.ts'
import { accountOf } from './cast.ts'
import { Records, SOURCES } from './records.ts'

/** A second source of texts. */
const OTHER_EXTRACTOR = 'urn:other-text-extractor'

/** Good records of texts, which those of {@link rejectedTexts} rest on. */
export function goodTexts(records: Records): readonly (NewRecord | Promise<NewRecord>)[] {
  return [
    records.source(OTHER_EXTRACTOR, ['ContributionText', 'InferenceText']),
    records.asset('writer', 'model', { modeller: 1_000_000 }),
    records.textMap(),
    records.textMap({ textMap: 'texts-2', model: 'second-reader', extractor: OTHER_EXTRACTOR }),
    records.itemText('batch-carol', 0, 'A text of some words.'),
    // Of another map, or of another item, it is another text.
    records.itemText('batch-carol', 0, 'A text of some words.', {
      source: OTHER_EXTRACTOR,
      body: { textMap: 'texts-2' },
    }),
    records.itemText('batch-carol', 1, ''),
    records.inferenceText('use-1', 'some words'),
  ]
}

/** For each reason of texts, records that have it. */
export function rejectedTexts(records: Records) {
  return {
    TEXT_MAP_UNKNOWN: {
      'an item under no map': records.itemText('batch-carol', 2, 'x', { body: { textMap: 'texts-9' } }),
      'an item under a map of features': records.itemText('batch-carol', 2, 'x', { body: { textMap: 'map-1' } }),
      'an output under no map': records.inferenceText('use-3', 'x', { body: { textMap: 'texts-9' } }),
    },
    TEXT_MAP_EXISTS: {
      'a map id that is taken': records.textMap({ model: 'writer' }),
      'a second map for a model': records.textMap({ textMap: 'texts-3' }),
    },
    TEXT_EXISTS: {
      'an item that has a text': records.itemText('batch-carol', 0, 'Another text.'),
      'an item that has an empty text': records.itemText('batch-carol', 1, 'Another text.'),
      'an output that has a text': records.inferenceText('use-1', 'other words'),
    },
  }
}

/** Records of texts that are refused for what others are refused for, too. */
export function textsRejectedLikeOthers(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  const fresh = { textMap: 'texts-4', model: 'writer' }
  return {
    ASSET_UNKNOWN: { 'a text map of a dataset': records.textMap({ ...fresh, model: 'digits' }) },
    REGISTRANT_NOT_OWNER: {
      'a text map for a model of others': records.textMap(
        { ...fresh, registrant: accountOf('stranger') },
        { by: 'stranger' },
      ),
    },
    SIGNATURE_INVALID: {
      'a text map signed by a stranger': records.textMap(fresh, { by: 'stranger' }),
      'a text map signed for another ledger': elsewhere.textMap(fresh),
    },
    EXTRACTOR_NOT_NAMED: {
      'the text of an item by another extractor': records.itemText('batch-carol', 2, 'x', { source: OTHER_EXTRACTOR }),
      'the text of an output by another extractor': records.inferenceText('use-3', 'x', { source: OTHER_EXTRACTOR }),
    },
    TYPE_NOT_PERMITTED: {
      'a gateway that says what was answered': records.inferenceText('use-3', 'x', { source: SOURCES.gateway }),
    },
    CONTRIBUTION_UNKNOWN: {
      'the text of a batch that nobody sent': records.itemText('batch-nobody', 0, 'x'),
      'the text of an index behind the last item': records.itemText('batch-carol', 3, 'x'),
    },
    CONTRIBUTION_ERASED: {
      'the text of an item that was ordered to be erased': records.itemText('batch-gone', 1, 'x'),
    },
    INFERENCE_UNKNOWN: {
      'the text of a use that nobody reported': records.inferenceText('use-nobody', 'x'),
      'the text of a use of another model': records.inferenceText('use-2', 'x'),
    },
  }
}
