import { describe, expect, test } from '@jest/globals'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { keptDocuments } from '../../jobs/attribution/text/kept-documents.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'

/** The tokenizer alone is given 10 MB: text-tokenizer.test.ts. */
const UNITS = 500_000
const [DOCUMENT_TIMES, OUTPUT_TIMES] = [60_000, 20_000]

/** Everything that is found and scored. */
async function answersTo(documents: readonly string[], text: string) {
  const { isKept, duplicates } = keptDocuments(documents)
  const dictionary = new Dictionary()
  const tokens = documents.map((each) => dictionary.encode(tokenise(each)))
  const numbered = tokens.map((each, document) => ({ document, tokens: each })).filter((_, at) => isKept[at])
  const arrays = await buildShard(numbered.map((each) => each.tokens))
  const shards = [
    new Shard(
      arrays,
      Int32Array.from(numbered, ({ document }) => document),
    ),
  ]
  const output = dictionary.lookUp(tokenise(text))
  const vote = suffixVote(shards, output)
  const scores = mixed(vote, new Bm25(numbered).score(output))
  const spans = new SpanSearch(shards, output).spans()
  return { spans, scored: [...scores.keys()].sort((a, b) => a - b), duplicates: duplicates.length }
}

describe('bad input, from the text to the scores', () => {
  const document = 'the quick brown fox jumps over the lazy dog'
  test.each([
    ['an empty output', [document], '', { spans: [], scored: [] }],
    ['an output of spaces', [document], ' \n\t\u00a0\ufeff', { spans: [], scored: [] }],
    ['no document at all', [], document, { spans: [], scored: [] }],
    ['empty documents', ['', ' ', document], document, { spans: [{ start: 0, end: 9, count: 1 }], scored: [2] }],
    ['lone surrogates', ['a \ud800 b'], 'a \udfff b', { spans: [{ start: 0, end: 3, count: 1 }], scored: [0] }],
    [
      'other marks over the same letter',
      ['caf\u00e9 noir'],
      'cafe\u0301 noir',
      { spans: [{ start: 0, end: 2, count: 1 }], scored: [0] },
    ],
    [
      'right to left',
      ['\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd'],
      '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd',
      { spans: [{ start: 0, end: 2, count: 1 }], scored: [0] },
    ],
    [
      'right to left, marked as such',
      ['\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd'],
      '\u202e\u05e2\u05d5\u05dc\u05dd \u05e9\u05dc\u05d5\u05dd\u202c',
      { spans: [], scored: [] },
    ],
    ['look-alike letters', ['pay pal now'], 'p\u0430y p\u0430l now', { spans: [], scored: [] }],
    [
      'the code of the separator',
      ['end\u0000start', 'end', 'start'],
      'end\u0000start end start',
      { spans: [{ start: 0, end: 3, count: 1 }], scored: [0] },
    ],
    [
      'words of the end of one and the start of the next document',
      ['one two', 'three four'],
      'two three',
      { spans: [], scored: [] },
    ],
  ])('%s', async (_, documents, output, expected) => {
    expect(await answersTo(documents, output)).toMatchObject(expected)
  })

  test('a token of half a million letters, in a document and in an output', async () => {
    const long = 'x'.repeat(UNITS)
    expect(await answersTo([`before ${long} after`, 'before after'], `before ${long} after`)).toMatchObject({
      spans: [{ start: 0, end: 3, count: 1 }],
      scored: [0],
    })
  })

  test('one token over and over, in documents and in an output, takes no square of its length', async () => {
    const { spans, scored } = await answersTo(
      ['la '.repeat(DOCUMENT_TIMES), 'la la la la la la'],
      'la '.repeat(OUTPUT_TIMES),
    )
    expect(spans).toEqual([{ start: 0, end: OUTPUT_TIMES, count: DOCUMENT_TIMES - OUTPUT_TIMES + 1 }])
    // What stands in so many places is nobody's.
    expect(scored).toEqual([])
  })

  test('half a million marks on one letter, where sorting them by their square would not end', async () => {
    const marked = `a${'\u0301\u0316'.repeat(UNITS / 2)} b`
    expect(await answersTo([marked, marked], marked)).toMatchObject({
      spans: [{ start: 0, end: 2, count: 1 }],
      scored: [0],
      duplicates: 1,
    })
  })
})
