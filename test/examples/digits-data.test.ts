import { beforeAll, describe, expect, test } from '@jest/globals'
import { type DigitSplit, splitDigits } from '../../examples/digits/accounts.ts'
import { checkImage, checkLabel, type LabelledImages, loadDigits } from '../../examples/digits/dataset.ts'
import { DigitRangeError } from '../../examples/digits/errors.ts'
import { NumericError } from '../../extractors/errors.ts'
import { Xoshiro128 } from '../../extractors/random.ts'

describe('random numbers', () => {
  test('follow the reference implementation of xoshiro128** 1.1', () => {
    const random = new Xoshiro128(Uint32Array.of(1, 2, 3, 4), new Uint8Array(32))
    const drawn = Array.from({ length: 10 }, () => random.nextUint32())
    expect(drawn).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })

  test('repeat for a seed and differ between seeds', () => {
    expect(Xoshiro128.fromSeed(7).bytes(65)).toEqual(Xoshiro128.fromSeed('7').bytes(65))
    expect(Xoshiro128.fromSeed(7).bytes(65)).not.toEqual(Xoshiro128.fromSeed(8).bytes(65))
  })

  test('a fork depends on seed and label, not on what was drawn before', () => {
    const used = Xoshiro128.fromSeed(7)
    used.bytes(1000)
    expect(used.fork('a').bytes(32)).toEqual(Xoshiro128.fromSeed(7).fork('a').bytes(32))
    expect(used.fork('a').bytes(32)).not.toEqual(used.fork('b').bytes(32))
    expect(used.fork('a').fork('b').bytes(32)).not.toEqual(used.fork('ab').bytes(32))
  })

  test('nextInt covers its range evenly and refuses impossible ones', () => {
    const random = Xoshiro128.fromSeed('even')
    const counts = new Array<number>(7).fill(0)
    for (let draw = 0; draw < 70_000; draw++) counts[random.nextInt(7)]!++
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(22.5) // 99.9 % of fair draws with six degrees of freedom
    // Two thirds of 2^32: taking the remainder alone would give the lower half twice as often.
    const n = Math.floor((2 ** 32 * 2) / 3)
    const low = Array.from({ length: 10_000 }, () => random.nextInt(n)).filter((value) => value < n / 2).length
    expect(Math.abs(low - 5_000)).toBeLessThan(250)
    for (const wrong of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.nextInt(wrong)).toThrow(RangeError)
  })

  test('floats are in [0, 1), gaussians have mean 0 and variance 1, a shuffle keeps its items', () => {
    const random = Xoshiro128.fromSeed('moments')
    const floats = Array.from({ length: 20_000 }, () => random.nextFloat())
    expect(Math.min(...floats)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...floats)).toBeLessThan(1)
    expect(mean(floats)).toBeCloseTo(0.5, 2)
    const normal = Array.from({ length: 20_000 }, () => random.gaussian())
    expect(Math.abs(mean(normal))).toBeLessThan(0.03)
    expect(Math.abs(mean(normal.map((value) => value * value)) - 1)).toBeLessThan(0.05)
    const items = Object.freeze([...Array(100).keys()])
    const shuffled = random.shuffle(items)
    expect(shuffled).not.toEqual(items)
    expect(shuffled.sort((a, b) => a - b)).toEqual(items)
  })
})

describe('digits and accounts', () => {
  let digits: LabelledImages
  let split: DigitSplit
  beforeAll(async () => {
    digits = await loadDigits()
    split = splitDigits(digits, 'tally')
  })

  test('10,000 real digits load, with the labels of their files', () => {
    expect(digits.images).toHaveLength(10_000)
    expect([...Array(10).keys()].map((digit) => digits.labels.filter((label) => label === digit).length)).toEqual([
      1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978,
    ])
    for (const image of digits.images) checkImage(image)
    // The package's floats are bytes / 255 cut to three digits: .624 is 159, .992 is 253.
    expect([...digits.images[0]!.subarray(127, 132)]).toEqual([51, 159, 253, 159, 50])
  })

  test('ten accounts of 500: seven honest, one of each attack', () => {
    expect(split.accounts.map(({ role }) => role)).toEqual([
      ...Array<string>(7).fill('honest'),
      'wrong-labels',
      'copier',
      'noise',
    ])
    expect(new Set(split.accounts.map(({ name }) => name)).size).toBe(10)
    for (const { contributions } of split.accounts) expect(contributions).toHaveLength(500)
  })

  test('honest labels are true, every wrong one is wrong, real digits are used once', () => {
    const used: number[] = []
    for (const { role, contributions } of split.accounts) {
      if (role !== 'honest' && role !== 'wrong-labels') continue
      for (const { image, label, source } of contributions) {
        expect(image).toEqual(digits.images[source])
        expect(label === digits.labels[source]).toBe(role === 'honest')
        checkLabel(label)
        used.push(source)
      }
    }
    expect(new Set(used).size).toBe(4_000)
  })

  test('the copier holds one honest account, every other digit pixel for pixel, the others moved by a pixel', () => {
    const copier = split.accounts.find(({ role }) => role === 'copier')!
    const victim = split.accounts.find(({ name }) => name === copier.copiedFrom)!
    expect(victim.role).toBe('honest')
    copier.contributions.forEach((copy, index) => {
      const original = victim.contributions[index]!
      expect({ ...copy, image: undefined }).toEqual({ ...original, image: undefined })
      expect(copy.image).not.toBe(original.image)
      if (index % 2 === 0) expect(copy.image).toEqual(original.image)
      else expect(movesTo(original.image, copy.image)).toBe(true)
    })
  })

  test('noise is noise: no digit, all greys, all labels', () => {
    const { contributions } = split.accounts.find(({ role }) => role === 'noise')!
    expect(new Set(contributions.map(({ label }) => label)).size).toBe(10)
    expect(new Set(contributions.flatMap(({ image }) => [...image])).size).toBe(256)
    expect(contributions.every(({ source }) => source === -1)).toBe(true)
    expect(new Set(contributions.map(({ image }) => image.join())).size).toBe(500)
  })

  test('held-out digits were contributed by nobody, and come anew each epoch', () => {
    const contributed = new Set(
      split.accounts.flatMap(({ contributions }) => contributions.map(({ source }) => source)),
    )
    const epochs = [0, 1, 2, 3, 40].map((epoch) => split.heldOut(epoch).map(({ source }) => source))
    for (const sources of epochs) {
      expect(new Set(sources).size).toBe(2_500)
      expect(sources.some((source) => contributed.has(source))).toBe(false)
    }
    expect(new Set([...epochs[0]!, ...epochs[1]!]).size).toBe(5_000)
    expect(new Set(epochs.map((sources) => sources.join())).size).toBe(5)
    for (const { image, label, source } of split.heldOut(3)) {
      expect([digits.images[source], digits.labels[source]]).toEqual([image, label])
    }
    expect(() => split.heldOut(-1)).toThrow(RangeError)
  })

  test('the same seed deals the same, another seed otherwise', () => {
    const again = splitDigits(digits, 'tally')
    expect(again.accounts).toEqual(split.accounts)
    expect(again.heldOut(2)).toEqual(split.heldOut(2))
    const other = splitDigits(digits, 'stick')
    other.accounts.forEach((account, index) => {
      expect(account.contributions).not.toEqual(split.accounts[index]!.contributions)
    })
    expect(other.heldOut(0)).not.toEqual(split.heldOut(0))
  })

  test('too few digits, wrong sizes and wrong labels are refused by type', () => {
    const few = { images: digits.images.slice(0, 6_499), labels: digits.labels.slice(0, 6_499) }
    expect(() => splitDigits(few, 1)).toThrow(NumericError)
    expect(() => checkImage(new Uint8Array(783))).toThrow(DigitRangeError)
    expect(() => checkImage(new Float64Array(784) as unknown as Uint8Array)).toThrow(DigitRangeError)
    for (const label of [-1, 10, 0.5, Number.NaN]) expect(() => checkLabel(label)).toThrow(DigitRangeError)
  })
})

/** Whether moving the first by one pixel gives the second, with all of its ink. */
function movesTo(from: Uint8Array, to: Uint8Array): boolean {
  const ink = (image: Uint8Array) => image.reduce((sum, grey) => sum + grey, 0)
  const moved = [1, -1, 28, -28].map((step) => Array.from(from, (_, at) => from[at - step] ?? 0))
  return ink(from) === ink(to) && moved.some((image) => image.every((grey, at) => grey === to[at]))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
