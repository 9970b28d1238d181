import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { median } from '../statistics.ts'
import type { Contender, MeasuredTree } from './measured.ts'

const ACCOUNTS = '1000000'
const RUNS = '5'
const SEED = '1'
/** The library takes too long, and too much memory, for as many as the others. */
const OPENZEPPELIN_ACCOUNTS_MAX = 20_000
/** Of the tree's time to that of its hashes. */
const GOAL = 1.5
const CHILD = fileURLToPath(new URL('./contender.js', import.meta.url))

export interface PayoutTreeFlags {
  readonly accounts?: string
  readonly threads?: string
  readonly runs?: string
  readonly seed?: string
  readonly json: boolean
}

interface Report {
  readonly accounts: number
  readonly threads: number
  readonly runs: number
  readonly seed: string
  /** Medians of the runs, by contender. */
  readonly measured: Readonly<Record<Contender, MeasuredTree>>
  /** Time of the tree to that of its bare hashes, by keccak.wasm and by hash-wasm, on as many threads. */
  readonly ratio: number
  /** The first of them in processor time of all threads. */
  readonly ratio_cpu: number
  readonly ratio_shuffled: number
  readonly ratio_hash_wasm: number
  readonly openzeppelin_accounts: number
  /** OpenZeppelin's time for as many accounts as the tree has, by proportion: it grows a little faster. */
  readonly openzeppelin_scaled_ms: number
}

/** @returns false when a flag is no count */
export function runPayoutTreeBench(flags: PayoutTreeFlags): boolean {
  const [accounts, runs] = [Number(flags.accounts ?? ACCOUNTS), Number(flags.runs ?? RUNS)]
  const threads = Number(flags.threads ?? availableParallelism())
  if (![accounts, runs, threads].every((count) => Number.isInteger(count) && count >= 1)) return false
  const report = benchPayoutTree({ accounts, threads, runs, seed: flags.seed ?? SEED })
  if (flags.json) console.log(JSON.stringify(report, null, 2))
  else print(report)
  return true
}

function benchPayoutTree({ accounts, threads, runs, seed }: Pick<Report, 'accounts' | 'threads' | 'runs' | 'seed'>) {
  const openzeppelin_accounts = Math.min(accounts, OPENZEPPELIN_ACCOUNTS_MAX)
  const all: Record<Contender, MeasuredTree[]> = {
    tree: [],
    shuffled: [],
    hashing: [],
    'hash-wasm': [],
    openzeppelin: [],
  }
  for (let run = 1; run <= runs; run++) {
    for (const name of Object.keys(all) as Contender[]) {
      if (name === 'openzeppelin' && run > 1) continue
      console.error(`${name}, run ${run} of ${name === 'openzeppelin' ? 1 : runs}`)
      const own = name === 'openzeppelin' ? openzeppelin_accounts : accounts
      const options = JSON.stringify({ accounts: own, threads, seed })
      const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
      all[name].push(JSON.parse(execFileSync(process.execPath, [CHILD, name, options], { encoding: 'utf8', stdio })))
    }
  }
  const measured = Object.fromEntries(Object.entries(all).map(([name, times]) => [name, medianOf(times)])) as Record<
    Contender,
    MeasuredTree
  >
  const { tree, shuffled, hashing, openzeppelin } = measured
  const report: Report = {
    accounts,
    threads,
    runs,
    seed,
    measured,
    ratio: tree.wall_ms / hashing.wall_ms,
    ratio_cpu: tree.cpu_ms / hashing.cpu_ms,
    ratio_shuffled: shuffled.wall_ms / hashing.wall_ms,
    ratio_hash_wasm: tree.wall_ms / measured['hash-wasm'].wall_ms,
    openzeppelin_accounts,
    openzeppelin_scaled_ms: (openzeppelin.wall_ms * accounts) / openzeppelin_accounts,
  }
  return report
}

function medianOf(times: readonly MeasuredTree[]): MeasuredTree {
  const of = (pick: (time: MeasuredTree) => number) => median(times.map(pick))
  const stored = times.flatMap((time) => time.stored ?? [])
  return {
    wall_ms: of(({ wall_ms }) => wall_ms),
    cpu_ms: of(({ cpu_ms }) => cpu_ms),
    before_mib: of(({ before_mib }) => before_mib),
    peak_mib: of(({ peak_mib }) => peak_mib),
    ...(stored.length > 0 && {
      stored: {
        write_ms: median(stored.map(({ write_ms }) => write_ms)),
        mib: median(stored.map(({ mib }) => mib)),
        proof_ms: median(stored.map(({ proof_ms }) => proof_ms)),
      },
    }),
  }
}

function print(report: Report): void {
  const { accounts, threads, runs, measured, ratio, ratio_cpu, ratio_shuffled, ratio_hash_wasm } = report
  const { tree, shuffled, hashing, openzeppelin } = measured
  console.log(`\nPayout tree of ${accounts} accounts, ${threads} threads, median of ${runs} runs`)
  const line = (name: string, { wall_ms, cpu_ms, peak_mib, before_mib }: MeasuredTree, note = '') => {
    const times = `${wall_ms.toFixed(0).padStart(7)} ms ${cpu_ms.toFixed(0).padStart(7)} ms CPU`
    const memory = `${Math.round(peak_mib).toString().padStart(5)} MiB (${Math.round(before_mib)} before)`
    console.log(`${name.padEnd(36)} ${times} ${memory}  ${note}`)
  }
  line('its hashes alone, keccak.wasm', hashing, 'the limit')
  line('its hashes alone, hash-wasm', measured['hash-wasm'])
  const ofLimit = `${ratio.toFixed(2)} of the limit (${ratio_cpu.toFixed(2)} of its processor time), goal ${GOAL}`
  line('tree', tree, `${ofLimit}; ${ratio_hash_wasm.toFixed(2)} of hash-wasm`)
  line('tree, accounts in no order', shuffled, `${ratio_shuffled.toFixed(2)} of the limit`)
  const scaled = `${(report.openzeppelin_scaled_ms / 1e3).toFixed(0)} s for all, by proportion`
  line(`OpenZeppelin’s, ${report.openzeppelin_accounts} accounts, 1 thread`, openzeppelin, scaled)
  const { write_ms, mib, proof_ms } = tree.stored!
  console.log(
    `Stored: ${mib.toFixed(0)} MiB in ${write_ms.toFixed(0)} ms; one proof from the file, verified: ${proof_ms.toFixed(1)} ms`,
  )
}
