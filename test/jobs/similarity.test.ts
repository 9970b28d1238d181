import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadDigits } from '../../examples/digits/dataset.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { isNear } from '../../jobs/attribution/similarity/cosine.ts'
import { DenseRows } from '../../jobs/attribution/similarity/dense-rows.ts'
import { Fingerprints } from '../../jobs/attribution/similarity/fingerprints.ts'
import { Images } from '../../jobs/attribution/similarity/images.ts'
import type { Match, Similarity } from '../../jobs/attribution/similarity/similarity.ts'
import { comparePriority, StarClusters } from '../../jobs/attribution/similarity/star-clusters.ts'
import { Texts } from '../../jobs/attribution/similarity/texts.ts'
import { runs } from '../support/random-runs.ts'

const picture = (grey: Uint8Array) => ({ width: 28, height: 28, grey })
const sha256 = (text: string | Uint8Array) => new Uint8Array(createHash('sha256').update(text).digest())

/** Adds what is no duplicate; what was found of each. */
function sweep<Content>(similarity: Similarity<Content>, contents: readonly Content[]): (Match | undefined)[] {
  return contents.map((content, item) => {
    const match = similarity.find(content)
    if (match === undefined) similarity.keep(item)
    return match
  })
}

let digits: readonly Uint8Array[]
beforeAll(async () => {
  const { images } = await loadDigits()
  digits = Xoshiro128.fromSeed('similarity').shuffle([...images])
})

function noisy(grey: Uint8Array, sigma: number, random: Xoshiro128): Uint8Array {
  return grey.map((value) => Math.max(0, Math.min(255, Math.round(value + 255 * sigma * random.gaussian()))))
}

function moved(grey: Uint8Array, dx: number, dy: number, paper = 0): Uint8Array {
  return grey.map((_, at) => {
    const x = (at % 28) - dx
    const y = Math.floor(at / 28) - dy
    return x >= 0 && x < 28 && y >= 0 && y < 28 ? grey[y * 28 + x]! : paper
  })
}

/** Rows with a few strong directions, as features have them. */
function featureRow(random: Xoshiro128, rank: number): Int8Array {
  return Int8Array.from({ length: rank }, (_, at) =>
    Math.max(-63, Math.min(63, Math.round((60 * random.gaussian()) / Math.sqrt(1 + at / 8)))),
  )
}

const WORDS = 'ship wool stick notch silver clerk half king debt tax wood split share count mark hand'.split(' ')
const proseOf = (random: Xoshiro128, words: number) =>
  Array.from({ length: words }, () => WORDS[random.nextInt(WORDS.length)]! + random.nextInt(50)).join(' ')

interface Subject {
  readonly name: string
  /** A measure of contents that it makes itself: `near` a content is another within the threshold. */
  open(options?: { representativesMax: number }): Similarity<never>
  content(random: Xoshiro128): unknown
  near(content: never, random: Xoshiro128): unknown
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'images',
    open: (options) => new Images(options),
    content: (random) => picture(digits[random.nextInt(digits.length)]!),
    near: ({ grey }: { grey: Uint8Array }, random) => picture(noisy(grey, 0.01, random)),
  },
  {
    name: 'texts',
    open: (options) => new Texts(options),
    content: (random) => proseOf(random, 60),
    near: (text: string) => `${text.toUpperCase().replaceAll(' ', ', ')}, and so on.`,
  },
  {
    name: 'dense rows',
    open: (options) => new DenseRows(100, options),
    content: (random) => featureRow(random, 100),
    near: (row: Int8Array, random) => row.map((value) => Math.max(-63, Math.min(63, value + random.nextInt(3) - 1))),
  },
]

describe.each(SUBJECTS)('Similarity: $name', ({ open, content, near }) => {
  const contentsOf = (random: Xoshiro128, count: number) =>
    Array.from({ length: count }, () => content(random)) as never[]

  test('an equal content is always found, and is 1,000,000 millionths', () => {
    const contents = contentsOf(Xoshiro128.fromSeed(1), 100)
    const similarity = open()
    const first = sweep(similarity, contents)
    for (const [item, each] of contents.entries()) {
      const expected = first[item] ?? { representative: item, similarity: 1_000_000 }
      expect(similarity.find(each)).toEqual(expected)
    }
  })

  test('a changed content is found, with less than equality; others are not', () => {
    const random = Xoshiro128.fromSeed(2)
    const contents = contentsOf(random, 60)
    const similarity = open()
    const kept = sweep(similarity, contents).flatMap((match, item) => (match === undefined ? [item] : []))
    expect(kept.length).toBeGreaterThan(55)
    for (const item of kept) {
      const match = similarity.find(near(contents[item]!, random) as never)
      expect(match).toMatchObject({ representative: item })
      expect(match!.similarity).toBeGreaterThan(790_000)
    }
    expect(open().find(contents[0]!)).toBeUndefined()
  })

  test('the earliest of several representatives is found, though a later one is nearer', () => {
    const random = Xoshiro128.fromSeed(3)
    for (let trial = 0; trial < 40; trial++) {
      const one = content(random) as never
      const similarity = open()
      // Both kept, which clusters would not do: so that two are within the threshold.
      for (const [item, each] of [near(one, random) as never, one].entries()) {
        similarity.find(each)
        similarity.keep(item)
      }
      expect(similarity.find(one)).toMatchObject({ representative: 0 })
    }
  })

  test('it holds no more representatives than it may', () => {
    const [a, b] = contentsOf(Xoshiro128.fromSeed(4), 2)
    const similarity = open({ representativesMax: 1 })
    similarity.find(a!)
    similarity.keep(0)
    similarity.find(b!)
    expect(() => similarity.keep(1)).toThrow(expect.objectContaining({ code: 'SIMILARITY_FULL' }))
  })
})

describe('images', () => {
  test('copies that are moved by up to two pixels or noisy are found, and who they are like', () => {
    const random = Xoshiro128.fromSeed(5)
    const images = new Images()
    const kept = sweep(images, digits.slice(0, 200).map(picture)).flatMap((match, item) => (match ? [] : [item]))
    let found = 0
    for (const item of kept) {
      const grey = moved(digits[item]!, random.nextInt(5) - 2, random.nextInt(5) - 2)
      const isWhole =
        grey.reduce((sum, value) => sum + value, 0) === digits[item]!.reduce((sum, value) => sum + value, 0)
      if (isWhole) expect(images.find(picture(grey))).toEqual({ representative: item, similarity: 1_000_000 })
      if (images.find(picture(noisy(grey, 0.05, random)))?.representative === item) found++
    }
    expect(found / kept.length).toBeGreaterThan(0.95)
  })

  test('the index finds what comparing with every representative finds', () => {
    const random = Xoshiro128.fromSeed(6)
    const originals = digits.slice(0, 150)
    const contents = random.shuffle([
      ...originals,
      ...originals.map((grey) => noisy(moved(grey, random.nextInt(5) - 2, random.nextInt(5) - 2), 0.07, random)),
    ])
    const shifts = contents.map(shiftsOf)
    const images = new Images()
    const kept: number[] = []
    let near = 0
    for (const [item, grey] of contents.entries()) {
      const earliest = kept.find((other) => bestCosine(shifts[item]!, shifts[other]!) >= 0.994)
      const match = images.find(picture(grey))
      expect(match?.representative).toBe(earliest)
      if (match !== undefined) {
        near++
        expect(Math.abs(match.similarity / 1e6 - bestCosine(shifts[item]!, shifts[earliest!]!))).toBeLessThan(2e-6)
        continue
      }
      images.keep(item)
      kept.push(item)
    }
    expect(near).toBeGreaterThan(80)
  })

  test('a copy of another size or brightness is found; pictures of one grey are all the same', () => {
    const images = new Images()
    const grey = digits[0]!
    images.find(picture(grey))
    images.keep(0)
    const twice = Uint8Array.from({ length: 56 * 56 }, (_, at) => grey[((at >> 1) % 28) + 28 * Math.floor(at / 112)]!)
    expect(images.find({ width: 56, height: 56, grey: twice })).toEqual({ representative: 0, similarity: 1_000_000 })
    expect(images.find(picture(grey.map((value) => value >> 1)))).toMatchObject({ representative: 0 })
    expect(images.find(picture(new Uint8Array(784)))).toBeUndefined()
    images.keep(1)
    expect(images.find({ width: 3, height: 5, grey: new Uint8Array(15).fill(200) })).toMatchObject({
      representative: 1,
    })
    expect(images.find(picture(digits[1]!))).toBeUndefined()
  })

  test('the earliest is found by whichever shift it is near', () => {
    const images = new Images()
    const grey = digits.find((each) => each.every((value, at) => value === 0 || inside(at)))!
    for (const [item, shift] of [2, -2].entries()) {
      expect(images.find(picture(moved(grey, shift, shift)))).toBeUndefined()
      images.keep(item)
    }
    expect(images.find(picture(grey))).toEqual({ representative: 0, similarity: 1_000_000 })
  })

  test('greys that are no picture are refused', () => {
    for (const wrong of [
      { width: 28, height: 28, grey: new Uint8Array(783) },
      { width: 0, height: 28, grey: new Uint8Array() },
      { width: 2 ** 15, height: 1, grey: new Uint8Array(2 ** 15) },
      { width: 1.5, height: 2, grey: new Uint8Array(3) },
    ])
      expect(() => new Images().find(wrong)).toThrow(expect.objectContaining({ code: 'SIMILARITY_CONTENT_SHAPE' }))
  })
})

/** Whether a pixel is far enough from the border that ink there survives a shift. */
function inside(at: number): boolean {
  return at % 28 >= 4 && at % 28 < 24 && at >= 112 && at < 672
}

/** docs/similarity.md again, plainly: floats, every pair, every shift. The unmoved one is in the middle. */
function shiftsOf(grey: Uint8Array): Float64Array[] {
  const border = [...grey.keys()].filter((at) => at < 28 || at >= 756 || at % 28 === 0 || at % 28 === 27)
  const greys = [...border, 0, 27, 756, 783].map((at) => grey[at]!).sort((a, b) => a - b)
  const moves = [-2, -1, 0, 1, 2]
  return moves.flatMap((dy) => moves.map((dx) => unit(pooled(moved(grey, dx, dy, greys[55]!)))))
}

function bestCosine(query: readonly Float64Array[], kept: readonly Float64Array[]): number {
  return query.reduce((best, shifted) => Math.max(best, dot(shifted, kept[12]!)), 0)
}

function pooled(grey: Uint8Array): Float64Array {
  return new Float64Array(196).map((_, at) => {
    const from = 56 * ((at / 14) | 0) + 2 * (at % 14)
    return (grey[from]! + grey[from + 1]! + grey[from + 28]! + grey[from + 29]! + 2) >> 2
  })
}

function unit(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const centred = values.map((value) => value - mean)
  const length = Math.sqrt(dot(centred, centred))
  return centred.map((value) => value / length)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}

describe('dense rows', () => {
  test('scale does not matter, sign does; rows of zeros are all the same', () => {
    const rows = new DenseRows(8)
    const row = Int8Array.of(1, -2, 3, 10, 0, 0, -20, 5)
    rows.find(row)
    rows.keep(0)
    expect(rows.find(row.map((value) => 3 * value))).toEqual({ representative: 0, similarity: 1_000_000 })
    expect(rows.find(row.map((value) => -value))).toBeUndefined()
    expect(rows.find(new Int8Array(8))).toBeUndefined()
    rows.keep(1)
    expect(rows.find(new Int8Array(8))).toEqual({ representative: 1, similarity: 1_000_000 })
  })

  test('the threshold is decided by integers: .994 belongs to it, a hair less does not', () => {
    const [a, at, below] = [Int8Array.of(1, 0), Int8Array.of(64, 7), Int8Array.of(63, 7)]
    expect(64 / Math.sqrt(64 * 64 + 49)).toBeGreaterThan(0.994)
    expect(63 / Math.sqrt(63 * 63 + 49)).toBeLessThan(0.994)
    expect(isNear(497, 1, 500 * 500, 994)).toBe(true)
    expect(isNear(497, 1, 500 * 500 + 1, 994)).toBe(false)
    const rows = new DenseRows(2)
    rows.find(a)
    rows.keep(0)
    expect(rows.find(below)).toBeUndefined()
    expect(rows.find(at)).toMatchObject({ representative: 0 })
  })

  test('the longest rows do not overflow', () => {
    const rows = new DenseRows(4_096)
    const longest = new Int8Array(4_096).fill(-127)
    rows.find(longest)
    rows.keep(0)
    expect(rows.find(longest)).toEqual({ representative: 0, similarity: 1_000_000 })
    expect(() => rows.find(new Int8Array(4_096).fill(-128))).toThrow('was given −128')
    expect(() => rows.find(new Int8Array(4_095))).toThrow('was given 4095 bytes')
    expect(() => new DenseRows(4_097)).toThrow('rows of 1 to 4096 bytes')
  })
})

describe('texts', () => {
  const LONG = proseOf(Xoshiro128.fromSeed(7), 300)

  test.each([
    ['other case, spaces and punctuation', LONG.toUpperCase().replaceAll(' ', '…\n'), true],
    [
      'a word in thirty changed',
      LONG.split(' ')
        .map((word, at) => (at % 100 === 0 ? 'other' : word))
        .join(' '),
      true,
    ],
    ['a sentence added', `${LONG} And so it ended.`, true],
    [
      'one word of twenty-six changed: 98 entries of 128',
      LONG.split(' ')
        .map((word, at) => (at % 26 === 11 ? 'other' : word))
        .join(' '),
      false,
    ],
    [
      'every sixth word changed',
      LONG.split(' ')
        .map((word, at) => (at % 6 === 0 ? 'other' : word))
        .join(' '),
      false,
    ],
    ['half of it', LONG.slice(0, LONG.length / 2), false],
    ['other words', proseOf(Xoshiro128.fromSeed(8), 300), false],
  ])('%s', (_, text, isNear) => {
    const texts = new Texts()
    texts.find(LONG)
    texts.keep(0)
    expect(texts.find(text) !== undefined).toBe(isNear)
  })

  test('short texts, scripts and pictures of letters are told apart', () => {
    const texts = new Texts()
    const all = ['yes', 'no', 'ja', 'да', 'はい', '好', '不好', 'हाँ', 'नहीं', '😀', '🚀', 'a', 'b', '42', '43', '']
    expect(sweep(texts, all).every((match) => match === undefined)).toBe(true)
    for (const [item, text] of ['YES!', 'No.', 'ＪＡ', 'ДА'].entries())
      expect(texts.find(text)).toEqual({ representative: item, similarity: 1_000_000 })
    expect(texts.find(' \n')).toMatchObject({ representative: 15 })
  })

  test('what two signatures have in common is the share of their shingles', () => {
    const random = Xoshiro128.fromSeed(9)
    const texts = new Texts()
    let error = 0
    for (let item = 0; item < 40; item++) {
      const words = proseOf(random, 200).split(' ')
      texts.find(words.join(' '))
      texts.keep(item)
      const other = [...words.slice(0, 190), ...proseOf(random, 10).split(' ')].join(' ')
      error += texts.find(other)!.similarity / 1e6 - resemblance(words.join(''), other.replaceAll(' ', ''))
    }
    expect(Math.abs(error / 40)).toBeLessThan(0.02)
  })
})

function resemblance(a: string, b: string): number {
  const shingles = (text: string) =>
    new Set(Array.from({ length: text.length - 15 }, (_, at) => text.slice(at, at + 16)))
  const [x, y] = [shingles(a), shingles(b)]
  const both = [...x].filter((each) => y.has(each)).length
  return both / (x.size + y.size - both)
}

describe('star clusters', () => {
  const arrival = (item: number, content: Int8Array | undefined, text = `${content}`) => ({
    item,
    priority: { record: BigInt(item), index: 0 },
    fingerprint: sha256(text),
    content,
  })

  test('members do not represent: nearness does not chain', () => {
    const clusters = new StarClusters(new DenseRows(2))
    // Five degrees apart: each near the one before, none near the one before that.
    const at = (degrees: number) =>
      Int8Array.of(
        Math.round(127 * Math.cos((degrees * Math.PI) / 180)),
        Math.round(127 * Math.sin((degrees * Math.PI) / 180)),
      )
    const found = [0, 5, 10, 15].map((degrees, item) => clusters.add(arrival(item, at(degrees))))
    expect(found).toEqual([
      undefined,
      expect.objectContaining({ item: 1, representative: 0, measure: 'dense/cosine@1' }),
      undefined,
      expect.objectContaining({ item: 3, representative: 2 }),
    ])
  })

  test('an equal fingerprint is enough, and the evidence says so', () => {
    const clusters = new StarClusters<Int8Array>()
    expect(clusters.add(arrival(0, undefined, 'x'))).toBeUndefined()
    expect(clusters.add(arrival(1, undefined, 'y'))).toBeUndefined()
    expect(clusters.add(arrival(2, undefined, 'x'))).toEqual({
      item: 2,
      representative: 0,
      similarity: 1_000_000,
      measure: 'fingerprint/equal@1',
    })
  })

  test('a copy of a member has the same representative and evidence as the member', () => {
    const clusters = new StarClusters(new DenseRows(2))
    clusters.add(arrival(0, Int8Array.of(100, 0)))
    const member = clusters.add(arrival(1, Int8Array.of(100, 9)))
    expect(member).toMatchObject({ representative: 0 })
    expect(clusters.add(arrival(2, Int8Array.of(100, 9)))).toEqual({ ...member, item: 2 })
  })

  test('who adds the representatives alone goes on as before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 39 }), (seed, cut) => {
        const random = Xoshiro128.fromSeed(seed)
        const bases = Array.from({ length: 8 }, () => featureRow(random, 6))
        const arrivals = Array.from({ length: 40 }, (_, item) =>
          arrival(
            item,
            bases[random.nextInt(8)]!.map((value) => Math.min(63, value + random.nextInt(5))),
          ),
        )
        const whole = new StarClusters(new DenseRows(6))
        const results = arrivals.map((each) => whole.add(each))
        const again = new StarClusters(new DenseRows(6))
        for (const each of arrivals.slice(0, cut)) if (results[each.item] === undefined) again.add(each)
        expect(arrivals.slice(cut).map((each) => again.add(each))).toEqual(results.slice(cut))
      }),
      runs(30),
    )
  })

  test('what comes with an earlier priority is refused, and changes nothing', () => {
    const clusters = new StarClusters(new DenseRows(2))
    clusters.add(arrival(5, Int8Array.of(1, 0)))
    expect(() => clusters.add(arrival(4, Int8Array.of(0, 1)))).toThrow(
      expect.objectContaining({ code: 'SIMILARITY_OUT_OF_ORDER' }),
    )
    expect(clusters.add(arrival(6, Int8Array.of(0, 1)))).toBeUndefined()
    expect(comparePriority({ record: 2n, index: 0 }, { record: 2n, index: 1 })).toBeLessThan(0)
    expect(comparePriority({ record: 3n, index: 0 }, { record: 2n, index: 9 })).toBeGreaterThan(0)
  })

  test('a fingerprint of another length is refused', () => {
    expect(() => new Fingerprints().find(new Uint8Array(31))).toThrow('32 bytes')
  })
})

describe('versions', () => {
  test('the evidence of these contents never changes within a version', () => {
    const random = Xoshiro128.fromSeed('golden')
    const greys = digits.slice(0, 120).flatMap((grey) => [grey, noisy(grey, 0.08, random)])
    const rows = greys.map((_, at) => (at % 2 === 0 ? featureRow(random, 100) : new Int8Array()))
    for (const at of rows.keys())
      if (at % 2 === 1) rows[at] = rows[at - 1]!.map((value) => Math.min(63, value + random.nextInt(5)))
    const texts = greys.map((_, at) => proseOf(Xoshiro128.fromSeed(at >> 1), 40 + (at % 2) * 5))
    const evidenceOf = (all: readonly (Match | undefined)[]) =>
      `${all.filter((each) => each !== undefined).length} ${Buffer.from(sha256(JSON.stringify(all)))
        .toString('hex')
        .slice(0, 16)}`
    expect({
      images: evidenceOf(sweep(new Images(), greys.map(picture))),
      rows: evidenceOf(sweep(new DenseRows(100), rows)),
      texts: evidenceOf(sweep(new Texts(), texts)),
    }).toEqual({ images: '76 a4f61b437c874b11', rows: '115 060167fc288b45cb', texts: '120 fac9583215fe05ee' })
  })
})
