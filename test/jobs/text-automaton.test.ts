import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'
import { SuffixAutomaton } from './support/suffix-automaton.ts'

const DOCS = new URL('../../docs/', import.meta.url)
const OUTPUTS = 8
const SHARDS = 3

/** The pages of this house: real text, some of it repeated from page to page. */
function pages(): string[] {
  const below = (folder: string) =>
    readdirSync(new URL(folder, DOCS))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => readFileSync(new URL(`${folder}${name}`, DOCS), 'utf8'))
  return [...below(''), ...below('adr/')]
}

/**
 * Maximal spans by the automaton of the documents, run over the output: a longest match that ends at a place is a span unless the one
 * that ends at the next place begins where it does.
 */
function spansByAutomaton(automaton: SuffixAutomaton, output: Int32Array) {
  const lengths = automaton.longestEnding(output)
  return [...lengths.entries()].flatMap(([last, length]) => {
    const isExtended = last + 1 < lengths.length && lengths[last + 1]! === length + 1
    return length < 2 || isExtended ? [] : [{ start: last + 1 - length, end: last + 1 }]
  })
}

describe('maximal spans of real text', () => {
  test('are those of a suffix automaton, each text among all others, in one shard and in three', async () => {
    const texts = pages()
    const dictionary = new Dictionary()
    const documents = texts.map((text) => dictionary.encode(tokenise(text)))
    for (let held = 0; held < OUTPUTS; held++) {
      const output = documents[held]!.slice(0, 2_000)
      const numbers = [...documents.keys()].filter((number) => number !== held)
      const automaton = new SuffixAutomaton(numbers.flatMap((number) => [...documents[number]!, 0]))
      const expected = spansByAutomaton(automaton, output)
      expect(expected.length).toBeGreaterThan(10)
      for (const count of [1, SHARDS]) {
        const shards = await Promise.all(
          Array.from({ length: count }, async (_, index) => {
            const dealt = numbers.filter((_, at) => at % count === index)
            return new Shard(await buildShard(dealt.map((number) => documents[number]!)), Int32Array.from(dealt))
          }),
        )
        const spans = new SpanSearch(shards, output).spans()
        expect(spans.map(({ start, end }) => ({ start, end }))).toEqual(expected)
      }
    }
  })
})
