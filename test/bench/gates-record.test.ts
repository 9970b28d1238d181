import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { GATES } from '../../bench/gates/all-gates.ts'
import type { GateRow } from '../../bench/gates/gate.ts'
import { type GatesRecord, recordName, SEEDS_MIN, shortcomings } from '../../bench/gates/record.ts'
import { METHODS } from '../../jobs/attribution/methods.ts'
import { passedMethods } from '../../jobs/attribution/passed-gates.ts'

const FOLDER = fileURLToPath(new URL('../../docs/gates', import.meta.url))
const SEEDS = Array.from({ length: SEEDS_MIN }, (_, at) => at)

describe('records of passed gates', () => {
  test('every method that may pay exists and has a record in which it passes every gate', () => {
    for (const method of passedMethods()) {
      expect(METHODS.map(({ name }) => name)).toContain(method)
      const path = join(FOLDER, recordName(method))
      expect([path, existsSync(path)]).toEqual([path, true])
      const record = JSON.parse(readFileSync(path, 'utf8')) as GatesRecord
      expect(record.method).toBe(method)
      expect(shortcomings(record)).toEqual([])
    }
  })

  test('a run passes only with every gate, enough seeds, and nothing missed', () => {
    const row = (name: string, change: Partial<GateRow> = {}): GateRow => ({
      name,
      setting: 'IID',
      bound: '≤ 1',
      measured: 0,
      worst: 0,
      worstBound: 1,
      values: SEEDS.map(() => 0),
      pass: true,
      ...change,
    })
    const all = GATES.map(({ name }) => row(name))
    const [first, ...others] = all
    expect(shortcomings({ seeds: SEEDS, gates: all })).toEqual([])
    expect(shortcomings({ seeds: SEEDS, gates: others })).toEqual([`${first!.name} was not measured`])
    expect(shortcomings({ seeds: SEEDS, gates: [row(first!.name, { pass: false }), ...others] })).toEqual([
      `${first!.name} (IID) is missed`,
    ])
    expect(shortcomings({ seeds: [1, 2], gates: all })).toEqual(['2 seeds are fewer than 10'])
    expect(shortcomings({ seeds: SEEDS, gates: [row(first!.name, { values: [0] }), ...others] })).toEqual([
      `${first!.name} (IID) has 1 seeds of 10`,
    ])
  })
})
