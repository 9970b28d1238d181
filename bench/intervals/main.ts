import { loadDigits } from '../../examples/digits/dataset.ts'
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import type { ShareInterval } from '../../jobs/attribution/method.ts'
import { METHODS } from '../../jobs/attribution/methods.ts'
import type { Dealing } from '../gates/world.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { Population, type Setting } from './draws.ts'

/** A draw takes about a second of one core: both dealings some two minutes. */
const FULL = { accounts: 30, itemsEach: 60, events: 1_000, rank: 50, draws: 60 } as const
const QUICK = { accounts: 8, itemsEach: 15, events: 100, rank: 10, draws: 5 } as const
const DEALINGS: readonly Dealing[] = ['IID', 'Dirichlet(.3)']
/** The goal of docs/attribution.md for intervals of nominally 90 %. */
const GOAL = [0.85, 0.95] as const

interface IntervalsResult {
  readonly method: string
  readonly goal: typeof GOAL
  readonly settings: readonly (Setting & { readonly draws: number } & Coverage & { readonly pass: boolean })[]
}

interface IntervalsOptions {
  readonly seed: number
  readonly quick: boolean
  readonly onProgress: (text: string) => void
}

/** How often an account's interval of nominally 90 % holds its mean share, over new ensembles and new uses. */
export async function benchIntervals({ seed, quick, onProgress }: IntervalsOptions): Promise<IntervalsResult> {
  const { draws, ...size } = quick ? QUICK : FULL
  const digits = await loadDigits()
  const method = METHODS[0]!
  // Small sums are over before another thread is awake.
  const threads = quick ? { threads: 1 } : {}
  const settings = await withKernels(async (kernels) => {
    const measured = []
    for (const dealing of DEALINGS) {
      const setting = { dealing, seed, ...size }
      const population = new Population(digits, setting)
      const intervals: (readonly ShareInterval[])[] = []
      for (let draw = 0; draw < draws; draw++) {
        onProgress(`${dealing}: draw ${draw + 1} of ${draws}`)
        intervals.push(await population.draw(method, kernels, draw))
      }
      const coverage = coverageOf(intervals)
      const pass = coverage.covered >= GOAL[0] && coverage.covered <= GOAL[1]
      measured.push({ ...setting, draws, ...coverage, pass })
    }
    return measured
  }, threads)
  return { method: method.name, goal: GOAL, settings }
}

/** `npm run bench -- intervals`: one JSON document, or a table. @returns false for a seed that is none */
export async function runIntervals(flags: { seed?: string; quick: boolean; json: boolean }): Promise<boolean> {
  const seed = Number(flags.seed ?? 1)
  if (!Number.isInteger(seed) || seed < 0) return false
  const result = await benchIntervals({ seed, quick: flags.quick, onProgress: (text) => console.error(text) })
  if (flags.json) console.log(JSON.stringify(result))
  else console.table(result.settings)
  return true
}
