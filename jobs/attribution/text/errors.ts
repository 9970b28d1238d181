import { TallyError } from '../../../schemas/errors.ts'

export class DictionaryFullError extends TallyError {
  override readonly code = 'TEXT_DICTIONARY_FULL'
  constructor(facts: { words: number }) {
    super(`The dictionary holds ${facts.words} words, as many as it may.`, {
      facts,
      hint: 'Texts of so many different words are hardly language. Leave out what is none, or keep two corpora.',
    })
  }
}

export class ShardTooLargeError extends TallyError {
  override readonly code = 'TEXT_SHARD_TOO_LARGE'
  constructor(facts: { tokens: number; limit: number }) {
    super(`A shard of ${facts.tokens} tokens was asked for; it holds at most ${facts.limit}.`, {
      facts,
      hint: 'Divide the documents over several shards: what they come to is the same.',
    })
  }
}

export class SuffixThreadError extends TallyError {
  override readonly code = 'TEXT_SUFFIX_THREAD_FAILED'
  constructor(facts: { reason: string }) {
    super(`Sorting the suffixes of a shard failed: ${facts.reason}.`, {
      facts,
      retriable: true,
      hint: 'Nothing was changed. If memory ran out, use smaller shards.',
    })
  }
}

export class CorpusTooLargeError extends TallyError {
  override readonly code = 'TEXT_CORPUS_TOO_LARGE'
  constructor(facts: { tokens: number; limit: number }) {
    super(`A corpus of ${facts.tokens} tokens is too large for exact scores; it may have ${facts.limit}.`, {
      facts,
      hint: 'Score against parts of it that belong to different models.',
    })
  }
}

export class VoteThreadError extends TallyError {
  override readonly code = 'TEXT_SCORE_THREAD_FAILED'
  constructor(facts: { reason: string }) {
    super(`A thread that scores outputs failed: ${facts.reason}.`, {
      facts,
      retriable: true,
      hint: 'Nothing was changed. If memory ran out, use fewer threads.',
    })
  }
}
