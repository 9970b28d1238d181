/**
 * Inputs of samples, row by row; entries that are zero are left out (of a handwritten digit four of five are).
 * Row i has entries starts[i] … starts[i + 1] − 1, columns ascending.
 */
export interface SparseRows {
  readonly count: number
  /** Columns, a constant 1 for the bias among them where the model has one. */
  readonly size: number
  /** count + 1. */
  readonly starts: Uint32Array
  readonly columns: Uint32Array
  readonly values: Float64Array
}

/** @param values count × size, row by row; zeros are kept */
export function denseAsRows(values: Float64Array, size: number): SparseRows {
  const count = values.length / size
  return {
    count,
    size,
    starts: Uint32Array.from({ length: count + 1 }, (_, row) => row * size),
    columns: Uint32Array.from(values, (_, at) => at % size),
    values,
  }
}

/** Rows of numbers with a column of ones added at the end. @param rows all of `size` entries */
export function withBias(rows: readonly ArrayLike<number>[], size: number): SparseRows {
  const starts = new Uint32Array(rows.length + 1)
  const columns: number[] = []
  const values: number[] = []
  rows.forEach((row, index) => {
    for (let column = 0; column < size; column++) {
      if (row[column] === 0) continue
      columns.push(column)
      values.push(row[column]!)
    }
    columns.push(size)
    values.push(1)
    starts[index + 1] = columns.length
  })
  return {
    count: rows.length,
    size: size + 1,
    starts,
    columns: Uint32Array.from(columns),
    values: Float64Array.from(values),
  }
}

/** The rows named by `order`, in that order. */
export function selectRows(rows: SparseRows, order: ArrayLike<number>): SparseRows {
  const starts = new Uint32Array(order.length + 1)
  for (let to = 0; to < order.length; to++)
    starts[to + 1] = starts[to]! + rows.starts[order[to]! + 1]! - rows.starts[order[to]!]!
  const columns = new Uint32Array(starts[order.length]!)
  const values = new Float64Array(columns.length)
  for (let to = 0; to < order.length; to++) {
    const from = rows.starts[order[to]!]!
    const end = rows.starts[order[to]! + 1]!
    columns.set(rows.columns.subarray(from, end), starts[to])
    values.set(rows.values.subarray(from, end), starts[to])
  }
  return { count: order.length, size: rows.size, starts, columns, values }
}

/**
 * Adds row · matrix to `out`, columns ascending. Four at a time, so that `out` is read and written less often; each sum still
 * takes its products one by one in their order.
 *
 * @param matrix size × out.length, row by row
 */
export function addProduct(
  { starts, columns, values }: SparseRows,
  row: number,
  matrix: Float64Array,
  out: Float64Array,
): void {
  const width = out.length
  const end = starts[row + 1]!
  let at = starts[row]!
  for (; at + 3 < end; at += 4) {
    const [v0, v1, v2, v3] = [values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!]
    const m0 = columns[at]! * width
    const m1 = columns[at + 1]! * width
    const m2 = columns[at + 2]! * width
    const m3 = columns[at + 3]! * width
    for (let k = 0; k < width; k++) {
      out[k] = out[k]! + matrix[m0 + k]! * v0 + matrix[m1 + k]! * v1 + matrix[m2 + k]! * v2 + matrix[m3 + k]! * v3
    }
  }
  for (; at < end; at++) {
    const value = values[at]!
    const from = columns[at]! * width
    for (let k = 0; k < width; k++) out[k]! += matrix[from + k]! * value
  }
}

/** Adds rowᵀ · errors to `matrix`, size × errors.length: what a row adds to the gradient of its layer. */
export function addOuterProduct(
  { starts, columns, values }: SparseRows,
  row: number,
  errors: Float64Array,
  matrix: Float64Array,
): void {
  const width = errors.length
  for (let at = starts[row]!, end = starts[row + 1]!; at < end; at++) {
    const value = values[at]!
    const from = columns[at]! * width
    for (let k = 0; k < width; k++) matrix[from + k]! += errors[k]! * value
  }
}
