import { describe, expect, test } from '@jest/globals'
import { TextLab } from '../../bench/gates/text/lab.ts'
import { measureTexts, TEXT_GATES } from '../../bench/gates/text/measure-texts.ts'
import { type TextRule, textMix } from '../../bench/gates/text/rule.ts'
import { jumping, readSource } from '../../bench/text/corpus.ts'
import { benchTextSpeed } from '../../bench/text/speed.ts'
import { Xoshiro128 } from '../../extractors/random.ts'

const SMALL = { outputs: 2, contributors: 10 }
/** What a contributor makes of its own documents without writing anything. */
const STUFFING = ['exact copies of its own', 'near copies of its own that are found', 'cut into pieces']

async function measured(rule: TextRule, names: readonly string[]) {
  const gates = TEXT_GATES.filter(({ name }) => names.includes(name))
  const found = await measureTexts({ rule, gates, seed: 3, dealings: ['alike'], size: SMALL })
  return Object.fromEntries(gates.map(({ name }) => [name, found[name]![0]!.measured]))
}

describe('gates of text', () => {
  test('have names of their own', () => {
    expect(new Set(TEXT_GATES.map(({ name }) => name)).size).toBe(TEXT_GATES.length)
  })

  test('stuffing copies and cutting documents gains at most a twentieth by the mix', async () => {
    const gains = await measured(textMix, STUFFING)
    expect(Object.keys(gains)).toEqual(STUFFING)
    for (const name of STUFFING) expect({ name, isSmall: gains[name]! <= 1.05 }).toEqual({ name, isSmall: true })
  })

  test('a copier gets nothing, takes nothing, and junk letters earn nothing', async () => {
    const names = ['copied text, what the copier gets', 'copied text, what is taken from its author', 'junk letters']
    const found = await measured(textMix, names)
    expect(found[names[0]!]).toBe(0)
    expect(found[names[1]!]).toBeCloseTo(0, 9)
    expect(found[names[2]!]).toBeLessThan(0.01)
  })

  test('a rule that pays by the amount of text is found out', async () => {
    const careless: TextRule = {
      name: 'careless',
      async pay(contributions, _, contributors) {
        const parts = new Float64Array(contributors)
        const total = contributions.reduce((sum, { text }) => sum + text.length, 0)
        for (const { contributor, text } of contributions) parts[contributor]! += text.length / total
        return parts
      },
    }
    const names = [STUFFING[0]!, 'junk letters', 'split into five names']
    const found = await measured(careless, names)
    expect(found[names[0]!]).toBeGreaterThan(1.15)
    expect(found[names[1]!]).toBeGreaterThan(0.15)
    expect(found[names[2]!]).toBeCloseTo(1, 1)
  })

  test('deal the same world for a seed, and hold out what is sold', () => {
    const [one, again, other] = [1, 1, 2].map((seed) => new TextLab(textMix, 'by author', seed, SMALL))
    expect(again!.outputs).toEqual(one!.outputs)
    expect(other!.outputs).not.toEqual(one!.outputs)
    expect(one!.texts.flat().filter((text) => text.includes(one!.outputs[0]!))).toEqual([])
  })
})

describe('the speed bench of text', () => {
  const source = readSource(undefined)

  test('walks from word to word as its source does', () => {
    const walk = jumping(source, 3_000, Xoshiro128.fromSeed(1))
    expect(jumping(source, 3_000, Xoshiro128.fromSeed(1))).toEqual(walk)
    const pairs = new Set(Array.from(source.tokens, (token, at) => `${source.tokens[at - 1]} ${token}`))
    const steps = Array.from(walk, (token, at) => `${walk[at - 1]} ${token}`).slice(1)
    // Where a text of the source ended the walk goes on anywhere.
    expect(steps.filter((step) => !pairs.has(step)).length).toBeLessThan(steps.length / 100)
    expect(walk.includes(0)).toBe(false)
  })

  test('measures everything of a small corpus', async () => {
    const random = Xoshiro128.fromSeed(1)
    const given = { tokens: 20_000, source, random, threads: 1, outputs: 5, peers: { missing: 'not asked' } }
    const found = await benchTextSpeed({ ...given, onProgress: () => undefined })
    expect(found).toMatchObject({ tokens: 20_000, documents: 143, shards: 1 })
    expect(found.bytes_per_token).toBeCloseTo(8 * (1 + 143 / 20_000) + (8 * 143 + 4) / 20_000, 6)
    expect(found.peers).toBeUndefined()
    for (const { p50_ms, p95_ms } of [found.spans, found.spansAndPlaces, found.suffixVote, found.bm25, found.mix])
      expect(p95_ms).toBeGreaterThanOrEqual(p50_ms)
  })
})
