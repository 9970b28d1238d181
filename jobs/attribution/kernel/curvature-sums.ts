import type { FeatureRows } from '../rows.ts'
import { Layout } from './layout.ts'
import type { Machine, Work } from './machine.mjs'
import { CURVATURE_ROWS_LIMIT } from './plain.ts'
import type { Block } from './pool.ts'

/** Sums of one thread; above it the plain kernel, which needs D² · 8 bytes once, is used. */
const SUM_BYTES_MAX = 1 << 29

/** How K is summed on machines that each have sums of their own. */
interface CurvatureSums {
  /** int64 of one machine. */
  readonly cells: number
  readonly first: Work
  readonly last: Work
  blocks(rowsMax: number, onValue: (value: number) => void): Iterable<Block>
}

/** @returns undefined where the kernel has no way: then `plainKernels` does it, or says why not */
export function curvatureSums(
  rows: FeatureRows,
  kind: 'softmax' | 'gram',
  from: number,
  to: number,
  sizes: Machine['functions'],
): CurvatureSums | undefined {
  const isSoftmax = kind === 'softmax'
  if ((isSoftmax && rows.kind !== 'factored') || to - from > CURVATURE_ROWS_LIMIT) return undefined
  const { rank, factors, multipliers } = rows
  const classes = isSoftmax && rows.kind === 'factored' ? rows.classes : 1
  const cells = coupleCount(classes) * rank * lineCells(rank, isSoftmax)
  if (cells * 8 > SUM_BYTES_MAX) return undefined
  const layout = new Layout()
  const total = { at: layout.place(cells * 8), length: cells * 8 }
  const empty = { copies: [], results: [] }
  return {
    cells,
    first: { bytes: layout.bytes, ...empty, clear: total },
    last: { bytes: layout.bytes, ...empty, results: [total] },
    *blocks(rowsMax, onValue) {
      const inner = layout.copy()
      const factorsAt = inner.place(rowsMax * rank)
      const multipliersAt = inner.place(rowsMax * 2)
      const probabilitiesAt = inner.place(rowsMax * classes * 2)
      const scratch = inner.place(isSoftmax ? sizes.softmaxBytes!(rank, classes) : sizes.gramBytes!(rank))
      for (let at = from; at < to; at += rowsMax) {
        const end = Math.min(to, at + rowsMax)
        const copies = [
          { at: factorsAt, from: factors.subarray(at * rank, end * rank) },
          { at: multipliersAt, from: multipliers.subarray(at, end) },
        ]
        if (isSoftmax && rows.kind === 'factored')
          copies.push({ at: probabilitiesAt, from: rows.probabilities.subarray(at * classes, end * classes) })
        const args = isSoftmax
          ? [factorsAt, multipliersAt, probabilitiesAt, end - at, rank, classes, total.at, scratch]
          : [factorsAt, multipliersAt, end - at, rank, total.at, scratch]
        yield {
          work: { bytes: inner.bytes, copies, call: { name: kind, args }, results: [] },
          onDone: ({ value }) => {
            if (isSoftmax) onValue(value)
          },
        }
      }
    },
  }
}

export function addCurvature(total: BigInt64Array, part: BigInt64Array): void {
  for (let cell = 0; cell < total.length; cell++) {
    const value = part[cell]!
    if (value !== 0n) total[cell]! += value
  }
}

/** The whole symmetric matrix from the sums of one triangle. */
export function spreadCurvature(total: BigInt64Array, rows: FeatureRows, kind: 'softmax' | 'gram'): BigInt64Array {
  const { rank } = rows
  const isSoftmax = kind === 'softmax'
  const classes = isSoftmax && rows.kind === 'factored' ? rows.classes : 1
  const size = rank * classes
  const line = lineCells(rank, isSoftmax)
  const k = new BigInt64Array(size * size)
  let couple = 0
  for (let c = 0; c < classes; c++)
    for (let d = c; d < classes; d++, couple++)
      for (let j = 0; j < rank; j++)
        for (let l = j; l < rank; l++) {
          // A line of softmax begins at its own diagonal, one of gram at column 0.
          const value = total[(couple * rank + j) * line + (isSoftmax ? l - j : l)]!
          const [a, b, e, f] = [c * rank + j, d * rank + l, c * rank + l, d * rank + j]
          k[a * size + b] = value
          k[b * size + a] = value
          k[e * size + f] = value
          k[f * size + e] = value
        }
  return k
}

function coupleCount(classes: number): number {
  return (classes * (classes + 1)) / 2
}

function lineCells(rank: number, isSoftmax: boolean): number {
  return ((rank + 7) & ~7) + (isSoftmax ? 8 : 0)
}
