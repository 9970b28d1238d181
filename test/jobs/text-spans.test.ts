import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { UNKNOWN_WORD } from '../../jobs/attribution/text/dictionary.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { runs } from '../support/random-runs.ts'
import { bruteSpans } from './support/brute-spans.ts'

/** Documents dealt over shards, as their numbers say. */
async function shardsOf(documents: readonly (readonly number[])[], shards: number): Promise<Shard[]> {
  return Promise.all(
    Array.from({ length: shards }, async (_, index) => {
      const numbers = [...documents.keys()].filter((number) => number % shards === index)
      const arrays = await buildShard(numbers.map((number) => Int32Array.from(documents[number]!)))
      return new Shard(arrays, Int32Array.from(numbers))
    }),
  )
}

const found = (shards: readonly Shard[], output: readonly number[]) => {
  const search = new SpanSearch(shards, Int32Array.from(output))
  return search.spans().map((span) => ({ ...span, documents: search.places(span) }))
}

const text = (greatest: number, maxLength: number) => fc.array(fc.integer({ min: 1, max: greatest }), { maxLength })
const corpus = fc.integer({ min: 1, max: 4 }).chain((greatest) =>
  fc.record({
    documents: fc.array(text(greatest, 14), { maxLength: 7 }),
    outputs: fc.array(
      fc.array(fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: greatest }) }, fc.constant(UNKNOWN_WORD)), {
        maxLength: 18,
      }),
      { minLength: 3, maxLength: 3 },
    ),
    shards: fc.integer({ min: 1, max: 3 }),
    withdrawn: fc.array(fc.nat(), { maxLength: 3 }),
  }),
)

describe('maximal spans', () => {
  test('are those of looking everywhere, with every place, in any number of shards, before and after withdrawals', async () => {
    await fc.assert(
      fc.asyncProperty(corpus, async ({ documents, outputs, shards: count, withdrawn }) => {
        const shards = await shardsOf(documents, count)
        const all = new Map(documents.entries())
        for (const output of outputs) expect(found(shards, output)).toEqual(bruteSpans(all, output))
        const gone = new Set(withdrawn.map((each) => each % Math.max(1, documents.length)))
        for (const shard of shards)
          await shard.withdraw([...shard.documents.keys()].filter((place) => gone.has(shard.documents[place]!)))
        const left = new Map([...all].filter(([number]) => !gone.has(number)))
        for (const output of outputs) expect(found(shards, output)).toEqual(bruteSpans(left, output))
      }),
      // Each is six outputs: more than 10,000 cases.
      runs(1_700),
    )
  })

  test('of an output that is a long copy, and of one token repeated, are found without looking at each pair of tokens', async () => {
    const document = Array.from({ length: 20_000 }, (_, at) => 1 + (Math.imul(at, at + 7) >>> 9))
    const shards = await shardsOf([document, new Array(20_000).fill(1), new Array(20_001).fill(1)], 1)
    expect(found(shards, [...document, UNKNOWN_WORD, ...document])).toMatchObject([
      { start: 0, end: 20_000, count: 1 },
      { start: 20_001, end: 40_001, count: 1 },
    ])
    const repeated = new Array(30_000).fill(1)
    const search = new SpanSearch(shards, Int32Array.from(repeated))
    expect(search.spans()).toHaveLength(10_000)
    expect(found(shards, repeated.slice(0, 18_000))).toMatchObject([{ start: 0, end: 18_000, count: 4_003 }])
    await shards[0]!.withdraw([2])
    expect(new SpanSearch(shards, Int32Array.from(repeated)).spans()).toHaveLength(10_001)
    expect(found(shards, repeated.slice(0, 18_000))).toMatchObject([{ start: 0, end: 18_000, count: 2_001 }])
  })

  test('that are long are those of looking everywhere', async () => {
    const period = fc.record({
      part: text(3, 9),
      times: fc.integer({ min: 1, max: 40 }),
      rest: text(3, 5),
    })
    const long = fc
      .array(period, { minLength: 1, maxLength: 3 })
      .map((parts) =>
        parts.flatMap(({ part, times, rest }) => [...Array.from({ length: times }, () => part).flat(), ...rest]),
      )
    await fc.assert(
      fc.asyncProperty(fc.array(long, { minLength: 1, maxLength: 3 }), long, async (documents, output) => {
        const kept = output.slice(0, 100)
        const shards = await shardsOf(documents, 2)
        const all = new Map(documents.entries())
        expect(found(shards, kept)).toEqual(bruteSpans(all, kept))
        await shards[0]!.withdraw([0])
        all.delete(0)
        expect(found(shards, kept)).toEqual(bruteSpans(all, kept))
      }),
      runs(12),
    )
  })
})
