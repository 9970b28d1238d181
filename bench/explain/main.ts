import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { percentile } from '../statistics.ts'
import type { ExplainOptions, ExplainTime, ExplainTimes } from './options.ts'

const CONTRIBUTIONS = '1000000'
const RUNS = '20'
const USES = 100_000
const ACCOUNTS = 1_000
const SHAPE = { rank: 100, classes: 10, checkpointCount: 5 }
const CHILD = fileURLToPath(new URL('./explain-run.js', import.meta.url))
const TALLY = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const OUTPUT_BYTES_MAX = 1 << 26
const GOALS = { factor_missing: 1_000, factor_cached: 200 }

export interface ExplainFlags {
  readonly contributions?: string
  readonly runs?: string
  readonly json: boolean
}

interface Percentiles {
  readonly p50_ms: number
  readonly p95_ms: number
}

interface EnginePercentiles extends Percentiles {
  readonly cpu_p50_ms: number
}

export interface ExplainReport {
  readonly contributions: number
  readonly uses: number
  readonly accounts: number
  readonly runs: number
  /** In a process that has the warehouse open. */
  readonly engine: {
    readonly factor_cached: EnginePercentiles
    readonly factor_missing: EnginePercentiles
    readonly nothing_cached: EnginePercentiles
  }
  /** `tally explain`, from the start to the end of its process. */
  readonly command: { readonly factor_cached: Percentiles; readonly factor_missing: Percentiles }
  readonly peak_mib_cached: number
  readonly peak_mib: number
}

/** @returns false when a flag is no count */
export async function runExplainBench(flags: ExplainFlags): Promise<boolean> {
  const [contributions, runs] = [Number(flags.contributions ?? CONTRIBUTIONS), Number(flags.runs ?? RUNS)]
  if (![contributions, runs].every((count) => Number.isInteger(count) && count >= 1)) return false
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const report = benchExplain({ folder, contributions, uses: USES, accounts: ACCOUNTS, shape: SHAPE, runs })
    if (flags.json) console.log(JSON.stringify(report, null, 2))
    else print(report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return true
}

/** @param options with an empty folder */
function benchExplain(options: ExplainOptions): ExplainReport {
  const { folder, contributions, uses, accounts, runs } = options
  console.error(`A ledger of ${contributions} contributions and ${uses} uses …`)
  child('make', options)
  console.error('Explaining …')
  const command = {
    factor_cached: commandTimes(options, () => undefined),
    factor_missing: commandTimes(options, () => removeFactors(join(folder, 'cache'))),
  }
  const times = JSON.parse(child('explain', options)) as ExplainTimes
  return {
    contributions,
    uses,
    accounts,
    runs,
    engine: {
      factor_cached: enginePercentiles(times.factor_cached),
      factor_missing: enginePercentiles(times.factor_missing),
      nothing_cached: enginePercentiles(times.nothing_cached),
    },
    command,
    peak_mib_cached: times.peak_mib_cached,
    peak_mib: times.peak_mib,
  }
}

function child(what: 'make' | 'explain', options: ExplainOptions): string {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  return execFileSync(process.execPath, [CHILD, what, JSON.stringify(options)], { encoding: 'utf8', stdio })
}

function commandTimes({ folder, uses, runs }: ExplainOptions, prepare: () => void): Percentiles {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    prepare()
    const id = `use-${Math.floor((run * uses) / runs)}`
    const start = performance.now()
    execFileSync(process.execPath, [TALLY, 'explain', id, '--data', folder, '--json'], { maxBuffer: OUTPUT_BYTES_MAX })
    times.push(performance.now() - start)
  }
  return percentiles(times)
}

function removeFactors(cache: string): void {
  for (const name of readdirSync(cache)) if (name.startsWith('factor-')) rmSync(join(cache, name))
}

function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b)
  return { p50_ms: percentile(sorted, 50), p95_ms: percentile(sorted, 95) }
}

function enginePercentiles(times: readonly ExplainTime[]): EnginePercentiles {
  const cpu = times.map(({ cpu_ms }) => cpu_ms).sort((a, b) => a - b)
  return { ...percentiles(times.map(({ wall_ms }) => wall_ms)), cpu_p50_ms: percentile(cpu, 50) }
}

function print({ contributions, runs, engine, command, peak_mib_cached, peak_mib }: ExplainReport): void {
  const line = (name: string, { p50_ms, p95_ms }: Percentiles, note = '') =>
    console.log(`${name.padEnd(44)} ${p50_ms.toFixed(0).padStart(7)} ${p95_ms.toFixed(0).padStart(7)} ms   ${note}`)
  const cpu = ({ cpu_p50_ms }: EnginePercentiles) => `${cpu_p50_ms.toFixed(0)} ms CPU`
  console.log(`\nOne use explained over ${contributions} contributions, ${runs} uses       p50     p95`)
  line(
    'open warehouse, factor cached',
    engine.factor_cached,
    `${cpu(engine.factor_cached)}; goal ${GOALS.factor_cached}`,
  )
  line(
    'open warehouse, factor made anew',
    engine.factor_missing,
    `${cpu(engine.factor_missing)}; goal ${GOALS.factor_missing}`,
  )
  line('open warehouse, nothing cached (once)', engine.nothing_cached, cpu(engine.nothing_cached))
  line('tally explain, factor cached', command.factor_cached)
  line('tally explain, factor made anew', command.factor_missing)
  console.log(`Memory: ${Math.round(peak_mib_cached)} MiB at most from the files, ${Math.round(peak_mib)} without any`)
}
