import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { ilog2Q16 } from '../../jobs/attribution/text/ilog2.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import { textBytes } from '../../schemas/text/text-tokens.ts'
import { TOKENIZER, tokenise, wordsOf } from '../../schemas/text/tokenizer.ts'
import { readVectors } from '../anchor/vectors.ts'

type Scores = Readonly<Record<string, number>>

interface Vectors {
  readonly tokenizer: string
  readonly tokens: readonly {
    name: string
    text: string
    words: string[]
    kept: string[]
    bytes: string
    shingles: string
  }[]
  /** Of the tokens' bytes, hex. */
  readonly salt: string
  readonly ilog2Q16: readonly [x: number, q: number][]
  readonly corpora: readonly {
    readonly name: string
    readonly documents: readonly string[]
    readonly contributors: readonly number[]
    readonly outputs: readonly {
      readonly text: string
      readonly spans: readonly { start: number; end: number; count: number; places: [number, number][] }[]
      readonly suffixVote: Scores
      readonly bm25: Scores
      readonly mix: Scores
      readonly suffixVoteByContributor: Scores
      readonly bm25ByContributor: Scores
      readonly mixByContributor: Scores
    }[]
  }[]
}

const vectors = readVectors<Vectors>('text.json')
const plain = (scores: ReadonlyMap<number, number>): Scores => Object.fromEntries(scores)

test('golden vectors of text are of this tokenizer', () => {
  expect(vectors.tokenizer).toBe(TOKENIZER.name)
})

test.each(vectors.tokens)('tokens, golden vectors: $name', ({ text, words, kept }) => {
  expect(wordsOf(tokenise(text))).toEqual(words)
  const dictionary = new Dictionary()
  dictionary.encode(tokenise(text))
  expect(dictionary.words).toEqual([...new Set(kept)])
})

test.each(vectors.tokens)('what a record says of a text, golden vectors: $name', ({ text, bytes, shingles }) => {
  const salt = Buffer.from(vectors.salt, 'hex')
  const said = textBytes(text, salt)
  expect(Buffer.from(said.tokens).toString('hex')).toBe(bytes)
  expect(createHash('sha256').update(said.shingles).digest('hex')).toBe(shingles)
})

test.each(vectors.ilog2Q16)('65,536 · log2 of %i, golden vectors', (x, q) => {
  expect(ilog2Q16(x)).toBe(q)
})

describe.each(vectors.corpora)('golden vectors: $name', ({ documents, contributors, outputs }) => {
  test.each(outputs.map((each) => [each.text.slice(0, 30), each] as const))('output “%s”', async (_, expected) => {
    const dictionary = new Dictionary()
    const tokens = documents.map((text) => dictionary.encode(tokenise(text)))
    const shards = [new Shard(await buildShard(tokens), Int32Array.from(tokens.keys()))]
    const output = dictionary.lookUp(tokenise(expected.text))
    const search = new SpanSearch(shards, output)
    const spans = search.spans().map((span) => ({
      ...span,
      places: search.places(span).flatMap(({ document, positions }) => positions.map((at) => [document, at])),
    }))
    expect(spans).toEqual(expected.spans)

    const numbered = tokens.map((each, document) => ({ document, tokens: each }))
    const contributorOf = (document: number) => contributors[document]!
    const [vote, words] = [suffixVote(shards, output), new Bm25(numbered).score(output)]
    expect(plain(vote)).toEqual(expected.suffixVote)
    expect(plain(words)).toEqual(expected.bm25)
    expect(plain(mixed(vote, words))).toEqual(expected.mix)
    const [divided, wordsDivided] = [
      suffixVote(shards, output, contributorOf),
      new Bm25(numbered, contributorOf).score(output),
    ]
    expect(plain(divided)).toEqual(expected.suffixVoteByContributor)
    expect(plain(wordsDivided)).toEqual(expected.bm25ByContributor)
    expect(plain(mixed(divided, wordsDivided, undefined, contributorOf))).toEqual(expected.mixByContributor)
  })
})
