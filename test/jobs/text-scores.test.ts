import { readdirSync, readFileSync } from 'node:fs'
import { BIGINT, LIST, listValue } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { Dictionary, UNKNOWN_WORD } from '../../jobs/attribution/text/dictionary.ts'
import { ilog2Q16 } from '../../jobs/attribution/text/ilog2.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'
import { runs } from '../support/random-runs.ts'

const LOGARITHMS = 4_000
const OUTPUTS = 10
/** Copies are not taken out here: near-duplicates are found before anything is scored for pay. */
const GAIN_MAX = 1.1
const CONTRIBUTORS = 3
const LIST_OF = LIST(BIGINT)
const specified = (name: string) =>
  readSql(new URL(`../../jobs/attribution/text/specification/${name}.sql`, import.meta.url))

let database: Database
let close: () => void
beforeAll(async () => {
  ;({ database, close } = await temporaryDatabase())
  await database.run('CREATE TEMP TABLE ilog2 (x BIGINT, q16 BIGINT)')
  const rows = Array.from({ length: LOGARITHMS }, (_, at) => [BigInt(at + 1), BigInt(ilog2Q16(at + 1))])
  await database.append('ilog2', [BIGINT, BIGINT], rows)
})
afterAll(() => close())

interface Corpus {
  readonly documents: readonly (readonly number[])[]
  readonly contributors: readonly number[] | undefined
  readonly output: readonly number[]
  readonly shards: number
}

const words = (greatest: number, maxLength: number) => fc.array(fc.integer({ min: 1, max: greatest }), { maxLength })
const corpora: fc.Arbitrary<Corpus> = fc.integer({ min: 1, max: 6 }).chain((greatest) =>
  fc
    .record({
      // More than ten places of a gram now and then, and fewer of others.
      documents: fc.array(fc.oneof({ weight: 9, arbitrary: words(greatest, 20) }, words(2, 250)), { maxLength: 9 }),
      output: fc.array(
        fc.oneof({ weight: 15, arbitrary: fc.integer({ min: 1, max: greatest }) }, fc.constant(UNKNOWN_WORD)),
        { maxLength: 25 },
      ),
      shards: fc.integer({ min: 1, max: 3 }),
      isTold: fc.boolean(),
    })
    .map(({ documents, isTold, ...rest }) => ({
      ...rest,
      documents,
      contributors: isTold ? documents.map((_, at) => Math.imul(at, 7) % CONTRIBUTORS) : undefined,
    })),
)

async function write({ documents, contributors, output }: Corpus): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE document (document BIGINT, contributor BIGINT, words BIGINT[])')
  await database.run('CREATE OR REPLACE TEMP TABLE output (words BIGINT[])')
  const list = (each: readonly number[]) => listValue(each.map(BigInt))
  const rows = documents.map((each, at) => [BigInt(at), BigInt(contributors?.[at] ?? 0), list(each)])
  await database.append('document', [BIGINT, BIGINT, LIST_OF], rows)
  await database.append('output', [LIST_OF], [[list(output)]])
}

async function specifiedScores(
  name: string,
  values: Record<string, number | boolean> = {},
): Promise<[number, number][]> {
  const rows = await database.all<{ document: bigint; score: bigint }>(specified(name), values)
  return rows.map(({ document, score }) => [Number(document), Number(score)])
}

const inOrder = (scores: ReadonlyMap<number, number>) => [...scores].sort(([a], [b]) => a - b)

async function shardsOf({ documents, shards }: Corpus, count = shards): Promise<Shard[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const numbers = [...documents.keys()].filter((number) => number % count === index)
      const arrays = await buildShard(numbers.map((number) => Int32Array.from(documents[number]!)))
      return new Shard(arrays, Int32Array.from(numbers))
    }),
  )
}

describe('text scores are those of the SQL that specifies them', () => {
  test('suffix-vote, BM25 and their mix, with contributors and without', async () => {
    await fc.assert(
      fc.asyncProperty(corpora, async (corpus) => {
        await write(corpus)
        const output = Int32Array.from(corpus.output)
        const { contributors } = corpus
        const contributorOf = contributors === undefined ? undefined : (document: number) => contributors[document]!
        const vote = suffixVote(await shardsOf(corpus), output, contributorOf)
        expect(inOrder(vote)).toEqual(await specifiedScores('suffix-vote'))

        const documents = corpus.documents.map((each, document) => ({ document, tokens: Int32Array.from(each) }))
        const bm25 = new Bm25(documents, contributorOf).score(output)
        expect(inOrder(bm25)).toEqual(await specifiedScores('bm25', { divided: contributors !== undefined }))

        await database.run(
          'CREATE OR REPLACE TEMP TABLE channel (document BIGINT, contributor BIGINT, suffix_vote BIGINT, bm25 BIGINT)',
        )
        const rows = documents.map(({ document }) =>
          [document, contributorOf?.(document) ?? document, vote.get(document) ?? 0, bm25.get(document) ?? 0].map(
            BigInt,
          ),
        )
        await database.append('channel', [BIGINT, BIGINT, BIGINT, BIGINT], rows)
        const weights = { suffixVote: 30, bm25: 70 }
        expect(inOrder(mixed(vote, bm25, weights, contributorOf))).toEqual(
          await specifiedScores('mix', { suffix_vote: 30, bm25: 70 }),
        )
      }),
      runs(50),
    )
  })
})

describe('suffix-vote', () => {
  test('is the same over one shard and ten, and knows nothing of withdrawn documents', async () => {
    await fc.assert(
      fc.asyncProperty(corpora, fc.nat(), async (corpus, gone) => {
        const output = Int32Array.from(corpus.output)
        const ten = await shardsOf(corpus, 10)
        expect(inOrder(suffixVote(ten, output))).toEqual(inOrder(suffixVote(await shardsOf(corpus, 1), output)))

        const withdrawn = gone % Math.max(1, corpus.documents.length)
        for (const shard of ten)
          await shard.withdraw([...shard.documents.keys()].filter((place) => shard.documents[place] === withdrawn))
        const numbers = [...corpus.documents.keys()].filter((number) => number !== withdrawn)
        const rest = await buildShard(numbers.map((number) => Int32Array.from(corpus.documents[number]!)))
        const expected = suffixVote([new Shard(rest, Int32Array.from(numbers))], output)
        expect(inOrder(suffixVote(ten, output))).toEqual(inOrder(expected))
      }),
      runs(50),
    )
  })

  test('gives nothing for nothing', async () => {
    const shards = await shardsOf({ documents: [], contributors: undefined, output: [], shards: 1 })
    expect(suffixVote(shards, Int32Array.from([UNKNOWN_WORD, UNKNOWN_WORD])).size).toBe(0)
    expect(suffixVote([], new Int32Array(0)).size).toBe(0)
    expect(new Bm25([]).score(Int32Array.from([1])).size).toBe(0)
    expect(mixed(new Map(), new Map()).size).toBe(0)
  })
})

describe('where contributors are told apart', () => {
  test('cutting documents into parts, or stuffing them with copies of themselves, gains at most a tenth before copies are taken out', async () => {
    const folder = new URL('../../docs/', import.meta.url)
    const dictionary = new Dictionary()
    const pages = readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => dictionary.encode(tokenise(readFileSync(new URL(name, folder), 'utf8'))))
    const adrs = readdirSync(new URL('adr/', folder)).map((name) =>
      readFileSync(new URL(`adr/${name}`, folder), 'utf8'),
    )
    const outputs = adrs.slice(0, OUTPUTS).map((text) => dictionary.lookUp(tokenise(text)))
    const attacks: readonly ((page: Int32Array) => readonly Int32Array[])[] = [
      (page) =>
        Array.from({ length: 10 }, (_, at) => page.subarray((at * page.length) / 10, ((at + 1) * page.length) / 10)),
      (page) => [page, page, page],
      (page) => [Int32Array.from([...page, ...page])],
    ]
    const honest = await earned(
      pages.map((page) => [page]),
      outputs,
    )
    for (const [at, attack] of attacks.entries())
      for (const attacker of [0, 3]) {
        const attacked = await earned(
          pages.map((page, index) => (index === attacker ? attack(page) : [page])),
          outputs,
        )
        const gain = attacked[attacker]! / honest[attacker]!
        expect({ at, attacker, gain, isSmall: gain <= GAIN_MAX }).toMatchObject({ isSmall: true })
      }
  })
})

/** What each contributor gets of the mix for all outputs together. */
async function earned(contributions: readonly (readonly Int32Array[])[], outputs: readonly Int32Array[]) {
  const documents = contributions.flatMap((parts, contributor) => parts.map((tokens) => ({ contributor, tokens })))
  const shard = new Shard(await buildShard(documents.map(({ tokens }) => tokens)), Int32Array.from(documents.keys()))
  const contributorOf = (document: number) => documents[document]!.contributor
  const bm25 = new Bm25(
    documents.map(({ tokens }, document) => ({ document, tokens })),
    contributorOf,
  )
  const sums = new Float64Array(contributions.length)
  for (const output of outputs) {
    const scores = mixed(suffixVote([shard], output, contributorOf), bm25.score(output), undefined, contributorOf)
    for (const [document, score] of scores) sums[contributorOf(document)]! += score
  }
  return sums
}

describe('logarithms in whole numbers', () => {
  test('are the floors of the exact ones', () => {
    const x = fc.oneof(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 0, max: 31 }).map((power) => 2 ** power),
    )
    fc.assert(
      fc.property(x, (x) => {
        // The power's length in bits, less one.
        const exact = (BigInt(x) ** 65_536n).toString(16)
        const bits = 4 * (exact.length - 1) + Math.floor(Math.log2(Number.parseInt(exact[0]!, 16)))
        expect(ilog2Q16(x)).toBe(bits)
      }),
      runs(60),
    )
  })
})
