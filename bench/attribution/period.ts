import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fullCurvature } from '../../jobs/attribution/bilinear/curvature.ts'
import { eventGradients, itemGradients } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../../jobs/attribution/bilinear/leverage.ts'
import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import { methodFor } from '../../jobs/attribution/methods.ts'
import type { FeatureRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'
import { type PeriodMeasured, type PeriodOptions, type Stage, timed } from './measured.ts'
import { type BenchShape, Dice, syntheticEvents, syntheticItems, syntheticRows } from './synthetic.ts'

const SEED = 1
/** K is kept up to date by whoever runs periods, so the bench does not sum it over all contributions. */
const CURVATURE_ROWS = 20_000
/** The pair kernel's time is proportional to the events. */
const KERNEL_EVENTS = 20_000
const METHODS = { factored: 'influence/factored@2', dense: 'influence/dense@1' } as const
const DATA_PARTS = 500_000
const LEVEL = 1n << 150n

/**
 * A period of synthetic features by the method that is the default for their kind, stage by stage, and beside it the pair
 * kernel, the solves and the reading that its goal is stated in. The data is left in `folder` for whoever does the same.
 */
export async function measurePeriod(kernels: Kernels, options: PeriodOptions): Promise<PeriodMeasured> {
  const { shape, contributions, events, accounts, threads, folder } = options
  const dice = new Dice(SEED)
  const items = syntheticItems(syntheticRows(shape, contributions, dice), accounts, dice)
  const uses = syntheticEvents(syntheticRows(shape, events, dice), dice)
  const k = await timed(() =>
    kernels.curvature(items.rows, kindOfCurvature(shape), 0, Math.min(CURVATURE_ROWS, contributions)),
  )
  const curvature = k.value.map((entry) => entry * BigInt(Math.max(1, Math.floor(contributions / CURVATURE_ROWS))))
  const stages: Stage[] = []
  const period = await timed(() =>
    methodFor(METHODS[shape.kind], shape.kind).attribute({
      accounts,
      items,
      events: uses,
      dataParts: DATA_PARTS,
      minEvents: 1,
      dBarFixed: LEVEL,
      kernels: observed(kernels, stages),
      curvature,
    }),
  )
  const oneMore = await timed(async () => {
    const added = await kernels.curvature(items.rows, kindOfCurvature(shape), 0, 1)
    for (let cell = 0; cell < curvature.length; cell++) curvature[cell]! += added[cell]!
  })
  const peak_mib = process.resourceUsage().maxRSS / 1024
  const size = shape.rank * shape.classes
  const solve = await timed(() => {
    const { factor } = fullCurvature(curvature, size)
    factor.substituteAll(new Float64Array(Math.min(accounts, 2_048) * size).fill(1))
    return factor.solve(new Float64Array(size).fill(1))
  })
  const some = pairsOf(size, Math.min(events, KERNEL_EVENTS), accounts)
  const kernel = await timed(() => kernels.scorePairs(some.rows, some.query))
  const scale = events / Math.min(events, KERNEL_EVENTS)
  const features = join(folder, 'features.bin')
  writeFeatures(features, [items.rows, uses.rows])
  const reading = await timed(() => readFileSync(features))
  writeForPeers(folder, items, uses, curvature, shape)
  return {
    contributions,
    events,
    threads,
    wall_s: period.wall_s,
    cpu_s: period.cpu_s,
    peak_mib,
    stages,
    curvature_us: (k.cpu_s * 1e6) / Math.min(CURVATURE_ROWS, contributions),
    one_more: { wall_s: oneMore.wall_s, cpu_s: oneMore.cpu_s },
    kernel: { wall_s: kernel.wall_s * scale, cpu_s: kernel.cpu_s * scale },
    solve: { wall_s: solve.wall_s, cpu_s: solve.cpu_s },
    reading: { wall_s: reading.wall_s, cpu_s: reading.cpu_s },
  }
}

function kindOfCurvature({ kind }: BenchShape): 'gram' | 'softmax' {
  return kind === 'dense' ? 'gram' : 'softmax'
}

/** Adds up the time of each kernel; what is left of the period is the solves and the loops of the rule. */
function observed(inner: Kernels, stages: Stage[]): Kernels {
  const stageOf = (name: string) => {
    const found = stages.find((stage) => stage.name === name)
    if (found !== undefined) return found
    const made = { name, calls: 0, wall_s: 0, cpu_s: 0 }
    stages.push(made)
    return made
  }
  const watch =
    <Args extends unknown[], Value>(name: string, call: (...args: Args) => Promise<Value>) =>
    async (...args: Args) => {
      const { value, wall_s, cpu_s } = await timed(() => call(...args))
      const stage = stageOf(name)
      stage.calls++
      stage.wall_s += wall_s
      stage.cpu_s += cpu_s
      return value
    }
  return {
    curvature: watch('curvature', (...args) => inner.curvature(...args)),
    groupGradients: watch('sums of accounts', (...args) => inner.groupGradients(...args)),
    movements: watch('movement of events', (...args) => inner.movements(...args)),
    squares: watch('movement of events', (...args) => inner.squares(...args)),
    weightedSum: watch('demand', (...args) => inner.weightedSum(...args)),
    weightedSums: watch('demand in buckets', (...args) => inner.weightedSums(...args)),
    project: watch('scores of contributions', (...args) => inner.project(...args)),
    outerSum: watch('movement of events', (...args) => inner.outerSum(...args)),
    scorePairs: watch('pairs', (...args) => inner.scorePairs(...args)),
    close: () => inner.close(),
  }
}

/** So many events and all accounts' vectors, each of D int16. */
function pairsOf(size: number, events: number, accounts: number) {
  const dice = new Dice(SEED)
  const shape: BenchShape = { kind: 'dense', rank: size, classes: 1, checkpointCount: 0 }
  return {
    rows: eventGradients(syntheticRows(shape, events, dice)),
    query: {
      vectors: Int16Array.from({ length: accounts * size }, () => dice.below(65_535) - 32_767),
      weights: new Uint32Array(events).fill(1 << 21),
      segmentOf: new Uint32Array(events),
      segments: 1,
      top: 10,
    },
  }
}

/** The bytes of features that a period reads, written where `readFeatures` finds them. */
function writeFeatures(path: string, rows: readonly FeatureRows[]): void {
  writeFileSync(path, '')
  for (const each of rows) {
    const parts = each.kind === 'dense' ? [] : [each.probabilities, each.checkpoints, each.labels]
    for (const { buffer, byteOffset, byteLength } of [each.factors, each.multipliers, ...parts])
      appendFileSync(path, new Uint8Array(buffer, byteOffset, byteLength))
  }
}

function writeForPeers(
  folder: string,
  items: PeriodItems,
  uses: PeriodEvents,
  curvature: BigInt64Array,
  { rank, classes }: BenchShape,
): void {
  const gradients = { items: itemGradients(items.rows), events: eventGradients(uses.rows) }
  const arrays: Record<string, ArrayBufferView> = {
    'items.factors': gradients.items.factors,
    'items.errors': gradients.items.errors,
    'items.u': cappedMultipliers(items.rows),
    'items.account': items.account,
    'events.factors': gradients.events.factors,
    'events.errors': gradients.events.errors,
    'events.fee': uses.fees,
    'events.p': uses.p16,
    curvature: Float64Array.from(curvature, Number),
  }
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(arrays))
    writeFileSync(join(folder, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength))
  writeFileSync(join(folder, 'shape.json'), JSON.stringify({ rank, classes }))
}
