// `npm run test:faults`: exactly once on a real Kafka, under faults.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'
import { BROKER_FAULTS } from './broker-faults.ts'
import { INGESTER_FAULTS } from './ingester-faults.ts'
import { LOG_FAULTS } from './log-faults.ts'
import { TALLY } from './processes.ts'
import { type FaultResult, runScenario, type ScenarioResult } from './scenario.ts'
import type { Fault } from './world.ts'

const FAULTS: readonly Fault[] = [...INGESTER_FAULTS, ...BROKER_FAULTS, ...LOG_FAULTS]
/** What a scenario takes besides its fault: topics, recovery, closing twice, reading. */
const AROUND_S = 12
const USAGE = `npm run test:faults -- [--json] [--seed TEXT] [--minutes N] [--some N] [--fault NAME]…

Sends known events to a real Kafka while things break, and checks that each counts exactly once. Needs Java and Maven.
  --minutes N   divided over the faults; each happens at least once (default 3)
  --seed TEXT   what is sent, and where faults begin (default: a new one, which is printed)
  --some N      only so many of them, drawn by the seed
  --fault NAME  one of: ${FAULTS.map(({ name }) => name).join(', ')}
  --json        prints { seed, minutes, faults: [{ name, records, lost, doubled, recovered_s }], problems }
Exits with 1 when anything was lost or doubled or a check failed, with 2 when it cannot run.`

/** Progress; stdout has the answer alone. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now()) },
      minutes: { type: 'string', default: '3' },
      some: { type: 'string', default: String(FAULTS.length) },
      fault: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const [minutes, some] = [Number(values.minutes), Number(values.some)]
  const unknown = values.fault.filter((name) => !FAULTS.some((fault) => fault.name === name))
  if (!(minutes > 0) || !(Number.isInteger(some) && some > 0) || unknown.length > 0) {
    say(
      `${unknown.length > 0 ? `No such fault: ${unknown.join(', ')}.` : '--minutes must be a number above 0, --some a whole one.'}\n\n${USAGE}`,
    )
    return 2
  }
  const { available, hint } = kafkaAvailable()
  if (!available || !existsSync(TALLY)) {
    say(available ? 'Run `npm run build` first.' : hint)
    return 2
  }
  const named = FAULTS.filter(({ name }) => values.fault.length === 0 || values.fault.includes(name))
  const faults = drawn(named, values.seed, some)
  say(`seed ${values.seed} (repeat with --seed ${values.seed}), ${minutes} minutes, ${faults.length} faults`)
  const runs = await runAll(faults, values.seed, Math.max(0, (minutes * 60) / faults.length - AROUND_S))
  const results = runs.map(({ result }) => result)
  const problems = runs.flatMap((run) => run.problems.map((problem) => `${run.result.name}: ${problem}`))
  if (values.json)
    process.stdout.write(`${JSON.stringify({ seed: values.seed, minutes, faults: results, problems }, null, 2)}\n`)
  else printTable(results)
  return problems.length > 0 ? 1 : 0
}

/** The seed draws them, in whatever order they are listed. */
function drawn(faults: readonly Fault[], seed: string, count: number): Fault[] {
  const lot = ({ name }: Fault) => createHash('sha256').update(`${seed}/${name}`).digest('hex')
  return [...faults].sort((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, count)
}

async function runAll(faults: readonly Fault[], seed: string, fault_s: number): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = []
  let kafka: RunningKafka | null = null
  let nodes = 0
  try {
    for (const fault of [...faults].sort((a, b) => a.nodes - b.nodes)) {
      if (kafka === null || nodes !== fault.nodes) {
        await kafka?.stop()
        nodes = fault.nodes
        kafka = await startKafka({ nodes: fault.nodes })
      }
      const run = await runOne(fault, kafka, { seed, fault_s })
      results.push(run)
      // Whatever state it is in, the next scenario begins with another one.
      if (run.problems.length > 0) {
        await kafka.stop()
        kafka = null
      }
    }
    return results
  } finally {
    await kafka?.stop()
  }
}

/** A scenario in a folder of its own, which stays when something did not hold. */
async function runOne(
  fault: Fault,
  kafka: RunningKafka,
  options: { seed: string; fault_s: number },
): Promise<ScenarioResult> {
  const folder = mkdtempSync(join(tmpdir(), `tally-fault-${fault.name}-`))
  const begun_ms = performance.now()
  const tell = (text: string) => say(`${((performance.now() - begun_ms) / 1000).toFixed(1).padStart(7)} s  ${text}`)
  say(`\n${fault.name}`)
  const run = await runScenario(fault, kafka, { ...options, folder, say: tell }).catch(
    (error: unknown): ScenarioResult => ({
      result: { name: fault.name, records: 0, lost: 0, doubled: 0, recovered_s: null },
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }),
  )
  for (const problem of run.problems) tell(`✗ ${problem}`)
  if (run.problems.length === 0) rmSync(folder, { recursive: true, force: true })
  else {
    cpSync(kafka.folder, join(folder, 'kafka'), { recursive: true, filter: (path) => !path.endsWith('/data') })
    tell(`What it left is in ${folder}`)
  }
  tell(run.problems.length === 0 ? 'all checks hold' : 'FAILED')
  return run
}

function printTable(results: readonly FaultResult[]): void {
  const row = (cells: readonly unknown[]) => {
    const [name, ...numbers] = cells.map(String)
    process.stdout.write(`${name!.padEnd(18)}${numbers.map((each) => each.padStart(12)).join('')}\n`)
  }
  row(['fault', 'records', 'lost', 'doubled', 'recovered_s'])
  for (const { name, records, lost, doubled, recovered_s } of results) {
    row([name, records, lost, doubled, recovered_s ?? '-'])
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()
