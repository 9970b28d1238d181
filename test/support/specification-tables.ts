import { BIGINT, BOOLEAN, HUGEINT, INTEGER, LIST, listValue } from '@duckdb/node-api'
import type { GradientRows } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import type { FeatureRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'

const LIST_OF = LIST(BIGINT)
const list = (values: ArrayLike<number>) => listValue(Array.from(values, BigInt))
const part = <Values extends { subarray(from: number, to: number): ArrayLike<number> }>(
  values: Values,
  at: number,
  size: number,
) => list(values.subarray(at * size, (at + 1) * size))

/** Writes the tables that jobs/attribution/specification/README.md lists. */
export async function writeItems(database: Database, items: PeriodItems, gradients: GradientRows): Promise<void> {
  const { rank, classes, count } = gradients
  await database.run(
    'CREATE OR REPLACE TEMP TABLE item (item BIGINT, account BIGINT, withdrawn BIGINT, a BIGINT[], ua BIGINT, p BIGINT[], errors BIGINT[])',
  )
  const rows = Array.from({ length: count }, (_, row) => [
    BigInt(row),
    BigInt(items.account[row]!),
    BigInt(items.withdrawn[row]!),
    part(gradients.factors, row, rank),
    BigInt(gradients.multipliers[row]!),
    probabilitiesOf(items.rows, row),
    part(gradients.errors, row, classes),
  ])
  await database.append('item', [BIGINT, BIGINT, BIGINT, LIST_OF, BIGINT, LIST_OF, LIST_OF], rows)
}

function probabilitiesOf(rows: FeatureRows, row: number) {
  return rows.kind === 'dense' ? null : part(rows.probabilities, row, rows.classes)
}

export async function writeEvents(database: Database, events: PeriodEvents, gradients: GradientRows): Promise<void> {
  const { rank, classes, count } = gradients
  await database.run(
    'CREATE OR REPLACE TEMP TABLE event (event BIGINT, b BIGINT[], ub BIGINT, errors BIGINT[], p16 INTEGER, fee HUGEINT, own BOOLEAN)',
  )
  const rows = Array.from({ length: count }, (_, row) => [
    BigInt(row),
    part(gradients.factors, row, rank),
    BigInt(gradients.multipliers[row]!),
    part(gradients.errors, row, classes),
    events.p16[row]!,
    BigInt(events.fees[row]!),
    events.own[row] === 1,
  ])
  await database.append('event', [BIGINT, LIST_OF, BIGINT, LIST_OF, INTEGER, HUGEINT, BOOLEAN], rows)
}

/** `group_vector` or `root_vector`. */
export async function writeVectors(
  database: Database,
  table: 'group_vector' | 'root_vector',
  { rank, classes }: GradientRows,
  vectors: Int16Array,
  shifts?: Uint8Array,
): Promise<void> {
  const [name, shift] = table === 'group_vector' ? ['grp', ', shift BIGINT'] : ['root', '']
  await database.run(`CREATE OR REPLACE TEMP TABLE ${table} (${name} BIGINT, class BIGINT${shift}, vector BIGINT[])`)
  const count = vectors.length / (rank * classes)
  const rows = Array.from({ length: count * classes }, (_, at) => {
    const vector = Math.floor(at / classes)
    const key = [BigInt(vector), BigInt(at % classes)]
    return [...key, ...(shifts === undefined ? [] : [BigInt(shifts[vector]!)]), part(vectors, at, rank)]
  })
  await database.append(table, [BIGINT, BIGINT, ...(shifts === undefined ? [] : [BIGINT]), LIST_OF], rows)
}

export async function writeDemandVector(
  database: Database,
  { rank, classes }: GradientRows,
  v: Int32Array,
): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE demand_vector (class BIGINT, v HUGEINT[])')
  const rows = Array.from({ length: classes }, (_, c) => [
    BigInt(c),
    listValue(Array.from(v.subarray(c * rank, (c + 1) * rank), BigInt)),
  ])
  await database.append('demand_vector', [BIGINT, LIST(HUGEINT)], rows)
}

export async function writeMovements(database: Database, movement: BigInt64Array): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE movement (event BIGINT, movement HUGEINT)')
  const rows = Array.from(movement, (m, event) => [BigInt(event), m])
  await database.append('movement', [BIGINT, HUGEINT], rows)
}

/** `labelled_item` or `labelled_event`. */
export async function writeLabelled(database: Database, of: 'item' | 'event', rows: FeatureRows): Promise<void> {
  if (rows.kind !== 'factored') throw new TypeError('Only factored rows have labels.')
  await database.run(`CREATE OR REPLACE TEMP TABLE labelled_${of} (${of} BIGINT, label BIGINT, z BIGINT[])`)
  const written = Array.from({ length: rows.count }, (_, row) => [
    BigInt(row),
    BigInt(rows.labels[row]!),
    list(
      Array.from(
        rows.factors.subarray(row * rows.rank, (row + 1) * rows.rank),
        (a) => (a * rows.multipliers[row]!) >> 4,
      ),
    ),
  ])
  await database.append(`labelled_${of}`, [BIGINT, BIGINT, LIST_OF], written)
}
