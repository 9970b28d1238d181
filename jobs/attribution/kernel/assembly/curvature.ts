// K of docs/attribution.md step 1. ah = (a · multiplier) >> 11 has 12 bits with its sign, so that a product of two has 22 and
// is split into two digits of 11; the weights w·P − P·P have 15.

import { multiply } from './sums'
import { PAIR_BYTES, PANEL, TILE_BYTES } from './tile'

const INPUT_SHIFT: i32 = 11
/** 2016² · 512 < 2^31. */
const GRAM_ROWS: usize = 512
/** At most so many items at a time, fewer where their weights could sum too high. */
const SOFTMAX_ROWS: usize = 256
const DIGIT_BITS: i32 = 11
const DIGIT_HALF: i32 = 1 << (DIGIT_BITS - 1)
/** A digit is at most 1,985 (2016² >> 11, and a half): so much weight keeps a sum below 2^31. */
const WEIGHT_LIMIT: i32 = 1_081_000
const INT16_MAX: i32 = 32767

/** ah, `stride` bytes a row, zeros behind the last column; row `rows` (when odd) is zero. */
function scaleRows(factors: usize, multipliers: usize, rows: usize, rank: usize, to: usize): void {
  const stride = rowBytes(rank)
  memory.fill(to, 0, (rows + 1) * stride)
  for (let row: usize = 0; row < rows; row++) {
    const multiplier = i32x4.splat(load<u16>(multipliers + row * 2))
    const from = factors + row * rank
    const into = to + row * stride
    let j: usize = 0
    for (; j + 8 <= rank; j += 8) {
      const a = v128.load8x8_s(from + j)
      const low = i32x4.shr_s(i32x4.mul(i32x4.extend_low_i16x8_s(a), multiplier), INPUT_SHIFT)
      const high = i32x4.shr_s(i32x4.mul(i32x4.extend_high_i16x8_s(a), multiplier), INPUT_SHIFT)
      v128.store(into + j * 2, i16x8.narrow_i32x4_s(low, high))
    }
    for (; j < rank; j++)
      store<i16>(into + j * 2, i16((load<i8>(from + j) * i32(load<u16>(multipliers + row * 2))) >> INPUT_SHIFT))
  }
}

function rowBytes(rank: usize): usize {
  return ((rank + 7) & ~7) * 2
}

export function gramBytes(rank: usize): usize {
  const wide = (rank + 7) & ~7
  return (GRAM_ROWS + 1) * wide * 2 + wide * (GRAM_ROWS * 2 + 12) + wide * GRAM_ROWS * 2 + TILE_BYTES + 64
}

/**
 * sums[j][l] += Σ ah_j · ah_l for l from the panel of j on; any number of rows.
 *
 * @param sums rank × (rank up to a multiple of 8) int64
 */
export function gram(factors: usize, multipliers: usize, rows: usize, rank: usize, sums: usize, scratch: usize): void {
  for (let from: usize = 0; from < rows; from += GRAM_ROWS)
    gramBlock(factors + from * rank, multipliers + from * 2, min(GRAM_ROWS, rows - from), rank, sums, scratch)
}

function gramBlock(factors: usize, multipliers: usize, rows: usize, rank: usize, sums: usize, scratch: usize): void {
  const stride = rowBytes(rank)
  const wide = (rank + 7) & ~7
  const pairs = (rows + 1) >> 1
  const scaled = scratch
  const lines = scaled + (GRAM_ROWS + 1) * stride
  const panels = lines + wide * GRAM_ROWS * 2
  const list = panels + wide * GRAM_ROWS * 2
  const tileAt = (list + wide * 12 + 15) & ~15
  scaleRows(factors, multipliers, rows, rank, scaled)
  for (let j: usize = 0; j < rank; j++)
    for (let row: usize = 0; row < pairs * 2; row++)
      store<i16>(lines + j * GRAM_ROWS * 2 + row * 2, load<i16>(scaled + row * stride + j * 2))
  for (let p: usize = 0; p < wide / PANEL; p++)
    packPairs(scaled + p * 16, stride, pairs, panels + p * pairs * PAIR_BYTES)
  for (let first: usize = 0; first < rank; first += PANEL) {
    const some = min(PANEL, rank - first)
    for (let r: usize = 0; r < some; r++) {
      store<u32>(list + r * 12, lines + (first + r) * GRAM_ROWS * 2)
      store<u32>(list + r * 12, sums + ((first + r) * wide + first) * 8, 4)
      store<i32>(list + r * 12, 0, 8)
    }
    multiply(list, some, panels + (first / PANEL) * pairs * PAIR_BYTES, (wide - first) / PANEL, pairs, tileAt)
  }
}

/** 8 columns of int16 rows as one panel. */
function packPairs(from: usize, stride: usize, pairs: usize, panel: usize): void {
  for (let p: usize = 0; p < pairs; p++) {
    storePair(v128.load(from), v128.load(from + stride), panel)
    from += stride * 2
    panel += PAIR_BYTES
  }
}

function storePair(even: v128, odd: v128, to: usize): void {
  v128.store(to, i16x8.shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11))
  v128.store(to, i16x8.shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15), 16)
}

export function softmaxBytes(rank: usize, classes: usize): usize {
  const wide = (rank + 7) & ~7
  const couples = (classes * (classes + 1)) >> 1
  const lines = couples * (SOFTMAX_ROWS * 2 + 4 + 24)
  return (SOFTMAX_ROWS + 2) * wide * 2 + lines + wide * SOFTMAX_ROWS * 4 + classes * 4 + TILE_BYTES + 96
}

/**
 * sums[class c, class d ≥ c][j][l ≥ j] += Σ (w·[c = d]·P8_c − P8_c·P8_d)·ah_j·ah_l, couples of classes in the order
 * (0,0), (0,1) …; any number of rows.
 *
 * @param sums couples × rank × (rank up to a multiple of 8, and 8 more) int64; row j begins at its own l = j
 * @returns 1: done; 0: a weight has more than 15 bits, and nothing that was added is of use
 */
export function softmax(
  factors: usize,
  multipliers: usize,
  probabilities: usize,
  rows: usize,
  rank: usize,
  classes: usize,
  sums: usize,
  scratch: usize,
): i32 {
  const stride = rowBytes(rank)
  const couples = (classes * (classes + 1)) >> 1
  const scaled = scratch
  const lines = scaled + (SOFTMAX_ROWS + 2) * stride
  const totals = lines + couples * SOFTMAX_ROWS * 2
  const eighths = totals + couples * 4
  const rest = (eighths + classes * 4 + 15) & ~15
  let from: usize = 0
  while (from < rows) {
    memory.fill(totals, 0, couples * 4)
    let some: usize = 0
    while (some < SOFTMAX_ROWS && from + some < rows) {
      const fits = addWeights(probabilities + (from + some) * classes * 2, classes, some, lines, totals, eighths)
      if (fits < 0) return 0
      if (fits === 0) break
      some++
    }
    // A row that did not fit left its weights behind: an odd last row is paired with zeros.
    if ((some & 1) === 1)
      for (let at: usize = 0; at < couples; at++) store<i16>(lines + (at * SOFTMAX_ROWS + some) * 2, 0)
    scaleRows(factors + from * rank, multipliers + from * 2, some, rank, scaled)
    addCouples(scaled, lines, totals, some, rank, couples, sums, rest)
    from += some
  }
  return 1
}

/** Column `row` of the weights, and the sums of their sizes. @returns 1: added, 0: the sums would grow too high, −1: too wide */
function addWeights(
  probabilities: usize,
  classes: usize,
  row: usize,
  lines: usize,
  totals: usize,
  eighths: usize,
): i32 {
  let w: i32 = 0
  for (let c: usize = 0; c < classes; c++) {
    const p = (256 * i32(load<u16>(probabilities + c * 2)) + 500) / 1000
    store<i32>(eighths + c * 4, p)
    w += p
  }
  let fits: i32 = 1
  let at: usize = 0
  for (let c: usize = 0; c < classes; c++) {
    const pc = load<i32>(eighths + c * 4)
    for (let d = c; d < classes; d++) {
      const weight = (c === d ? w * pc : 0) - pc * load<i32>(eighths + d * 4)
      const size = abs(weight)
      if (size > INT16_MAX) return -1
      if (load<i32>(totals + at * 4) + size > WEIGHT_LIMIT) fits = 0
      store<i16>(lines + (at * SOFTMAX_ROWS + row) * 2, i16(weight))
      at++
    }
  }
  if (fits === 0) return 0
  for (let couple: usize = 0; couple < at; couple++) {
    const total = totals + couple * 4
    store<i32>(total, load<i32>(total) + abs(i32(load<i16>(lines + (couple * SOFTMAX_ROWS + row) * 2))))
  }
  return 1
}

function addCouples(
  scaled: usize,
  lines: usize,
  totals: usize,
  rows: usize,
  rank: usize,
  couples: usize,
  sums: usize,
  scratch: usize,
): void {
  const wide = (rank + 7) & ~7
  const pairs = (rows + 1) >> 1
  const list = scratch
  const tileAt = (list + couples * 24 + 15) & ~15
  const low = tileAt + TILE_BYTES
  for (let j: usize = 0; j < rank; j++) {
    const panelCount = (rank - j + 7) >> 3
    const high = low + panelCount * pairs * PAIR_BYTES
    packProducts(scaled, j, rowBytes(rank), pairs, panelCount, low, high)
    for (let digit: usize = 0; digit < 2; digit++) {
      let length: usize = 0
      for (let couple: usize = 0; couple < couples; couple++) {
        if (load<i32>(totals + couple * 4) === 0) continue
        store<u32>(list + length * 12, lines + couple * SOFTMAX_ROWS * 2)
        store<u32>(list + length * 12, sums + (couple * rank + j) * (wide + 8) * 8, 4)
        store<i32>(list + length * 12, digit === 0 ? 0 : DIGIT_BITS, 8)
        length++
      }
      if (length > 0) multiply(list, length, digit === 0 ? low : high, panelCount, pairs, tileAt)
    }
  }
}

/** ah_j · ah_l of each row for l = j, j + 1 …, in two digits: product = high · 2^11 + low, −1024 ≤ low < 1024. */
function packProducts(
  scaled: usize,
  j: usize,
  stride: usize,
  pairs: usize,
  panelCount: usize,
  low: usize,
  high: usize,
): void {
  for (let p: usize = 0; p < pairs; p++) {
    const even = scaled + p * 2 * stride + j * 2
    const odd = even + stride
    const x = i16x8.splat(load<i16>(even))
    const y = i16x8.splat(load<i16>(odd))
    for (let panel: usize = 0; panel < panelCount; panel++) {
      const a = v128.load(even + panel * 16)
      const b = v128.load(odd + panel * 16)
      const a0 = i32x4.extmul_low_i16x8_s(a, x)
      const a1 = i32x4.extmul_high_i16x8_s(a, x)
      const b0 = i32x4.extmul_low_i16x8_s(b, y)
      const b1 = i32x4.extmul_high_i16x8_s(b, y)
      const at = (panel * pairs + p) * PAIR_BYTES
      storePair(
        i16x8.narrow_i32x4_s(lowDigit(a0), lowDigit(a1)),
        i16x8.narrow_i32x4_s(lowDigit(b0), lowDigit(b1)),
        low + at,
      )
      storePair(
        i16x8.narrow_i32x4_s(highDigit(a0), highDigit(a1)),
        i16x8.narrow_i32x4_s(highDigit(b0), highDigit(b1)),
        high + at,
      )
    }
  }
}

function lowDigit(product: v128): v128 {
  const half = i32x4.splat(DIGIT_HALF)
  return i32x4.sub(v128.and(i32x4.add(product, half), i32x4.splat((1 << DIGIT_BITS) - 1)), half)
}

function highDigit(product: v128): v128 {
  return i32x4.shr_s(i32x4.add(product, i32x4.splat(DIGIT_HALF)), DIGIT_BITS)
}
