import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PeriodMeasured, PeriodOptions, Times } from './attribution/measured.ts'
import { benchPairs, type PairRate } from './attribution/pairs.ts'
import type { BenchShape } from './attribution/synthetic.ts'
import { openPython } from './python.ts'

const ACCOUNTS = 1_000
const SHAPES: readonly BenchShape[] = [
  { kind: 'factored', rank: 100, classes: 10, checkpointCount: 5 },
  { kind: 'dense', rank: 512, classes: 1, checkpointCount: 0 },
]
const SIZES = '10000,100000,1000000'
const QUICK_SIZES = '2000'
const PAIRS = { events: 2_000, contributions: 30_000 }
const QUICK_PAIRS = { events: 200, contributions: 4_000 }
/** Of which the median counts. */
const PAIR_ROUNDS = 3
const PEERS = {
  packages: ['numpy==2.4.6', 'faiss-cpu==1.15.1', 'packaging==26.3'],
  script: new URL('./attribution/peers.py', import.meta.url),
}
const CHILD = fileURLToPath(new URL('./attribution/period-run.js', import.meta.url))
/** The goals of a period and of pairs. */
const KERNEL_SHARE = 1.3
const FIXED_SHARE = 2
const GOALS = { sql: 25, numpy: 0.65 }

/** As they are given on the command line. */
export interface AttributionFlags {
  readonly sizes?: string
  readonly threads?: string
  readonly quick: boolean
  readonly json: boolean
}

interface Options {
  /** Contributions, and as many paid uses, of each period. */
  readonly sizes: readonly number[]
  readonly threads: number
  readonly isQuick: boolean
  readonly json: boolean
}

export interface PeriodReport extends PeriodMeasured {
  readonly shape: BenchShape
  /** Time of the period by 1.3 × pair kernel + 2 × (reading + solve): at most 1 is the goal. */
  readonly goal_ratio: Times
  /** Time of one more contribution and then the period, by solve + one pass over contributions and uses: at most 1.2 is the goal. */
  readonly one_more_ratio: Times
  readonly numpy?: Times
}

/**
 * Pairs beside numpy, FAISS and SQL, then periods beside numpy: everything in one run, one after the other.
 *
 * @returns false when a flag is no count
 */
export async function runAttributionBench(flags: AttributionFlags): Promise<boolean> {
  const sizes = (flags.sizes ?? (flags.quick ? QUICK_SIZES : SIZES)).split(',').map(Number)
  const threads = flags.threads === undefined ? availableParallelism() : Number(flags.threads)
  if (![...sizes, threads].every((count) => Number.isInteger(count) && count >= 1)) return false
  await benchAttribution({ sizes, threads, isQuick: flags.quick, json: flags.json })
  return true
}

async function benchAttribution({ sizes, threads, isQuick, json }: Options): Promise<void> {
  const say = (line: string) => json || console.error(line)
  const python = openPython(PEERS)
  if ('missing' in python) console.error(`numpy and FAISS skipped: ${python.missing}.`)
  say('Pairs …')
  const pairs = await benchPairs(isQuick ? QUICK_PAIRS : PAIRS, isQuick ? 1 : PAIR_ROUNDS, python)
  if (!json) printPairs(pairs)
  const periods: PeriodReport[] = []
  for (const shape of SHAPES) {
    for (const size of sizes) {
      say(`A period of ${size} contributions and ${size} uses, ${shape.kind} …`)
      const period = benchPeriod(shape, size, threads, python)
      periods.push(period)
      // At once: the next may take long.
      if (!json) printPeriod(period)
    }
  }
  if (json) console.log(JSON.stringify({ threads, accounts: ACCOUNTS, pairs, periods }))
}

function benchPeriod(
  shape: BenchShape,
  size: number,
  threads: number,
  python: ReturnType<typeof openPython>,
): PeriodReport {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const options: PeriodOptions = { shape, contributions: size, events: size, accounts: ACCOUNTS, threads, folder }
    const out = execFileSync(process.execPath, [CHILD, JSON.stringify(options)], { encoding: 'utf8' })
    const measured = JSON.parse(out) as PeriodMeasured
    const goal_ratio = { wall_s: ratioOf(measured, 'wall_s'), cpu_s: ratioOf(measured, 'cpu_s') }
    const one_more_ratio = { wall_s: oneMoreRatioOf(measured, 'wall_s'), cpu_s: oneMoreRatioOf(measured, 'cpu_s') }
    const report = { ...measured, shape, goal_ratio, one_more_ratio }
    if ('missing' in python) return report
    const { numpy } = python.run(['period', folder], threads) as { numpy: Times }
    return { ...report, numpy }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function ratioOf({ kernel, reading, solve, ...period }: PeriodMeasured, time: keyof Times): number {
  return period[time] / (KERNEL_SHARE * kernel[time] + FIXED_SHARE * (reading[time] + solve[time]))
}

function oneMoreRatioOf({ one_more, solve, stages, ...period }: PeriodMeasured, time: keyof Times): number {
  const pass = stages.reduce((sum, stage) => sum + stage[time], 0)
  return (one_more[time] + period[time]) / (solve[time] + pass)
}

function printPairs(pairs: readonly PairRate[]): void {
  const rate = (name: string) => pairs.find((each) => each.name === name)?.mpairs_per_s
  console.log('\nPairs of 512 dimensions, one thread, by processor time')
  for (const each of pairs) console.log(`${each.name.padEnd(32)} ${each.mpairs_per_s.toFixed(2).padStart(9)} Mpairs/s`)
  const own = rate('tallystick')!
  console.log(`tallystick to DuckDB SQL: ${(own / rate('DuckDB SQL')!).toFixed(1)} (goal ${GOALS.sql})`)
  const numpy = rate('numpy, same sums')
  if (numpy !== undefined) console.log(`tallystick to numpy: ${(own / numpy).toFixed(2)} (goal ${GOALS.numpy})`)
}

function printPeriod(each: PeriodReport): void {
  const { shape, contributions, events, threads } = each
  const dims = shape.kind === 'dense' ? `dense ${shape.rank}` : `${shape.rank} × ${shape.classes} classes`
  console.log(`\n${contributions} contributions, ${events} uses, ${ACCOUNTS} accounts, ${dims}, ${threads} thread(s)`)
  const line = (name: string, { wall_s, cpu_s }: Times, note = '') =>
    console.log(`${name.padEnd(32)} ${wall_s.toFixed(2).padStart(9)} s ${cpu_s.toFixed(2).padStart(9)} s CPU ${note}`)
  line('period', each, `${Math.round(each.peak_mib)} MiB at most`)
  for (const stage of each.stages) line(`  ${stage.name}`, stage, `${stage.calls} call(s)`)
  line('pair kernel, uses × accounts', each.kernel)
  line('solves', each.solve)
  line('reading the features', each.reading)
  if (each.numpy !== undefined) {
    line('numpy', each.numpy)
    console.log(`numpy's time to the period's: ${(each.numpy.wall_s / each.wall_s).toFixed(2)} (goal 1)`)
  }
  const { wall_s, cpu_s } = each.goal_ratio
  console.log(`of the goal: ${wall_s.toFixed(2)} (${cpu_s.toFixed(2)} by CPU); at most 1 is the goal`)
  const more = each.one_more_ratio
  console.log(
    `one more contribution: ${more.wall_s.toFixed(2)} (${more.cpu_s.toFixed(2)} by CPU) of solve and one pass (goal 1.2)`,
  )
  console.log(`keeping K up to date: ${each.curvature_us.toFixed(1)} µs CPU a contribution`)
}
