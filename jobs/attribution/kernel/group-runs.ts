import { type GradientRows, pickRows } from '../bilinear/gradient-rows.ts'

/** Rows of one group that follow each other. */
export interface Run {
  readonly group: number
  readonly from: number
  readonly to: number
}

/** Rows by group: rows without a group (group = groups) are left out. */
export interface GroupedRows {
  readonly rows: GradientRows
  readonly u: Uint32Array
  readonly runs: readonly Run[]
}

/** The rows as they are when their groups already follow each other, else sorted copies. */
export function byGroup(rows: GradientRows, u: Uint32Array, group: Uint32Array, groups: number): GroupedRows {
  if (isSorted(group, groups)) return { rows, u, runs: runsOf(group) }
  const order = orderOf(group, groups)
  const sorted = Uint32Array.from(order, (row) => group[row]!)
  return { rows: pickRows(rows, order), u: Uint32Array.from(order, (row) => u[row]!), runs: runsOf(sorted) }
}

function isSorted(group: Uint32Array, groups: number): boolean {
  for (let at = 1; at < group.length; at++) if (group[at]! < group[at - 1]!) return false
  return group.length === 0 || group.at(-1)! < groups
}

function orderOf(group: Uint32Array, groups: number): Uint32Array {
  const ends = new Uint32Array(groups + 1)
  for (const each of group) ends[each]!++
  for (let at = 1; at <= groups; at++) ends[at]! += ends[at - 1]!
  const order = new Uint32Array(groups === 0 ? 0 : ends[groups - 1]!)
  for (let row = group.length - 1; row >= 0; row--) if (group[row]! < groups) order[--ends[group[row]!]!] = row
  return order
}

function runsOf(group: Uint32Array): Run[] {
  const runs: Run[] = []
  for (let from = 0; from < group.length; ) {
    let to = from + 1
    while (to < group.length && group[to] === group[from]) to++
    runs.push({ group: group[from]!, from, to })
    from = to
  }
  return runs
}

/** Whole groups together as far as they fit, and larger groups in pieces. */
export function* batches(runs: readonly Run[], rowsMax: number, groupsMax: number): Generator<Run[]> {
  let batch: Run[] = []
  let rows = 0
  for (const run of runs) {
    for (let from = run.from; from < run.to; from += rowsMax) {
      const piece = { group: run.group, from, to: Math.min(run.to, from + rowsMax) }
      if (batch.length > 0 && (batch.length === groupsMax || rows + piece.to - piece.from > rowsMax)) {
        yield batch
        batch = []
        rows = 0
      }
      batch.push(piece)
      rows += piece.to - piece.from
    }
  }
  if (batch.length > 0) yield batch
}
