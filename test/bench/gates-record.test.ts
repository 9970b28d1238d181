import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GATES } from '../../bench/gates/all-gates.ts'
import type { GateRow } from '../../bench/gates/gate.ts'
import { faultsOfRecord, recordName, SEEDS_MIN, shortcomings } from '../../bench/gates/record.ts'
import { METHODS as KNOWN } from '../../jobs/attribution/methods.ts'
import { METHODS } from '../../schemas/limits.ts'

const FOLDER = fileURLToPath(new URL('../../docs/gates', import.meta.url))
const SEEDS = Array.from({ length: SEEDS_MIN }, (_, at) => at)

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

describe('every method that a policy may name', () => {
  test('exists', () => {
    const known = KNOWN.map(({ name }) => name)
    expect(METHODS.filter((method) => !known.includes(method))).toEqual([])
  })

  test.each(METHODS)('%s has a record in which it passes every gate over enough seeds', (method) => {
    expect(faultsOfRecord(FOLDER, method)).toEqual([])
  })
})

test('text/mix@1 has a record in which it passes every gate of texts over enough seeds', () => {
  expect(faultsOfRecord(FOLDER, 'text/mix@1')).toEqual([])
})

describe('a record', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-gates-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const method = 'family/kind@3'
  const write = (record: { method?: string; seeds?: readonly number[]; gates?: readonly GateRow[] }) =>
    writeFileSync(join(folder, recordName(method)), JSON.stringify({ method, seeds: SEEDS, gates: all, ...record }))

  test('that is not there lets nobody pay', () => {
    expect(faultsOfRecord(folder, method)).toEqual(['family/kind@3 has no record family-kind-3.json'])
  })

  test('of another version is no record of this one', () => {
    write({ method: 'family/kind@2' })
    expect(faultsOfRecord(folder, method)).toEqual(['family-kind-3.json is a record of family/kind@2'])
  })

  test('with a gate that is missed, or too few seeds, is none', () => {
    write({ gates: [row(first!.name, { pass: false }), ...others] })
    expect(faultsOfRecord(folder, method)).toEqual([`family-kind-3.json: ${first!.name} (IID) is missed`])
    write({ seeds: SEEDS.slice(1) })
    expect(faultsOfRecord(folder, method)).toEqual(['family-kind-3.json: 9 seeds are fewer than 10'])
  })

  test('in which all gates are passed is one', () => {
    write({})
    expect(faultsOfRecord(folder, method)).toEqual([])
  })
})

test('a run passes only with every gate, enough seeds, and nothing missed', () => {
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
