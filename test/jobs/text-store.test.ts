import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { TextStore } from '../../jobs/attribution/text/store/text-store.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'
import { runs } from '../support/random-runs.ts'
import { bruteSpans } from './support/brute-spans.ts'

const KILLED = new Error('killed')

let root: string
let folders = 0
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tallystick-text-store-'))
})
afterAll(() => rmSync(root, { recursive: true }))
const newFolder = () => join(root, String(folders++))

/** Everything that is found and scored for some outputs. */
function answersOf(dictionary: Dictionary, shards: readonly Shard[], outputs: readonly string[]) {
  return outputs.map((text) => {
    const output = dictionary.lookUp(tokenise(text))
    const search = new SpanSearch(shards, output)
    const spans = search.spans().map((span) => ({ ...span, documents: search.places(span) }))
    return { spans, vote: [...suffixVote(shards, output)].sort(([a], [b]) => a - b) }
  })
}

/** The same of these documents: spans by looking everywhere, scores in one shard in memory. */
async function expectedAnswers(documents: ReadonlyMap<number, string>, outputs: readonly string[]) {
  const dictionary = new Dictionary()
  const tokens = [...documents.values()].map((text) => dictionary.encode(tokenise(text)))
  const shards = [new Shard(await buildShard(tokens), Int32Array.from(documents.keys()))]
  const words = new Map([...documents.keys()].map((number, at) => [number, [...tokens[at]!]]))
  return answersOf(dictionary, shards, outputs).map(({ vote }, at) => ({
    spans: bruteSpans(words, [...dictionary.lookUp(tokenise(outputs[at]!))]),
    vote,
  }))
}

const sentence = fc
  .array(fc.constantFrom('a', 'b', 'c', ',', 'x'.repeat(300)), { maxLength: 14 })
  .map((each) => each.join(' '))
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(sentence, { minLength: 1, maxLength: 4 }).map((texts) => ({ does: 'append' as const, texts })),
  },
  {
    weight: 2,
    arbitrary: fc.array(fc.nat(), { maxLength: 3 }).map((chosen) => ({ does: 'withdraw' as const, chosen })),
  },
  { weight: 1, arbitrary: fc.constant({ does: 'compact' as const }) },
)
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

/** Does a step in the store, and the same in the documents that it should hold. */
async function perform(store: TextStore, each: Step, documents: Map<number, string>): Promise<void> {
  if (each.does === 'append') {
    const numbers = await store.append(each.texts)
    for (const [at, number] of numbers.entries()) documents.set(number, each.texts[at]!)
  } else if (each.does === 'withdraw') {
    const chosen = store.documents === 0 ? [] : each.chosen.map((number) => number % store.documents)
    await store.withdraw(chosen)
    for (const number of chosen) documents.delete(number)
  } else await store.compact()
}

describe('a text store', () => {
  test('holds what was appended and not withdrawn, through compactions and openings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.array(sentence, { maxLength: 3 }),
        async (steps, outputs) => {
          const folder = newFolder()
          const documents = new Map<number, string>()
          const store = await TextStore.open(folder)
          for (const each of steps) {
            await perform(store, each, documents)
            expect(answersOf(store.dictionary, store.shards, outputs)).toEqual(
              await expectedAnswers(documents, outputs),
            )
          }
          const again = await TextStore.open(folder)
          expect(answersOf(again.dictionary, again.shards, outputs)).toEqual(await expectedAnswers(documents, outputs))
          expect(again.documents).toBe(store.documents)
        },
      ),
      runs(40),
    )
  })

  test('killed before any write is what it was before the step or after it, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        step,
        fc.array(sentence, { minLength: 1, maxLength: 2 }),
        async (steps, last, outputs) => {
          const prepared = newFolder()
          const before = new Map<number, string>()
          const store = await TextStore.open(prepared)
          for (const each of steps) await perform(store, each, before)
          const after = new Map(before)
          let kills = 0
          for (let isKilled = true; isKilled; kills++) {
            const folder = newFolder()
            cpSync(prepared, folder, { recursive: true })
            let left = kills
            const dying = await TextStore.open(folder, () => {
              if (left-- === 0) throw KILLED
            })
            isKilled = await perform(dying, last, after).then(
              () => false,
              (error) => {
                expect(error).toBe(KILLED)
                return true
              },
            )
            const left_behind = await TextStore.open(folder)
            const answers = answersOf(left_behind.dictionary, left_behind.shards, outputs)
            if (isKilled && last.does !== 'compact') expect(answers).toEqual(await expectedAnswers(before, outputs))
            else expect(answers).toEqual(await expectedAnswers(after, outputs))
            const rest = new Map(isKilled ? before : after)
            await perform(left_behind, { does: 'append', texts: ['a b c', 'c b a'] }, rest)
            expect(answersOf(left_behind.dictionary, left_behind.shards, outputs)).toEqual(
              await expectedAnswers(rest, outputs),
            )
          }
        },
      ),
      runs(20),
    )
  })

  test('removes what is half built, and cuts off words that nothing counts', async () => {
    const folder = newFolder()
    await (await TextStore.open(folder)).append(['to be or not to be'])
    mkdirSync(join(folder, 'shard-7.partial'))
    writeFileSync(join(folder, 'shard-7.partial', 'tokens.i32'), 'half')
    mkdirSync(join(folder, 'shard-1'))
    writeFileSync(join(folder, 'manifest.json.partial'), '{"form')
    appendFileSync(join(folder, 'words.txt'), 'half a wo')
    const store = await TextStore.open(folder)
    expect(readdirSync(folder).filter((name) => name.startsWith('shard'))).toEqual(['shard-0'])
    await store.append(['be it so'])
    const again = await TextStore.open(folder)
    expect(again.dictionary.words).toEqual(['to', 'be', 'or', 'not', 'it', 'so'])
  })

  test('is not opened when a byte of it was changed', async () => {
    const folder = newFolder()
    await (await TextStore.open(folder)).append(['to be or not to be'])
    const file = join(folder, 'shard-0', 'sa.i32')
    const bytes = readFileSync(file)
    bytes[0]! ^= 1
    writeFileSync(file, bytes)
    await expect(TextStore.open(folder)).rejects.toMatchObject({ code: 'TEXT_SHARD_DAMAGED', facts: { file } })
    writeFileSync(join(folder, 'manifest.json'), '{"format":1,"tokenizer":{"name":"text/words@0"}}')
    await expect(TextStore.open(folder)).rejects.toMatchObject({ code: 'TEXT_SHARD_DAMAGED' })
  })

  test('becomes fewer shards as it grows, and forgets what was withdrawn', async () => {
    const store = await TextStore.open(newFolder())
    for (let at = 0; at < 16; at++) {
      await store.append([`one two three four five six ${at}`])
      await store.compact()
    }
    expect(store.shards).toHaveLength(1)
    await store.withdraw([0, 1, 2])
    expect(await store.compact()).toBe(1)
    expect([...store.shards[0]!.documents]).toHaveLength(13)
    await store.withdraw([...Array(16).keys()])
    await store.compact()
    expect(store.shards).toHaveLength(0)
    await expect(store.withdraw([16])).rejects.toMatchObject({ code: 'TEXT_UNKNOWN_DOCUMENT' })
  })
})
