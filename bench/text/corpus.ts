import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSpeeches } from '../../examples/speeches/corpus.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'

/** A walk stays on a text for eight tokens on average before it goes on at another place of the word that it is at. */
const STAY = 8
/** No word: between the texts of the source. */
const END = 0

/** Real text, and where each of its words stands. */
export interface Source {
  readonly tokens: Int32Array
  /** By word, ascending: where its places begin in `places`. */
  readonly starts: Int32Array
  readonly places: Int32Array
  /** Different words, and 1. */
  readonly words: number
}

/** @param folder of .txt files; undefined: the speeches of examples/speeches */
export function readSource(folder: string | undefined): Source {
  const texts =
    folder === undefined
      ? loadSpeeches().map(({ text }) => text)
      : readdirSync(folder)
          .filter((name) => name.endsWith('.txt'))
          .sort()
          .map((name) => readFileSync(join(folder, name), 'utf8'))
  const dictionary = new Dictionary()
  const tokens = Int32Array.from(texts.flatMap((text) => [...dictionary.encode(tokenise(text)), END]))
  const words = dictionary.words.length + 1
  const starts = new Int32Array(words + 1)
  for (const word of tokens) starts[word + 1]!++
  for (let word = 0; word < words; word++) starts[word + 1]! += starts[word]!
  const places = new Int32Array(tokens.length)
  const next = starts.slice()
  for (const [at, word] of tokens.entries()) places[next[word]!++] = at
  return { tokens, starts, places, words }
}

/** Tokens that look like the source, as many as wanted: it is read on from a place, and now and then from another one of the same word. */
export function jumping({ tokens, starts, places }: Source, length: number, random: Xoshiro128): Int32Array {
  const out = new Int32Array(length)
  let at = random.nextInt(tokens.length)
  for (let index = 0; index < length; index++) {
    while (tokens[at] === END) at = random.nextInt(tokens.length)
    const word = tokens[at]!
    out[index] = word
    if (random.nextInt(STAY) === 0) at = places[starts[word]! + random.nextInt(starts[word + 1]! - starts[word]!)]!
    at++
  }
  return out
}
