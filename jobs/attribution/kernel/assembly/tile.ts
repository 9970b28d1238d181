// The one inner loop of everything that is a product of int16 matrices.

/** Columns of a panel: a tile is 4 rows × 8 columns, whose sums fit the 15 vector registers that V8 hands out. */
export const PANEL: usize = 8
/** Bytes of a panel for each pair of the summed index: 8 columns × 2 × int16. */
export const PAIR_BYTES: usize = 32
/** Bytes that `tile` writes: 4 × 8 × int32. */
export const TILE_BYTES: usize = 128

/**
 * out[row][column] = Σ over 2·pairs of row · column, int32. Columns lie interleaved: pair by pair, within a pair column by
 * column, so that one dot_i16x8 adds a pair to four columns and no lane is ever summed across.
 */
export function tile(a0: usize, a1: usize, a2: usize, a3: usize, panel: usize, pairs: usize, out: usize): void {
  let c00 = i32x4.splat(0)
  let c01 = c00
  let c10 = c00
  let c11 = c00
  let c20 = c00
  let c21 = c00
  let c30 = c00
  let c31 = c00
  const end = panel + pairs * PAIR_BYTES
  while (panel < end) {
    const y0 = v128.load(panel)
    const y1 = v128.load(panel, 16)
    let x = v128.load32_splat(a0)
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(x, y0))
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(x, y1))
    x = v128.load32_splat(a1)
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(x, y0))
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(x, y1))
    x = v128.load32_splat(a2)
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(x, y0))
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(x, y1))
    x = v128.load32_splat(a3)
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(x, y0))
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(x, y1))
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    panel += PAIR_BYTES
  }
  v128.store(out, c00)
  v128.store(out, c01, 16)
  v128.store(out, c10, 32)
  v128.store(out, c11, 48)
  v128.store(out, c20, 64)
  v128.store(out, c21, 80)
  v128.store(out, c30, 96)
  v128.store(out, c31, 112)
}
