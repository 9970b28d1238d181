import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GATES } from './all-gates.ts'
import { gatesOf, type NamedGate } from './families.ts'
import type { GateRow } from './gate.ts'

/** A record says nothing with fewer. */
export const SEEDS_MIN = 10

/** What docs/gates/ keeps of a run in which a method passed every gate. */
export interface GatesRecord {
  readonly method: string
  readonly date: string
  readonly code: { readonly version: string; readonly commit: string }
  readonly command: string
  readonly seeds: readonly number[]
  readonly gates: readonly GateRow[]
}

/** Why a run is no passing one: gates that were missed or not measured, and too few seeds. None: it is. @param wanted the method's */
export function shortcomings(
  { seeds, gates }: Pick<GatesRecord, 'seeds' | 'gates'>,
  wanted: readonly Pick<NamedGate, 'name'>[] = GATES,
): string[] {
  const missed = gates.filter(({ pass }) => !pass).map(({ name, setting }) => `${name} (${setting}) is missed`)
  const absent = wanted.filter(({ name }) => !gates.some((row) => row.name === name))
  const few = gates.filter(({ values }) => values.length < SEEDS_MIN)
  return [
    ...missed,
    ...absent.map(({ name }) => `${name} was not measured`),
    ...few.map(({ name, setting, values }) => `${name} (${setting}) has ${values.length} seeds of ${SEEDS_MIN}`),
    ...(new Set(seeds).size < SEEDS_MIN ? [`${seeds.length} seeds are fewer than ${SEEDS_MIN}`] : []),
  ]
}

/** @returns where a method's record is, below docs/gates/: `influence/factored@2` → `influence-factored-2.json` */
export function recordName(method: string): string {
  return `${method.replace(/[/@]/g, '-')}.json`
}

/** Why a method may not pay by what `folder` has of it: no record, another method's, or one that does not pass. None: it may. */
export function faultsOfRecord(folder: string, method: string): string[] {
  const name = recordName(method)
  const path = join(folder, name)
  if (!existsSync(path)) return [`${method} has no record ${name}`]
  const record = JSON.parse(readFileSync(path, 'utf8')) as GatesRecord
  if (record.method !== method) return [`${name} is a record of ${record.method}`]
  return shortcomings(record, gatesOf(method)).map((fault) => `${name}: ${fault}`)
}

export function writeRecord(
  path: string,
  method: string,
  command: string,
  first: number,
  gates: readonly GateRow[],
): void {
  const count = Math.max(...gates.map(({ values }) => values.length))
  const record: GatesRecord = {
    method,
    date: new Date().toISOString().slice(0, 10),
    code: {
      version: packageVersion(),
      commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    },
    command,
    seeds: Array.from({ length: count }, (_, at) => first + at),
    gates,
  }
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`)
}

function packageVersion(): string {
  return (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version
}
