import type { FactoredRows, PeriodEvents } from '../attribution/rows.ts'

/** The same rows without the members of an ensemble: these only make intervals. */
export function withoutCheckpoints(rows: FactoredRows): FactoredRows {
  return { ...rows, checkpointCount: 0, checkpoints: new Uint16Array() }
}

/** The rows at `indices`, in that order, without checkpoints. */
export function pickRows(rows: FactoredRows, indices: ArrayLike<number>): FactoredRows {
  const count = indices.length
  const picked: FactoredRows = {
    ...withoutCheckpoints(rows),
    count,
    factors: new Int8Array(count * rows.rank),
    multipliers: Uint16Array.from(indices, (from) => rows.multipliers[from]!),
    probabilities: new Uint16Array(count * rows.classes),
    labels: Uint16Array.from(indices, (from) => rows.labels[from]!),
  }
  for (let to = 0; to < count; to++) {
    const from = indices[to]!
    picked.factors.set(rows.factors.subarray(from * rows.rank, (from + 1) * rows.rank), to * rows.rank)
    picked.probabilities.set(
      rows.probabilities.subarray(from * rows.classes, (from + 1) * rows.classes),
      to * rows.classes,
    )
  }
  return picked
}

/** One behind the other, without checkpoints. */
export function joinRows(first: FactoredRows, second: FactoredRows): FactoredRows {
  const count = first.count + second.count
  return {
    ...withoutCheckpoints(first),
    count,
    factors: joined(new Int8Array(count * first.rank), first.factors, second.factors),
    multipliers: joined(new Uint16Array(count), first.multipliers, second.multipliers),
    probabilities: joined(new Uint16Array(count * first.classes), first.probabilities, second.probabilities),
    labels: joined(new Uint16Array(count), first.labels, second.labels),
  }
}

/** One behind the other. */
export function joinEvents(first: PeriodEvents, second: PeriodEvents): PeriodEvents {
  const count = first.p16.length + second.p16.length
  return {
    rows: joinRows(factored(first), factored(second)),
    p16: joined(new Uint16Array(count), first.p16, second.p16),
    fees: joined(new Float64Array(count), first.fees, second.fees),
    own: joined(new Uint8Array(count), first.own, second.own),
  }
}

/** @throws TypeError for rows of another kind: attacks are simulated on factored ones */
export function factored({ rows }: Pick<PeriodEvents, 'rows'>): FactoredRows {
  if (rows.kind !== 'factored') throw new TypeError('Attacks are simulated on factored rows.')
  return rows
}

function joined<T extends Int8Array | Uint8Array | Uint16Array | Float64Array>(into: T, first: T, second: T): T {
  into.set(first)
  into.set(second, first.length)
  return into
}
