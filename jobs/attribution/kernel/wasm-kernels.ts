import type { GradientRows } from '../bilinear/gradient-rows.ts'
import type { FeatureRows } from '../rows.ts'
import { addCurvature, curvatureSums, spreadCurvature } from './curvature-sums.ts'
import { batches, byGroup, type Run } from './group-runs.ts'
import type { Kernels, PairQuery, PairSummary, Weights } from './kernels.ts'
import { Layout } from './layout.ts'
import type { Machine, Work } from './machine.mjs'
import { addDigits, DIGITS, subtractTriangle, upToEight } from './merge-sums.ts'
import { byShift, inOrder, packVectors, packWideVector } from './panels.ts'
import { checkGroupGradients, plainKernels } from './plain.ts'
import type { Block, Job, Pool } from './pool.ts'
import { wasmPairs } from './wasm-pairs.ts'

/** Rows of a block, so many that messages between threads do not count … */
const ROWS_MAX = 16_384
/** … and where each row costs much, so few that all threads end at about the same time. */
const SCORE_ROWS_MAX = 1_024
const CURVATURE_ROWS_MAX = 4_096
const OUTER_ROWS_MAX = 256
/** Sums of a block: 4 MiB at D = 1,000. */
const GROUP_CELLS_MAX = 1 << 19
const MOVEMENT_SUMS = 4

/** The kernels in WebAssembly on the threads of a pool; the same bits as `plainKernels`. */
export class WasmKernels implements Kernels {
  readonly #pool: Pool
  /** To ask for sizes: the work is the pool's. */
  readonly #sizes: Machine['functions']

  constructor(pool: Pool, machine: Machine) {
    this.#pool = pool
    this.#sizes = machine.functions
  }

  async movements(rows: GradientRows, vectors: Int16Array, shifts: Uint8Array): Promise<BigInt64Array> {
    const { order, panelShifts } = byShift(shifts)
    const panels = packVectors(vectors, rows.rank, rows.classes, order)
    const out = new BigInt64Array(rows.count)
    const layout = new Layout()
    const panelsAt = layout.place(panels.byteLength)
    const shiftsAt = layout.place(panelShifts.length)
    await this.#pool.run({
      first: work(layout, [
        { at: panelsAt, from: panels },
        { at: shiftsAt, from: panelShifts },
      ]),
      blocks: this.#scoreBlocks(rows, layout, MOVEMENT_SUMS * 8, SCORE_ROWS_MAX, (place) => ({
        call: {
          name: 'movements',
          args: [...place.rows, panelsAt, panelShifts.length, shiftsAt, place.out, place.scratch],
        },
        onDone: (sums) => {
          const parts = new BigInt64Array(sums)
          for (let row = 0; row * MOVEMENT_SUMS < parts.length; row++) {
            const [a, b, c, d] = parts.subarray(row * MOVEMENT_SUMS)
            const positive = c! + d!
            const negative = positive - a! - b!
            out[place.from + row] = 1n + (positive > negative ? positive : negative)
          }
        },
      })),
    })
    return out
  }

  async squares(rows: GradientRows, vectors: Int16Array, shift: number): Promise<Float64Array> {
    const count = vectors.length / (rows.rank * rows.classes)
    const panels = packVectors(vectors, rows.rank, rows.classes, inOrder(count))
    const out = new Float64Array(rows.count)
    const layout = new Layout()
    const panelsAt = layout.place(panels.byteLength)
    await this.#pool.run({
      first: work(layout, [{ at: panelsAt, from: panels }]),
      blocks: this.#scoreBlocks(rows, layout, 8, SCORE_ROWS_MAX, (place) => ({
        call: { name: 'squares', args: [...place.rows, panelsAt, count, shift, place.out, place.scratch] },
        onDone: (sums) => out.set(Float64Array.from(new BigInt64Array(sums), Number), place.from),
      })),
    })
    return out
  }

  async project(rows: GradientRows, v: Int32Array): Promise<Float64Array> {
    const panels = packWideVector(v, rows.rank, rows.classes)
    const out = new Float64Array(rows.count)
    const layout = new Layout()
    const panelsAt = layout.place(panels.byteLength)
    await this.#pool.run({
      first: work(layout, [{ at: panelsAt, from: panels }]),
      blocks: this.#scoreBlocks(rows, layout, 8, ROWS_MAX, (place) => ({
        call: { name: 'project', args: [...place.rows, panelsAt, place.out, place.scratch] },
        onDone: (values) => out.set(new Float64Array(values), place.from),
      })),
    })
    return out
  }

  async weightedSum(rows: GradientRows, m: Weights): Promise<bigint[]> {
    const [sum] = await this.weightedSums(rows, m, 1)
    return sum!
  }

  async weightedSums(rows: GradientRows, m: Weights, buckets: number): Promise<bigint[][]> {
    const { rank, classes } = rows
    const layout = new Layout()
    const length = buckets * classes * DIGITS * upToEight(rank) * 8
    const total = { at: layout.place(length), length }
    // Every block begins with bucket 0.
    const rowsEach = Math.ceil(this.#rowsEach(rows.count, ROWS_MAX) / buckets) * buckets
    const places = placeRows(layout, rows, rowsEach)
    const weightsAt = layout.place(rowsEach * 24)
    const scratch = layout.place(this.#size('bucketBytes', rank, classes))
    const sums = Array.from({ length: buckets }, () => new Array<bigint>(rank * classes).fill(0n))
    await this.#pool.run({
      first: { ...work(layout, []), clear: total },
      blocks: ranges(rows.count, rowsEach).map(({ from, to }) => {
        const some = to - from
        const weights = m.map((limb, at) => ({ at: weightsAt + at * some * 8, from: limb.subarray(from, to) }))
        const args = [places.factors, places.errors, weightsAt, some, rank, classes, buckets, total.at, scratch]
        const copies = [...copyRows(places, rows, from, to), ...weights]
        return { work: { ...work(layout, copies), call: { name: 'weightedSums', args } } }
      }),
      last: {
        work: { ...work(layout, []), results: [total] },
        onDone: ({ outputs }) => addDigits(sums, new BigInt64Array(outputs[0]!.buffer), rank, classes),
      },
    })
    return sums
  }

  async groupGradients(rows: GradientRows, u: Uint32Array, group: Uint32Array, groups: number): Promise<BigInt64Array> {
    checkGroupGradients(rows, u, group, groups)
    const size = rows.rank * rows.classes
    const sums = new BigInt64Array(groups * size)
    const grouped = byGroup(rows, u, group, groups)
    const groupsMax = Math.max(1, Math.floor(GROUP_CELLS_MAX / size))
    const cuts = new Set<number>()
    const onSums = (batch: readonly Run[], bytes: ArrayBuffer) => {
      const parts = new BigInt64Array(bytes)
      for (const [at, run] of batch.entries()) {
        const part = parts.subarray(at * size, (at + 1) * size)
        const into = sums.subarray(run.group * size, (run.group + 1) * size)
        if (cuts.has(run.group)) for (let cell = 0; cell < size; cell++) into[cell]! += part[cell]!
        else into.set(part)
        cuts.add(run.group)
      }
    }
    await this.#pool.run({ blocks: this.#groupBlocks(grouped, groupsMax, onSums) })
    return sums
  }

  *#groupBlocks(
    { rows, u, runs }: ReturnType<typeof byGroup>,
    groupsMax: number,
    onSums: (batch: readonly Run[], bytes: ArrayBuffer) => void,
  ): Generator<Block> {
    const { rank, classes } = rows
    const layout = new Layout()
    const rowsEach = this.#rowsEach(rows.count, ROWS_MAX)
    const places = placeRows(layout, rows, rowsEach)
    const uAt = layout.place(rowsEach * 4)
    const countsAt = layout.place(groupsMax * 4)
    const outAt = layout.place(groupsMax * rank * classes * 8)
    const scratch = layout.place(this.#size('sumBytes', rank, classes))
    for (const batch of batches(runs, rowsEach, groupsMax)) {
      const from = batch[0]!.from
      const to = batch.at(-1)!.to
      const counts = Uint32Array.from(batch, (run) => run.to - run.from)
      const copies = [
        ...copyRows(places, rows, from, to),
        { at: uAt, from: u.subarray(from, to) },
        { at: countsAt, from: counts },
      ]
      const args = [places.factors, places.errors, uAt, countsAt, batch.length, rank, classes, outAt, scratch]
      const results = [{ at: outAt, length: batch.length * rank * classes * 8 }]
      yield {
        work: { ...work(layout, copies), call: { name: 'groupSums', args }, results },
        onDone: ({ outputs }) => onSums(batch, outputs[0]!.buffer),
      }
    }
  }

  async curvature(rows: FeatureRows, kind: 'softmax' | 'gram', from: number, to: number): Promise<BigInt64Array> {
    const plan = curvatureSums(rows, kind, from, to, this.#sizes)
    if (plan === undefined) return plainKernels.curvature(rows, kind, from, to)
    const total = new BigInt64Array(plan.cells)
    let isTooWide = false
    const job: Job = {
      first: plan.first,
      blocks: plan.blocks(this.#rowsEach(to - from, CURVATURE_ROWS_MAX), (value) => {
        if (value === 0) isTooWide = true
      }),
      last: { work: plan.last, onDone: ({ outputs }) => addCurvature(total, new BigInt64Array(outputs[0]!.buffer)) },
    }
    await this.#pool.run(job)
    return isTooWide ? plainKernels.curvature(rows, kind, from, to) : spreadCurvature(total, rows, kind)
  }

  async outerSum(y: Float64Array, size: number): Promise<Float64Array> {
    const count = y.length / size
    const wide = (size + 3) & ~3
    const sums = new Float64Array(size * size)
    const layout = new Layout()
    const total = { at: layout.place(wide * wide * 8), length: wide * wide * 8 }
    const rowsEach = this.#rowsEach(count, OUTER_ROWS_MAX)
    const yAt = layout.place(rowsEach * size * 8)
    const scratch = layout.place(this.#size('outerBytes', size))
    await this.#pool.run({
      first: { ...work(layout, []), clear: total },
      blocks: ranges(count, rowsEach).map(({ from, to }) => {
        const copies = [{ at: yAt, from: y.subarray(from * size, to * size) }]
        return {
          work: { ...work(layout, copies), call: { name: 'outer', args: [yAt, to - from, size, total.at, scratch] } },
        }
      }),
      last: {
        work: { ...work(layout, []), results: [total] },
        onDone: ({ outputs }) => subtractTriangle(sums, new Float64Array(outputs[0]!.buffer), size, wide),
      },
    })
    return sums
  }

  scorePairs(rows: GradientRows, query: PairQuery): Promise<PairSummary> {
    return wasmPairs(this.#pool, this.#sizes, rows, query)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  /** Blocks of rows that give so many bytes a row. */
  *#scoreBlocks(
    rows: GradientRows,
    shared: Layout,
    outBytes: number,
    rowsMax: number,
    describe: (place: Place) => { call: NonNullable<Work['call']>; onDone: (bytes: ArrayBuffer) => void },
  ): Generator<Block> {
    const layout = shared.copy()
    const rowsEach = this.#rowsEach(rows.count, rowsMax)
    const places = placeRows(layout, rows, rowsEach)
    const out = layout.place(rowsEach * outBytes)
    const scratch = layout.place(this.#size('scoreBytes', rows.rank, rows.classes))
    for (const { from, to } of ranges(rows.count, rowsEach)) {
      const args = [places.factors, places.errors, to - from, rows.rank, rows.classes]
      const { call, onDone } = describe({ from, rows: args, out, scratch })
      const result = { at: out, length: (to - from) * outBytes }
      yield {
        work: { ...work(layout, copyRows(places, rows, from, to)), clear: result, call, results: [result] },
        onDone: ({ outputs }) => onDone(outputs[0]!.buffer),
      }
    }
  }

  /** At least a block for each thread. */
  #rowsEach(count: number, most: number): number {
    return Math.max(1, Math.min(most, Math.ceil(count / this.#pool.threads)))
  }

  #size(name: string, ...args: number[]): number {
    return this.#sizes[name]!(...args)
  }
}

/** Where a block of rows lies and what comes out of it. */
interface Place {
  readonly from: number
  /** factors, errors, how many, rank, classes: how every function of the kernel begins. */
  readonly rows: readonly number[]
  readonly out: number
  readonly scratch: number
}

function work(layout: Layout, copies: Work['copies']): Work {
  return { bytes: layout.bytes, copies, results: [] }
}

function placeRows(layout: Layout, { rank, classes }: GradientRows, count: number) {
  return { factors: layout.place(count * rank), errors: layout.place(count * classes * 2) }
}

function copyRows(
  places: { factors: number; errors: number },
  { rank, classes, factors, errors }: GradientRows,
  from: number,
  to: number,
): Work['copies'] {
  return [
    { at: places.factors, from: factors.subarray(from * rank, to * rank) },
    { at: places.errors, from: errors.subarray(from * classes, to * classes) },
  ]
}

function ranges(count: number, each: number): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(count / each) }, (_, at) => ({
    from: at * each,
    to: Math.min(count, (at + 1) * each),
  }))
}
