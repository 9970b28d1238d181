import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatFor, parseAtoms, writeExact, writeShort } from '../../web/src/money.ts'
import { runs } from '../support/random-runs.ts'

const token = (decimals: number) => ({ symbol: 'T', decimals, address: '0x' })
const plain = (text: string) => text.replaceAll(',', '').replace('−', '-')

describe('amounts', () => {
  test.each([
    [0n, 18, '0.00'],
    [1n, 18, '0.000000000000000001'],
    [1_500_000_000_000_000_000n, 18, '1.50'],
    [1_234_567_890_000n, 6, '1,234,567.89'],
    [2n ** 96n - 1n, 18, '79,228,162,514.264337593543950335'],
    [1_234n, 0, '1,234'],
    [5n, 1, '0.5'],
    [-1_500n, 3, '−1.50'],
  ])('%s with %s decimals is exactly %s', (atoms, decimals, text) => {
    expect(writeExact(atoms, token(decimals))).toBe(text)
  })

  test.each([
    [1_999_999n, 6, 2, '1.99'],
    [1n, 6, 2, '<0.01'],
    [-1n, 6, 2, '>−0.01'],
    [0n, 6, 2, '0.00'],
    [999n, 0, 0, '999'],
    [-1_239n, 3, 2, '−1.23'],
  ])('%s with %s decimals at %s places is %s: cut, never rounded up', (atoms, decimals, places, text) => {
    expect(writeShort(atoms, { token: token(decimals), places })).toBe(text)
  })

  test('places: two to six, the smallest amount has two digits where that suffices', () => {
    const unit = 10n ** 18n
    expect(formatFor([5n * unit], token(18)).places).toBe(2)
    expect(formatFor([5n * unit, unit / 1_000n], token(18)).places).toBe(4)
    expect(formatFor([1n], token(18)).places).toBe(6)
    expect(formatFor([], token(18)).places).toBe(2)
    expect(formatFor([1n], token(1)).places).toBe(1)
  })

  test('the exact text reads back as the same amount; the short one is never more', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 100n), 2n ** 100n), fc.nat(30), fc.nat(6), (atoms, decimals, wanted) => {
        const places = Math.min(wanted, decimals)
        const read = (text: string, digits: number) => {
          const [whole, fraction = ''] = plain(text).split('.')
          return BigInt(`${whole}${fraction.padEnd(digits, '0')}`)
        }
        expect(read(writeExact(atoms, token(decimals)), decimals)).toBe(atoms)
        const short = writeShort(atoms, { token: token(decimals), places })
        if (/[<>]/.test(short)) return
        const difference = (atoms < 0n ? -1n : 1n) * (atoms - read(short, decimals))
        expect(difference >= 0n && difference < 10n ** BigInt(decimals - places)).toBe(true)
      }),
      runs(500),
    )
  })

  test.each(['', '1.0', '1e3', ' 1', '0x1', '1n', '--1'])('%j is no amount', (text) => {
    expect(() => parseAtoms(text, 'field')).toThrow('field is not a whole number')
  })
})
