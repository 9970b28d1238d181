import { attributePeriod } from '../bilinear/attribute-period.ts'
import { blockCurvature, fullCurvature } from '../bilinear/curvature.ts'
import type { AttributionMethod, PeriodInput } from '../method.ts'
import type { DenseRows } from '../rows.ts'

/** `trak/ensemble@1`: README.md beside this file. */
export const trakEnsemble: AttributionMethod = {
  name: 'trak/ensemble@1',
  kinds: ['dense'],
  attribute: (input) => attributePeriod(input, membersCurvature),
}

async function membersCurvature({ kernels, items: { rows } }: PeriodInput) {
  if (rows.kind !== 'dense') throw new TypeError('trak/ensemble@1 takes dense rows.')
  const size = rows.rank / (rows.blocks ?? 1)
  const members = []
  for (let from = 0; from < rows.rank; from += size) {
    const k = await kernels.curvature(columns(rows, from, size), 'gram', 0, rows.count)
    members.push(fullCurvature(k, size))
  }
  return blockCurvature(members)
}

/** The rows of one member. */
function columns({ count, rank, factors, multipliers }: DenseRows, from: number, size: number): DenseRows {
  const part = new Int8Array(count * size)
  for (let row = 0; row < count; row++)
    part.set(factors.subarray(row * rank + from, row * rank + from + size), row * size)
  return { kind: 'dense', count, rank: size, factors: part, multipliers }
}
