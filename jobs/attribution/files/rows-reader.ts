import {
  CHECKPOINTS_MAX,
  CLASSES_MAX,
  DIMENSION_MAX,
  FEATURE_VALUE_MAX,
  PROBABILITY_UNIT,
  RANK_MAX,
  UINT16_MAX,
} from '../../../schemas/limits.ts'
import { allocateFactoredRows } from '../features/packed-row.ts'
import type { DenseRows, FactoredRows, FeatureRows } from '../rows.ts'
import type { Cells } from './cells.ts'
import { FeatureFileError } from './errors.ts'
import { FACTOR_BYTES_MAX } from './feature-files.ts'
import type { Column, TableReader } from './table-reader.ts'

/** Which columns hold the factors of a file: contributions have a and ua, inferences b and ub. */
export interface FactorColumns {
  readonly factors: string
  readonly multiplier: string
}

/** Dense files have v and scale, others the columns of factored features. */
export function featureColumns(found: ReadonlySet<string>, { factors, multiplier }: FactorColumns): Column[] {
  if (found.has('v'))
    return [
      { name: 'v', type: 'vector' },
      { name: 'scale', type: 'integer' },
    ]
  return [
    { name: factors, type: 'vector' },
    { name: multiplier, type: 'integer' },
    { name: 'p', type: 'vector' },
    { name: 'label', type: 'integer' },
    { name: 'checkpoints', type: 'vector', isOptional: true },
  ]
}

/** Collects the features of a file; the first row says how long vectors are. */
export class RowsReader {
  readonly #table: TableReader
  readonly #columns: FactorColumns
  readonly #isDense: boolean
  #dense: DenseRows | undefined
  #factored: FactoredRows | undefined

  constructor(table: TableReader, columns: FactorColumns) {
    this.#table = table
    this.#columns = columns
    this.#isDense = table.has('v')
  }

  /** Undefined of a file without rows: it has no shape. */
  get rows(): FeatureRows | undefined {
    return this.#dense ?? this.#factored
  }

  take(cells: Cells): void {
    if (this.#isDense) this.#takeDense(cells)
    else this.#takeFactored(cells)
  }

  #takeDense(cells: Cells): void {
    const v = cells.vector('v', 'int8', -FEATURE_VALUE_MAX, FEATURE_VALUE_MAX)
    if (this.#dense === undefined) {
      if (v.length < 1 || v.length > DIMENSION_MAX) cells.fail('v', `1 to ${DIMENSION_MAX} values, found ${v.length}.`)
      this.#checkSize(v.length)
      this.#dense = allocateDenseRows(this.#table.count, v.length)
    }
    const rows = this.#dense
    if (v.length !== rows.rank) cells.fail('v', `${rows.rank} values as in row 1, found ${v.length}.`)
    rows.factors.set(v, cells.row * rows.rank)
    rows.multipliers[cells.row] = cells.integer('scale', UINT16_MAX)
  }

  #takeFactored(cells: Cells): void {
    const { factors: name, multiplier } = this.#columns
    const factors = cells.vector(name, 'int8', -FEATURE_VALUE_MAX, FEATURE_VALUE_MAX)
    const p = cells.vector('p', 'uint16', 0, PROBABILITY_UNIT)
    const members = this.#table.has('checkpoints') ? cells.vector('checkpoints', 'uint16', 0, PROBABILITY_UNIT) : []
    this.#factored ??= this.#allocate(cells, factors.length, p.length, members.length)
    const { rank, classes, checkpointCount, ...rows } = this.#factored
    for (const [column, values, expected] of [
      [name, factors, rank],
      ['p', p, classes],
      ['checkpoints', members, checkpointCount * classes],
    ] as const)
      if (values.length !== expected) cells.fail(column, `${expected} values as in row 1, found ${values.length}.`)
    checkSum(cells, 'p', p, 0, classes)
    for (let member = 0; member < checkpointCount; member++) checkSum(cells, 'checkpoints', members, member, classes)
    rows.factors.set(factors, cells.row * rank)
    rows.probabilities.set(p, cells.row * classes)
    rows.checkpoints.set(members, cells.row * checkpointCount * classes)
    rows.multipliers[cells.row] = cells.integer(multiplier, UINT16_MAX)
    rows.labels[cells.row] = cells.integer('label', classes - 1)
  }

  #allocate(cells: Cells, rank: number, classes: number, members: number): FactoredRows {
    const { factors } = this.#columns
    if (rank < 1 || rank > RANK_MAX) cells.fail(factors, `1 to ${RANK_MAX} values, found ${rank}.`)
    if (classes < 1 || classes > CLASSES_MAX) cells.fail('p', `1 to ${CLASSES_MAX} values, found ${classes}.`)
    if (rank * classes > DIMENSION_MAX)
      cells.fail(factors, `${rank} values × ${classes} classes are more than ${DIMENSION_MAX}.`)
    const checkpointCount = members / classes
    if (!Number.isInteger(checkpointCount) || checkpointCount > CHECKPOINTS_MAX)
      cells.fail('checkpoints', `up to ${CHECKPOINTS_MAX} × ${classes} values, found ${members}.`)
    this.#checkSize(rank)
    return allocateFactoredRows(this.#table.count, { rank, classes, checkpointCount })
  }

  #checkSize(rank: number): void {
    const { count, file } = this.#table
    if (count * rank <= FACTOR_BYTES_MAX) return
    throw new FeatureFileError(`${count} rows of ${rank} values are more than ${FACTOR_BYTES_MAX} bytes.`, { file })
  }
}

/** Rows of zeros, in memory that threads can share. */
export function allocateDenseRows(count: number, rank: number): DenseRows {
  return {
    kind: 'dense',
    count,
    rank,
    factors: new Int8Array(new SharedArrayBuffer(count * rank)),
    multipliers: new Uint16Array(new SharedArrayBuffer(count * Uint16Array.BYTES_PER_ELEMENT)),
  }
}

/** Thousandths of one member sum to 1,000, but for their rounding. */
function checkSum(cells: Cells, column: string, values: ArrayLike<number>, member: number, classes: number): void {
  let sum = 0
  for (let c = 0; c < classes; c++) sum += values[member * classes + c]!
  if (Math.abs(sum - PROBABILITY_UNIT) > classes)
    cells.fail(column, `thousandths must sum to ${PROBABILITY_UNIT} ± ${classes}, these to ${sum}.`)
}
