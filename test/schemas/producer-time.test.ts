import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cloudEventHeaders, parseHeaders } from '../../schemas/cloud-events.ts'
import { producerTimeMs, producerTimeOf } from '../../schemas/producer-time.ts'
import { runs } from '../support/random-runs.ts'

describe('what a producer’s clock says, in milliseconds', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2026-01-01T00:00:00Z', 1_767_225_600_000n],
    ['2026-01-01t00:00:00.9999z', 1_767_225_600_999n],
    ['2026-01-01T00:00:00.5Z', 1_767_225_600_500n],
    ['2026-01-01T01:30:00+01:30', 1_767_225_600_000n],
    ['2025-12-31T19:00:00-05:00', 1_767_225_600_000n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    // What no calendar has is what follows.
    ['2026-02-31T00:00:00Z', 1_772_496_000_000n],
    ['2025-12-31T23:59:60Z', 1_767_225_600_000n],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000n],
    ['0099-01-01T00:00:00Z', -59_042_995_200_000n],
    ['9999-12-31T23:59:60-23:59', 253_402_387_140_000n],
  ])('%s', (time, expected) => {
    expect(producerTimeMs(time)).toBe(expected)
  })

  test('of any instant, as JavaScript writes it, it is that instant', () => {
    const { seed, numRuns } = runs(200)
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(producerTimeMs(date.toISOString())).toBe(BigInt(date.getTime()))
        },
      ),
      { seed, numRuns },
    )
  })

  test('it reads every time that a record may have, and refuses any other', () => {
    const digits = (length: number) => fc.nat(10 ** length - 1).map((n) => String(n).padStart(length, '0'))
    const time = fc
      .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), fc.constantFrom('', '.1', '.123456789'))
      .chain(([y, m, d, h, i, s, fraction]) =>
        fc
          .constantFrom('Z', 'z', '+00:00', '-23:59', '+24:00')
          .map((zone) => `${y}-${m}-${d}T${h}:${i}:${s}${fraction}${zone}`),
      )
    const { seed, numRuns } = runs(500)
    fc.assert(
      fc.property(time, (text) => {
        const headers = cloudEventHeaders({ id: 'a', source: 'b', type: 'c', time: text })
        if (parseHeaders(headers).outcome === 'parsed')
          expect(typeof producerTimeMs(producerTimeOf(headers))).toBe('bigint')
      }),
      { seed, numRuns },
    )
    for (const other of ['', '2026-01-01', '2026-01-01T00:00:00', 'now'])
      expect(() => producerTimeMs(other)).toThrow(RangeError)
  })

  test('a header that is empty is not the one', () => {
    const headers = cloudEventHeaders({ id: 'a', source: 'b', type: 'c', time: '2026-01-01T00:00:00Z' })
    const more = [['ce_time', null], ['ce_time', new Uint8Array(0)], ...headers] as never
    expect(producerTimeOf(more)).toBe('2026-01-01T00:00:00Z')
    expect(() => producerTimeOf([])).toThrow(RangeError)
  })
})
