import type { Kernels } from '../kernel/kernels.ts'
import { type GradientRows, pickRows } from './gradient-rows.ts'

/** So many sums are made at a time: 256 · 4,096 cells are 8 MiB. */
const GROUPS_AT_A_TIME = 256
/** A gradient's entry is below 2^41, so sums stay below 2^62: what an account has more makes another group. */
const ROWS_MAX = 2 ** 20

/** Ψ of docs/attribution.md step 3 for each group that has rows, made anew each time they are asked for: a few at a time in memory. */
export class GroupSums {
  readonly count: number
  /** D. */
  readonly size: number
  readonly #kernels: Kernels
  readonly #rows: GradientRows
  readonly #u: Uint32Array
  readonly #order: Uint32Array
  /** Where each group begins in #order, and the end. */
  readonly #starts: Uint32Array

  /** @param group one a row; groups without rows are left out */
  constructor(kernels: Kernels, rows: GradientRows, u: Uint32Array, group: Uint32Array) {
    this.size = rows.rank * rows.classes
    this.#kernels = kernels
    this.#rows = rows
    this.#u = u
    // The sort is stable, so that rows of a group stay in accept order.
    this.#order = Uint32Array.from(group.keys()).sort((a, b) => group[a]! - group[b]!)
    this.#starts = startsOf(group, this.#order)
    this.count = this.#starts.length - 1
  }

  /** Ascending by group; each D cells. */
  async *each(): AsyncGenerator<BigInt64Array> {
    for (let from = 0; from < this.count; from += GROUPS_AT_A_TIME) {
      const to = Math.min(this.count, from + GROUPS_AT_A_TIME)
      const sums = await this.#sumsOf(from, to)
      for (let at = 0; at < to - from; at++) yield sums.subarray(at * this.size, (at + 1) * this.size)
    }
  }

  #sumsOf(from: number, to: number): Promise<BigInt64Array> {
    const order = this.#order.subarray(this.#starts[from]!, this.#starts[to]!)
    const group = new Uint32Array(order.length)
    for (let at = from; at < to; at++)
      group.fill(at - from, this.#starts[at]! - this.#starts[from]!, this.#starts[at + 1]! - this.#starts[from]!)
    const u = Uint32Array.from(order, (row) => this.#u[row]!)
    return this.#kernels.groupGradients(pickRows(this.#rows, order), u, group, to - from)
  }
}

/** Where runs of rows of one group begin, and the end. */
function startsOf(group: Uint32Array, order: Uint32Array): Uint32Array {
  const starts: number[] = []
  for (let at = 0; at < order.length; at++) {
    const isFirst = at === 0 || group[order[at]!] !== group[order[at - 1]!]
    if (isFirst || at - starts.at(-1)! === ROWS_MAX) starts.push(at)
  }
  return Uint32Array.from([...starts, order.length])
}
