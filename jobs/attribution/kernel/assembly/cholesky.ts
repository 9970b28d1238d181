// Float64 solves in the order of docs/attribution.md: every element subtracts its products one by one, k ascending. Vectors
// run over elements that do not depend on each other, and no product is fused with its difference.

/** Columns that are updated together. */
const BLOCK: usize = 64
/** Products that are subtracted before the next columns are taken, so that both factors stay in the cache. */
const CHUNK: usize = 256
/** Bytes of four values of one k. */
const QUAD_BYTES: usize = 32

export function choleskyBytes(): usize {
  return (BLOCK / 4) * CHUNK * QUAD_BYTES
}

/**
 * c[r][0 … 3] −= Σ_k rows[r][k] · quads[k][0 … 3] for four rows.
 *
 * @param stride  bytes between rows
 * @param c       first of four places of four values, `apart` bytes apart
 */
function subtract(row: usize, stride: usize, quads: usize, count: usize, c: usize, apart: usize): void {
  const row1 = row + stride
  const row2 = row1 + stride
  const row3 = row2 + stride
  const c1 = c + apart
  const c2 = c1 + apart
  const c3 = c2 + apart
  let t00 = v128.load(c)
  let t01 = v128.load(c, 16)
  let t10 = v128.load(c1)
  let t11 = v128.load(c1, 16)
  let t20 = v128.load(c2)
  let t21 = v128.load(c2, 16)
  let t30 = v128.load(c3)
  let t31 = v128.load(c3, 16)
  for (let k: usize = 0; k < count * 8; k += 8) {
    const y0 = v128.load(quads)
    const y1 = v128.load(quads, 16)
    let x = v128.load64_splat(row + k)
    t00 = f64x2.sub(t00, f64x2.mul(x, y0))
    t01 = f64x2.sub(t01, f64x2.mul(x, y1))
    x = v128.load64_splat(row1 + k)
    t10 = f64x2.sub(t10, f64x2.mul(x, y0))
    t11 = f64x2.sub(t11, f64x2.mul(x, y1))
    x = v128.load64_splat(row2 + k)
    t20 = f64x2.sub(t20, f64x2.mul(x, y0))
    t21 = f64x2.sub(t21, f64x2.mul(x, y1))
    x = v128.load64_splat(row3 + k)
    t30 = f64x2.sub(t30, f64x2.mul(x, y0))
    t31 = f64x2.sub(t31, f64x2.mul(x, y1))
    quads += QUAD_BYTES
  }
  v128.store(c, t00)
  v128.store(c, t01, 16)
  v128.store(c1, t10)
  v128.store(c1, t11, 16)
  v128.store(c2, t20)
  v128.store(c2, t21, 16)
  v128.store(c3, t30)
  v128.store(c3, t31, 16)
}

/** Four rows from column `from` on, by columns. */
function packQuads(row: usize, stride: usize, from: usize, count: usize, quads: usize): void {
  row += from * 8
  for (let k: usize = 0; k < count * 8; k += 8) {
    store<f64>(quads, load<f64>(row + k))
    store<f64>(quads, load<f64>(row + stride + k), 8)
    store<f64>(quads, load<f64>(row + 2 * stride + k), 16)
    store<f64>(quads, load<f64>(row + 3 * stride + k), 24)
    quads += QUAD_BYTES
  }
}

/**
 * The factor of a symmetric positive definite matrix, in its place: the lower triangle.
 *
 * @param a       rows of `stride` bytes, rows and columns filled up to a multiple of 4 with zeros
 * @param scratch `choleskyBytes` bytes
 * @returns       −1, or the row at which the matrix is not positive definite
 */
export function factor(a: usize, size: usize, stride: usize, scratch: usize): i32 {
  for (let block: usize = 0; block < size; block += BLOCK) {
    const end = min(size, block + BLOCK)
    for (let from: usize = 0; from < block; from += CHUNK)
      updateBlock(a, size, stride, block, end, from, min(CHUNK, block - from), scratch)
    for (let j = block; j < end; j += 4) {
      if (j > block) {
        packQuads(a + j * stride, stride, block, j - block, scratch)
        for (let i = j; i < size; i += 4)
          subtract(a + i * stride + block * 8, stride, scratch, j - block, a + i * stride + j * 8, stride)
      }
      for (let column = j; column < min(j + 4, size); column++)
        if (!finishColumn(a, size, stride, j, column)) return i32(column)
    }
  }
  return -1
}

/** Subtracts the products of columns from … from + count − 1 from the columns of a block. */
function updateBlock(
  a: usize,
  size: usize,
  stride: usize,
  block: usize,
  end: usize,
  from: usize,
  count: usize,
  scratch: usize,
): void {
  for (let j = block; j < end; j += 4)
    packQuads(a + j * stride, stride, from, count, scratch + ((j - block) / 4) * CHUNK * QUAD_BYTES)
  for (let i = block; i < size; i += 4) {
    const row = a + i * stride
    for (let j = block; j < min(end, i + 4); j += 4)
      subtract(row + from * 8, stride, scratch + ((j - block) / 4) * CHUNK * QUAD_BYTES, count, row + j * 8, stride)
  }
}

/** The last products of a column, its pivot and its quotients. @returns whether the pivot is positive */
function finishColumn(a: usize, size: usize, stride: usize, from: usize, column: usize): bool {
  const pivotRow = a + column * stride
  let t = load<f64>(pivotRow + column * 8)
  for (let k = from; k < column; k++) t = t - load<f64>(pivotRow + k * 8) * load<f64>(pivotRow + k * 8)
  if (!(t > 0)) return false
  const pivot = sqrt<f64>(t)
  store<f64>(pivotRow + column * 8, pivot)
  for (let i = column + 1; i < size; i++) {
    const row = a + i * stride
    let s = load<f64>(row + column * 8)
    for (let k = from; k < column; k++) s = s - load<f64>(row + k * 8) * load<f64>(pivotRow + k * 8)
    store<f64>(row + column * 8, s / pivot)
  }
  return true
}

/**
 * y = L⁻¹·y for many right-hand sides, four of them side by side.
 *
 * @param l     as `factor` left it
 * @param y     panels × (size up to a multiple of 4) × 4
 */
export function forward(l: usize, size: usize, stride: usize, y: usize, panels: usize): void {
  const panelBytes = ((size + 3) & ~3) * QUAD_BYTES
  for (let block: usize = 0; block < size; block += BLOCK) {
    const end = min(size, block + BLOCK)
    for (let from: usize = 0; from < block; from += CHUNK) {
      const count = min(CHUNK, block - from)
      for (let p: usize = 0; p < panels; p++) {
        const panel = y + p * panelBytes
        const quads = panel + from * QUAD_BYTES
        for (let i = block; i < end; i += 4)
          subtract(l + i * stride + from * 8, stride, quads, count, panel + i * QUAD_BYTES, QUAD_BYTES)
      }
    }
    for (let p: usize = 0; p < panels; p++) finishBlock(l, stride, block, end, y + p * panelBytes)
  }
}

function finishBlock(l: usize, stride: usize, block: usize, end: usize, panel: usize): void {
  for (let i = block; i < end; i += 4) {
    if (i > block) {
      const quads = panel + block * QUAD_BYTES
      subtract(l + i * stride + block * 8, stride, quads, i - block, panel + i * QUAD_BYTES, QUAD_BYTES)
    }
    for (let row = i; row < min(i + 4, end); row++) {
      const to = panel + row * QUAD_BYTES
      let t0 = v128.load(to)
      let t1 = v128.load(to, 16)
      for (let k = i; k < row; k++) {
        const x = v128.load64_splat(l + row * stride + k * 8)
        t0 = f64x2.sub(t0, f64x2.mul(x, v128.load(panel + k * QUAD_BYTES)))
        t1 = f64x2.sub(t1, f64x2.mul(x, v128.load(panel + k * QUAD_BYTES, 16)))
      }
      const pivot = v128.load64_splat(l + row * stride + row * 8)
      v128.store(to, f64x2.div(t0, pivot))
      v128.store(to, f64x2.div(t1, pivot), 16)
    }
  }
}

/**
 * Mirrors the matrix at its other diagonal and turns the right-hand sides over: `forward` is then the backward substitution,
 * with the same products in the same order.
 */
export function flip(l: usize, size: usize, stride: usize, y: usize, panels: usize): void {
  for (let i: usize = 0; i < size; i++) {
    for (let j: usize = 0; i + j < size; j++) {
      const here = l + i * stride + j * 8
      const there = l + (size - 1 - j) * stride + (size - 1 - i) * 8
      const value = load<f64>(here)
      store<f64>(here, load<f64>(there))
      store<f64>(there, value)
    }
  }
  turn(size, y, panels)
}

/** Rows of the right-hand sides in opposite order. */
export function turn(size: usize, y: usize, panels: usize): void {
  const panelBytes = ((size + 3) & ~3) * QUAD_BYTES
  for (let p: usize = 0; p < panels; p++) {
    for (let i: usize = 0; i < size / 2; i++) {
      const here = y + p * panelBytes + i * QUAD_BYTES
      const there = y + p * panelBytes + (size - 1 - i) * QUAD_BYTES
      for (let half: usize = 0; half < QUAD_BYTES; half += 16) {
        const value = v128.load(here + half)
        v128.store(here + half, v128.load(there + half))
        v128.store(there + half, value)
      }
    }
  }
}

/** Rows of `outer` at a time. */
const OUTER_ROWS: usize = 256

export function outerBytes(size: usize): usize {
  return ((size + 3) & ~3) * OUTER_ROWS * 8 + OUTER_ROWS * QUAD_BYTES
}

/**
 * c[i][j] −= Σ y_i · y_j over all rows y, for j up to the four that i is in. Whole numbers whose sums stay below 2^53 are
 * exact in any order.
 *
 * @param y     rows × size float64
 * @param c     (size up to a multiple of 4) squared
 */
export function outer(y: usize, rows: usize, size: usize, c: usize, scratch: usize): void {
  const wide = (size + 3) & ~3
  const stride = OUTER_ROWS * 8
  const quads = scratch + wide * stride
  memory.fill(scratch, 0, wide * stride)
  for (let from: usize = 0; from < rows; from += OUTER_ROWS) {
    const some = min(OUTER_ROWS, rows - from)
    for (let i: usize = 0; i < size; i++)
      for (let row: usize = 0; row < some; row++)
        store<f64>(scratch + i * stride + row * 8, load<f64>(y + ((from + row) * size + i) * 8))
    for (let j: usize = 0; j < size; j += 4) {
      packQuads(scratch + j * stride, stride, 0, some, quads)
      for (let i = j; i < size; i += 4)
        subtract(scratch + i * stride, stride, quads, some, c + (i * wide + j) * 8, wide * 8)
    }
  }
}
