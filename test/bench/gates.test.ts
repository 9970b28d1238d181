import { beforeAll, describe, expect, test } from '@jest/globals'
import { DATA_GATES } from '../../bench/gates/data-attacks.ts'
import { type Gate, summarise } from '../../bench/gates/gate.ts'
import { Lab, type LabSize } from '../../bench/gates/lab.ts'
import { NAME_GATES } from '../../bench/gates/names.ts'
import type { Rule } from '../../bench/gates/period.ts'
import { MEASURED_METHODS, openRule } from '../../bench/gates/rule.ts'
import { WASH_GATES } from '../../bench/gates/wash.ts'
import { type LabelledImages, loadDigits } from '../../examples/digits/dataset.ts'

/** Small enough for a test, large enough that an attack is an attack. */
const SMALL: LabSize = { accounts: 20, itemsEach: 30, asked: 400, rank: 20, buyers: [4], imagesLookedAt: 20 }
const SEED = 7

const rule = openRule(MEASURED_METHODS[0]!)

let digits: LabelledImages
beforeAll(async () => {
  digits = await loadDigits()
})

async function rowsOf(gates: readonly Gate[], names: readonly string[], tried: Rule) {
  const lab = new Lab(tried, digits, 'Dirichlet(.3)', SEED, SMALL)
  const rows = []
  for (const gate of gates.filter(({ name }) => names.includes(name)))
    for (const { setting, measured } of await gate.measure(lab)) rows.push(summarise(gate, setting, [measured]))
  return rows
}

describe('gates of the payout rule', () => {
  test('attacks on what is contributed and other names do not pay', async () => {
    const rows = [
      ...(await rowsOf(DATA_GATES, ['wrong labels', 'scaled inputs that the checks let through'], rule)),
      ...(await rowsOf(NAME_GATES, ['split by an oracle', 'withdrawn negative samples'], rule)),
    ]
    expect(rows.map(({ name, pass, measured }) => (pass ? name : [name, measured]))).toEqual([
      'wrong labels',
      'scaled inputs that the checks let through',
      'split by an oracle',
      'withdrawn negative samples',
    ])
  })

  test('a purchase of one’s own demand does not pay, and would without the cap on what one event can move', async () => {
    // d of a millionth makes θ so large that no event is capped.
    const uncapped: Rule = {
      ...rule,
      method: { ...rule.method, attribute: (input) => rule.method.attribute({ ...input, dataParts: 1 }) },
    }
    const held = await rowsOf(WASH_GATES, ['wash demand'], rule)
    const broken = await rowsOf(WASH_GATES, ['wash demand'], uncapped)
    expect(held).toHaveLength(2)
    expect(held.filter(({ pass }) => !pass)).toEqual([])
    expect(broken.some(({ pass, measured }) => !pass && measured > 0)).toBe(true)
  })
})

describe('a row over several seeds', () => {
  const gate = (bound: Gate['bound']): Gate => ({ name: 'any', bound, measure: async () => [] })

  test('passes by its median, and fails by a single seed that is too far off', () => {
    const bound = { kind: 'at most', limit: 1, worst: 1.5 } as const
    expect(summarise(gate(bound), 'IID', [0.5, 1.4, 0.9])).toMatchObject({ measured: 0.9, worst: 1.4, pass: true })
    expect(summarise(gate(bound), 'IID', [0.5, 1.6, 0.9])).toMatchObject({ worst: 1.6, pass: false })
    expect(summarise(gate(bound), 'IID', [1.1, 1.2, 0.9])).toMatchObject({ measured: 1.1, pass: false })
  })

  test('takes the lowest as the worst of a number that must be high', () => {
    const bound = { kind: 'at least', limit: 0.95, worst: 0.925 } as const
    expect(summarise(gate(bound), 'IID', [0.97, 0.93, 0.96])).toMatchObject({ worst: 0.93, pass: true })
    expect(summarise(gate(bound), 'IID', [0.97, 0.92, 0.96])).toMatchObject({ worst: 0.92, pass: false })
  })

  test('a number that is none passes nothing', () => {
    expect(summarise(gate({ kind: 'at most', limit: 1, worst: 2 }), 'IID', [Number.NaN]).pass).toBe(false)
  })
})
