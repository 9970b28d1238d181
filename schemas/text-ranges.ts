import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

/** What the own bytes of a text map decide. */
export function textMap(body: EventBodies['TextMapPublished']): RangeFault | undefined {
  return first(
    identifier('textMap', body.textMap),
    identifier('model', body.model),
    limits.TOKENIZERS.some((tokenizer) => tokenizer === body.tokenizer)
      ? undefined
      : field('tokenizer is not known to this version.'),
    UNICODE_VERSION.test(body.unicode) ? undefined : field('unicode is no version of Unicode, such as 16.0.'),
    identifier('extractor', body.extractor),
    bytes('codeHash', body.codeHash, 32),
    bytes('salt', body.salt, limits.TEXT_SALT_BYTES),
    bytes('registrant', body.registrant, 20),
    bytes('signature', body.signature, 65),
  )
}

/** What the own bytes of the text of an item decide. */
export function contributionText(body: EventBodies['ContributionText']): RangeFault | undefined {
  return first(
    tokens(body.tokens),
    bytes('shingles', body.shingles, limits.TEXT_SHINGLES_BYTES),
    identifier('textMap', body.textMap),
    identifier('batchSource', body.batchSource),
    identifier('batchId', body.batchId),
    range('index', body.index, 0, limits.BATCH_ITEMS_MAX - 1),
  )
}

/** What the own bytes of the text of an output decide. */
export function inferenceText(body: EventBodies['InferenceText']): RangeFault | undefined {
  return first(
    tokens(body.tokens),
    identifier('textMap', body.textMap),
    identifier('inferenceSource', body.inferenceSource),
    identifier('inferenceId', body.inferenceId),
  )
}

const UNICODE_VERSION = /^[1-9]\d{0,3}(\.\d{1,4}){1,2}$/

function tokens(given: Uint8Array): RangeFault | undefined {
  if (given.length % limits.TEXT_TOKEN_BYTES !== 0) return field('tokens must have 8 bytes each.')
  return range('tokens', given.length / limits.TEXT_TOKEN_BYTES, 0, limits.TEXT_TOKENS_MAX)
}
