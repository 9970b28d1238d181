import type { BenchShape } from './synthetic.ts'

/** Seconds on the clock, and of all threads of the process: other work on the machine disturbs these less. */
export interface Times {
  readonly wall_s: number
  readonly cpu_s: number
}

export interface Stage {
  readonly name: string
  calls: number
  wall_s: number
  cpu_s: number
}

export interface PeriodOptions {
  readonly shape: BenchShape
  readonly contributions: number
  readonly events: number
  readonly accounts: number
  readonly threads: number
  /** Where the data is left for those who do the same. */
  readonly folder: string
}

export interface PeriodMeasured extends Times {
  readonly contributions: number
  readonly events: number
  readonly threads: number
  readonly peak_mib: number
  readonly stages: readonly Stage[]
  /** Processor time of adding one contribution to K. */
  readonly curvature_us: number
  /** Adding one more contribution to K. */
  readonly one_more: Times
  /** The pair kernel on events × accounts. */
  readonly kernel: Times
  /** Factor, one right-hand side an account, and the period's own. */
  readonly solve: Times
  /** Reading the features' bytes. */
  readonly reading: Times
}

export async function timed<Value>(work: () => Value | Promise<Value>): Promise<Times & { readonly value: Value }> {
  const start = performance.now()
  const before = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(before)
  return { value, wall_s: (performance.now() - start) / 1e3, cpu_s: (user + system) / 1e6 }
}
