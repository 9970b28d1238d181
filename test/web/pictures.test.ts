import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { layFlow } from '../../web/src/flow-layout.ts'
import { traceFlow } from '../../web/src/flow-recipients.ts'
import { renderReport } from '../../web/src/index.ts'
import { barEnd, shareBar, writeInterval, writePercent } from '../../web/src/share-bar.ts'
import { DARK, LIGHT, type Theme } from '../../web/src/theme.ts'
import { runs } from '../support/random-runs.ts'
import { sampleReport } from './support/sample-report.ts'

describe('bars of shares', () => {
  test('bar and whiskers stay within the track, for any interval', () => {
    const part = fc.integer({ min: -2_000_000, max: 3_000_000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part, part), { minLength: 1, maxLength: 20 }), (rows) => {
        const shares = rows.map(([a, value, b]) => ({ low: Math.min(a, b), value, high: Math.max(a, b) }))
        const end = barEnd(shares)
        for (const share of shares) {
          const places = [...shareBar(share, end).text.matchAll(/(?:width|x1|x2)="([^"]*)%"/g)].map(([, at]) =>
            Number(at),
          )
          expect(places).toHaveLength(9)
          expect(places.filter((place) => !(place >= 0 && place <= 100))).toEqual([])
          const [, , , left, right] = places
          expect(left! <= right!).toBe(true)
        }
      }),
      runs(300),
    )
  })

  test('places are in proportion', () => {
    const share = { low: 50_000, value: 100_000, high: 150_000 }
    expect(barEnd([share, null])).toBe(15)
    const { text } = shareBar(share, 20)
    expect(text).toContain('class="fill" x="0" y="4" width="50.00%"')
    expect(text).toContain('x1="25.00%" x2="75.00%"')
    expect([writePercent(98_400), writePercent(0), writePercent(3)]).toEqual(['9.8 %', '0.0 %', '<0.1 %'])
    expect(writeInterval({ low: -5, value: 0, high: 12_345 })).toBe('0.0 to 1.2 %')
  })
})

describe('the flow of money', () => {
  const shape = {
    width: 960,
    top: 8,
    fees: { x: 100 },
    pools: { x: 400, slot: 40 },
    recipients: { x: 700, slot: 24 },
    bar: 12,
    scale: 300,
  }

  test('everybody who earned is paid from one pool, and no pool gives more than it has', () => {
    const data = sampleReport()
    const { pools, undrawn } = traceFlow(data)
    expect(undrawn).toEqual([])
    expect(pools.map(({ recipients }) => recipients.length)).toEqual([8, 1, 1, 1, 1, 0])
    for (const { atoms, recipients } of pools) {
      expect(recipients.reduce((sum, recipient) => sum + recipient.atoms, 0n) <= atoms).toBe(true)
    }
  })

  test('an account that no pool has room for is named instead of drawn', () => {
    const data = sampleReport()
    const others = data.others.map((other, index) => (index === 0 ? { ...other, role: 'model and agent' } : other))
    const rich = others.map((other, index) => (index === 0 ? { ...other, earned: `${other.earned}0` } : other))
    expect(traceFlow({ ...data, others }).undrawn).toEqual([])
    expect(traceFlow({ ...data, others: rich }).undrawn.map(({ name }) => name)).toEqual(['Mira'])
    expect(renderReport({ ...data, others: rich })).toContain('Not drawn, because no single pool paid them: <bdi>Mira')
  })

  test('beyond twelve recipients the smallest are gathered, without losing any', () => {
    const data = sampleReport()
    const accounts = Array.from({ length: 40 }, (_, index) => ({ ...data.accounts[0]!, earned: String(1_000 + index) }))
    const [pool] = traceFlow({ ...data, accounts }).pools
    expect(pool!.recipients).toHaveLength(12)
    expect(pool!.recipients.at(-1)!.name).toBe('29 more')
    expect(pool!.recipients.reduce((sum, { atoms }) => sum + atoms, 0n)).toBe(40_780n)
  })

  test('everything drawn lies inside the picture, in proportion, without overlap, for any amounts', () => {
    const atoms = fc.bigInt(0n, 2n ** 96n)
    const pool = fc.record({ atoms, shares: fc.array(fc.nat(1_000), { maxLength: 12 }) })
    fc.assert(
      fc.property(fc.array(pool, { maxLength: 8 }), fc.bigInt(1n, 2n ** 96n), (drawn, fees) => {
        const pools = drawn.map(({ atoms, shares }, index) => {
          const whole = BigInt(shares.reduce((sum, share) => sum + share, 1))
          const recipients = shares.map((share) => ({ name: 'x', atoms: (atoms * BigInt(share)) / whole }))
          return { kind: String(index), label: 'p', atoms, recipients }
        })
        const layout = layFlow({ fees, pools, undrawn: [] }, shape)
        for (const nodes of [layout.pools, layout.recipients]) {
          for (const [index, node] of nodes.entries()) {
            expect(node.y >= 0 && node.y + node.height <= layout.height).toBe(true)
            const next = nodes[index + 1]
            if (next !== undefined) expect(node.y + node.height).toBeLessThan(next.y)
          }
        }
        for (const ribbon of layout.ribbons) {
          const lowest = Math.max(ribbon.y0, ribbon.y1) + ribbon.height
          expect(Math.min(ribbon.y0, ribbon.y1) >= 0 && lowest <= layout.height + 1).toBe(true)
        }
      }),
      runs(200),
    )
  })
})

describe('colours', () => {
  const ON: readonly (readonly [ink: keyof Theme, ground: keyof Theme])[] = [
    ['ink', 'paper'],
    ['ink', 'card'],
    ['ink', 'accent-soft'],
    ['ink', 'hurt-soft'],
    ['ink', 'track'],
    ['soft', 'paper'],
    ['soft', 'card'],
    ['soft', 'track'],
    ['accent', 'paper'],
    ['accent', 'card'],
    ['hurt', 'paper'],
    ['hurt', 'card'],
    ['odd', 'odd-soft'],
  ]
  test.each([
    ['light', LIGHT],
    ['dark', DARK],
  ] as const)('text can be read on every ground, %s', (_name, theme) => {
    for (const [ink, ground] of ON) expect(contrast(theme[ink]!, theme[ground]!)).toBeGreaterThanOrEqual(4.5)
  })

  /** WCAG 2.2, relative luminance and contrast ratio. */
  function contrast(one: string, other: string): number {
    const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
    return (bright + 0.05) / (dark + 0.05)
  }

  function luminance(colour: string): number {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
})
