import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SHARD_TOKENS_MAX, sortedSuffixes } from '../../jobs/attribution/text/sort-suffixes.ts'
import { suffixArray } from '../../jobs/attribution/text/suffix-array.ts'
import { runs } from '../support/random-runs.ts'

/** By comparing: the definition. */
function sortedByComparing(tokens: Int32Array): Int32Array {
  const compare = (a: number, b: number) => {
    for (; a < tokens.length && b < tokens.length; a++, b++) if (tokens[a] !== tokens[b]) return tokens[a]! - tokens[b]!
    return b - a
  }
  return Int32Array.from(tokens.keys()).sort(compare)
}

/** toEqual takes seconds over so many. */
const expectSame = (a: Int32Array, b: Int32Array) => expect(Buffer.compare(bytesOf(a), bytesOf(b))).toBe(0)
const bytesOf = ({ buffer }: Int32Array) => new Uint8Array(buffer)

const greatestOf = (tokens: Int32Array) => Math.max(0, ...tokens)
const tokensOf = (greatest: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: greatest }), { maxLength }).map((each) => Int32Array.from(each))
/** Repeated a few times over, so that the recursion goes deep. */
const repeated = fc
  .tuple(tokensOf(2, 12), fc.integer({ min: 1, max: 9 }), tokensOf(3, 4))
  .map(([part, times, rest]) =>
    Int32Array.from([...Array.from({ length: times }, () => [...part]).flat(), ...rest, ...part]),
  )
const anyTokens = fc.oneof(tokensOf(1, 60), tokensOf(3, 60), tokensOf(200, 60), repeated)

describe('suffix arrays', () => {
  test('of the plain twin are those of comparing', () => {
    fc.assert(
      fc.property(anyTokens, (tokens) => {
        expect(suffixArray(tokens, greatestOf(tokens))).toEqual(sortedByComparing(tokens))
      }),
      runs(3_000),
    )
  })

  test('of WebAssembly are those of the plain twin', async () => {
    await fc.assert(
      fc.asyncProperty(anyTokens, async (tokens) => {
        expect(await sortedSuffixes(tokens)).toEqual(suffixArray(tokens, greatestOf(tokens)))
      }),
      runs(1_000),
    )
  })

  test.each([
    ['one token', 300_000, () => 7],
    ['two in turn', 300_000, (at: number) => at & 1],
    [
      'Fibonacci',
      300_000,
      (at: number) => Math.floor((at + 2) * 0.6180339887498949) - Math.floor((at + 1) * 0.6180339887498949),
    ],
    ['many numbers', 300_000, (at: number) => Math.imul(at, 2654435761) >>> 12],
  ])('of long texts (%s) are the same in a thread and here', async (_, length, tokenAt) => {
    const tokens = Int32Array.from({ length }, (_, at) => tokenAt(at))
    const inThread = await sortedSuffixes(tokens, { inThread: true })
    expectSame(inThread, await sortedSuffixes(tokens, { inThread: false }))
    const lines: string[] = []
    const plain = await sortedSuffixes(tokens, {
      onFallback: (line) => lines.push(line),
      load: () => {
        throw new Error('no SIMD')
      },
    })
    expectSame(inThread, plain)
    expect(lines).toEqual(['Suffixes are sorted without WebAssembly, slowly: no SIMD'])
  })

  test('of more tokens than a shard may have are refused', async () => {
    const tokens = { length: SHARD_TOKENS_MAX + 1 } as Int32Array
    await expect(sortedSuffixes(tokens, { inThread: false })).rejects.toMatchObject({ code: 'TEXT_SHARD_TOO_LARGE' })
  })
})
