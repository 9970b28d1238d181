import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { loadSpeeches } from '../../examples/speeches/corpus.ts'
import { NgramModel } from '../../examples/speeches/language-model.ts'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { TextStore } from '../../jobs/attribution/text/store/text-store.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'
import { SuffixAutomaton } from './support/suffix-automaton.ts'

const OUTPUTS = 6
const SHARDS = 10
const WORDS = 400

describe('speeches in a store that was appended to, withdrawn from and compacted', () => {
  const speeches = loadSpeeches()
  const withdrawn = new Set([1, 4, 12])
  let folder: string
  let store: TextStore
  let outputs: readonly string[]
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-text-exact-'))
    store = await TextStore.open(folder)
    // The last three are not in it: outputs are cut from them, and drawn from a model of all.
    const texts = speeches.slice(0, -3).map(({ text }) => text)
    for (const text of texts) {
      await store.append([text])
      if (store.documents === 5) await store.withdraw([1, 4])
      await store.compact()
    }
    await store.withdraw([...withdrawn])
    const model = NgramModel.train(speeches.map(({ text }) => text))
    outputs = [
      ...speeches.slice(-3).map(({ text }) => text.slice(0, 3_000)),
      ...Array.from({ length: OUTPUTS }, (_, seed) => model.generate({ prompt: 'We have', words: WORDS, seed })),
      // A withdrawn one, whose words stand nowhere any more.
      texts[4]!.slice(0, 2_000),
    ]
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What is left, by number. */
  const left = () =>
    speeches.slice(0, -3).flatMap(({ text }, document) => {
      if (withdrawn.has(document)) return []
      return [{ document, tokens: store.dictionary.lookUp(tokenise(text)) }]
    })

  /** The same documents dealt over so many shards. */
  const dealt = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const own = left().filter((_, at) => at % count === index)
        const arrays = await buildShard(own.map(({ tokens }) => tokens))
        return new Shard(
          arrays,
          Int32Array.from(own, ({ document }) => document),
        )
      }),
    )

  test('has the spans of a suffix automaton, each as often as it can be counted', () => {
    const documents = left()
    const automaton = new SuffixAutomaton(documents.flatMap(({ tokens }) => [...tokens, 0]))
    // A separator in front of each, so that no run begins in another one.
    const texts = documents.map(({ tokens }) => ` ${tokens.join(' ')} `)
    for (const text of outputs) {
      const output = store.dictionary.lookUp(tokenise(text))
      const lengths = automaton.longestEnding(output)
      const expected = [...lengths.entries()].flatMap(([last, length]) => {
        const isExtended = last + 1 < lengths.length && lengths[last + 1]! === length + 1
        return length < 2 || isExtended ? [] : [{ start: last + 1 - length, end: last + 1 }]
      })
      const search = new SpanSearch(store.shards, output)
      const spans = search.spans()
      expect(spans.map(({ start, end }) => ({ start, end }))).toEqual(expected)
      for (const span of spans.filter(({ end, start }) => end - start >= 4)) {
        const run = ` ${output.slice(span.start, span.end).join(' ')} `
        const holders = documents.filter((_, at) => texts[at]!.includes(run)).map(({ document }) => document)
        expect(search.places(span).map(({ document }) => document)).toEqual(holders)
        for (const { document, positions } of search.places(span)) {
          const tokens = documents.find((each) => each.document === document)!.tokens
          for (const at of positions)
            expect([...tokens.slice(at, at + span.end - span.start)]).toEqual([...output.slice(span.start, span.end)])
        }
        expect(search.places(span).reduce((sum, { positions }) => sum + positions.length, 0)).toBe(span.count)
      }
    }
  })

  test('has the scores of its documents in one shard, and in ten', async () => {
    const contributorOf = (document: number) =>
      speeches.findIndex(({ author }) => author === speeches[document]!.author)
    const bm25 = new Bm25(left(), contributorOf)
    const [one, ten] = [await dealt(1), await dealt(SHARDS)]
    const inOrder = (scores: ReadonlyMap<number, number>) => [...scores].sort(([a], [b]) => a - b)
    for (const text of outputs) {
      const output = store.dictionary.lookUp(tokenise(text))
      const scores = [store.shards, one, ten].map((shards) => {
        const vote = suffixVote(shards, output, contributorOf)
        return [inOrder(vote), inOrder(mixed(vote, bm25.score(output), undefined, contributorOf))]
      })
      expect(scores[0]![0]!.length).toBeGreaterThan(0)
      expect(scores[1]).toEqual(scores[0])
      expect(scores[2]).toEqual(scores[0])
    }
  })
})
