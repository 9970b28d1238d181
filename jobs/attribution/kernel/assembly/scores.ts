// Scores of a block of rows against a panel of 8 vectors: Σ_class errors[class]·⟨factors, vector[class]⟩, int64.
import { PAIR_BYTES, PANEL, TILE_BYTES, tile } from './tile'

/** Pairs whose products 63 · 2^15 sum below 2^31: longer rows are summed in pieces. */
const CHUNK_PAIRS: usize = 512
const SCORE_BYTES: usize = 64
/** Widened rows of a block: with the scores they stay in a core's cache. */
const BLOCK_BYTES: usize = 1 << 18
const BLOCK_ROWS_MAX: usize = 1024
const BLOCK_ROWS_MIN: usize = 64

// The block in work, set by `prepareRows`.
let count: usize = 0
let classes: usize = 0
let pairs: usize = 0
let stride: usize = 0
/** count rows of int16, `stride` bytes apart. */
let rowsAt: usize = 0
/** classes × count int32: rows whose error of the class is not 0; and how many. */
let listsAt: usize = 0
let lengthsAt: usize = 0
/** count × classes int16. */
let errorsAt: usize = 0
/** A tile, then count × 8 int64. */
let tileAt: usize = 0

/**
 * Widens the rows of the block to int16.
 *
 * @param factors  rows × rank int8, 16 readable bytes behind the last
 * @param errors   rows × classes int16
 * @param scratch  `scoreBytes` bytes, aligned to 16
 */
export function prepareRows(
  factors: usize,
  errors: usize,
  rowCount: usize,
  rank: usize,
  classCount: usize,
  scratch: usize,
): void {
  count = rowCount
  classes = classCount
  pairs = (rank + 1) >> 1
  stride = rowStride(rank)
  errorsAt = errors
  rowsAt = scratch
  lengthsAt = rowsAt + count * stride
  listsAt = lengthsAt + ((classes * 4 + 15) & ~15)
  tileAt = (listsAt + classes * count * 4 + 15) & ~15
  for (let row: usize = 0; row < count; row++) widen(factors + row * rank, rowsAt + row * stride, rank)
}

/** For each class the rows whose error is not 0: after `prepareRows`, before `scorePanel`. */
export function listRows(): void {
  for (let c: usize = 0; c < classes; c++) {
    let length: usize = 0
    const list = listsAt + c * count * 4
    for (let row: usize = 0; row < count; row++) {
      store<u32>(list + length * 4, row)
      length += usize(load<i16>(errorsAt + (row * classes + c) * 2) !== 0)
    }
    store<u32>(lengthsAt + c * 4, length)
  }
}

/** Scratch of everything here. */
export function scoreBytes(rank: usize, classCount: usize): usize {
  const rows = blockRows(rank)
  return rows * (rowStride(rank) + classCount * 4 + SCORE_BYTES) + classCount * 4 + TILE_BYTES + 64
}

export function blockRows(rank: usize): usize {
  return max(BLOCK_ROWS_MIN, min(BLOCK_ROWS_MAX, BLOCK_BYTES / rowStride(rank)))
}

function rowStride(rank: usize): usize {
  return ((rank + 7) & ~7) * 2
}

/** int8 to int16, zeros behind the last. */
function widen(from: usize, to: usize, rank: usize): void {
  let j: usize = 0
  for (; j + 8 <= rank; j += 8) v128.store(to + j * 2, v128.load8x8_s(from + j))
  if (j === rank) return
  v128.store(to + j * 2, i16x8.splat(0))
  for (; j < rank; j++) store<i16>(to + j * 2, load<i8>(from + j))
}

/** Where the scores of the block lie after `scorePanel`: count × 8 int64. */
export function scoresAt(): usize {
  return tileAt + TILE_BYTES
}

/** @param panel classes × pairs × 8 columns × 2 int16 */
export function scorePanel(panel: usize): void {
  memory.fill(scoresAt(), 0, count * SCORE_BYTES)
  for (let c: usize = 0; c < classes; c++) {
    for (let from: usize = 0; from < pairs; from += CHUNK_PAIRS) {
      const some = min(CHUNK_PAIRS, pairs - from)
      scoreClass(c, from * 4, panel + (c * pairs + from) * PAIR_BYTES, some)
    }
  }
}

function scoreClass(c: usize, offset: usize, panel: usize, some: usize): void {
  const list = listsAt + c * count * 4
  const length: usize = load<u32>(lengthsAt + c * 4)
  const base = rowsAt + offset
  for (let at: usize = 0; at < length; at += 4) {
    // Behind the end the last row is taken again, and its sums are left unused.
    const last = length - 1
    const r0: usize = load<u32>(list + at * 4)
    const r1: usize = load<u32>(list + min(at + 1, last) * 4)
    const r2: usize = load<u32>(list + min(at + 2, last) * 4)
    const r3: usize = load<u32>(list + min(at + 3, last) * 4)
    tile(base + r0 * stride, base + r1 * stride, base + r2 * stride, base + r3 * stride, panel, some, tileAt)
    addScores(r0, c, tileAt)
    if (at + 1 < length) addScores(r1, c, tileAt + 32)
    if (at + 2 < length) addScores(r2, c, tileAt + 64)
    if (at + 3 < length) addScores(r3, c, tileAt + 96)
  }
}

function addScores(row: usize, c: usize, from: usize): void {
  const error = i32x4.splat(load<i16>(errorsAt + (row * classes + c) * 2))
  const to = scoresAt() + row * SCORE_BYTES
  const low = v128.load(from)
  const high = v128.load(from, 16)
  v128.store(to, i64x2.add(v128.load(to), i64x2.extmul_low_i32x4_s(low, error)))
  v128.store(to, i64x2.add(v128.load(to, 16), i64x2.extmul_high_i32x4_s(low, error)), 16)
  v128.store(to, i64x2.add(v128.load(to, 32), i64x2.extmul_low_i32x4_s(high, error)), 32)
  v128.store(to, i64x2.add(v128.load(to, 48), i64x2.extmul_high_i32x4_s(high, error)), 48)
}

/**
 * Σ of all scores and Σ of those above 0, over all panels; any number of rows.
 *
 * @param shifts one a panel: scores count 2^shift
 * @param sums   rows × 4 int64: two parts of the sum, two parts of the sum of positive ones; added to
 */
export function movements(
  factors: usize,
  errors: usize,
  rows: usize,
  rank: usize,
  classCount: usize,
  panels: usize,
  panelCount: usize,
  shifts: usize,
  sums: usize,
  scratch: usize,
): void {
  const block = blockRows(rank)
  const panelBytes = classCount * ((rank + 1) >> 1) * PAIR_BYTES
  for (let from: usize = 0; from < rows; from += block) {
    const some = min(block, rows - from)
    prepareRows(factors + from * rank, errors + from * classCount * 2, some, rank, classCount, scratch)
    listRows()
    for (let p: usize = 0; p < panelCount; p++) {
      scorePanel(panels + p * panelBytes)
      const shift: i32 = load<u8>(shifts + p)
      const to = sums + from * 32
      for (let row: usize = 0; row < some; row++) addMovement(scoresAt() + row * SCORE_BYTES, shift, to + row * 32)
    }
  }
}

function addMovement(scores: usize, shift: i32, sums: usize): void {
  const zero = i64x2.splat(0)
  let all = v128.load(sums)
  let positive = v128.load(sums, 16)
  for (let at = scores; at < scores + SCORE_BYTES; at += 16) {
    const score = i64x2.shl(v128.load(at), shift)
    all = i64x2.add(all, score)
    positive = i64x2.add(positive, v128.and(score, i64x2.gt_s(score, zero)))
  }
  v128.store(sums, all)
  v128.store(sums, positive, 16)
}

/**
 * Σ ((|score| >> shift) + 1)² over all vectors; any number of rows.
 *
 * @param vectors how many there are: the last panel may not be full
 * @param sums    rows int64, added to
 */
export function squares(
  factors: usize,
  errors: usize,
  rows: usize,
  rank: usize,
  classCount: usize,
  panels: usize,
  vectors: usize,
  shift: i32,
  sums: usize,
  scratch: usize,
): void {
  const block = blockRows(rank)
  const panelBytes = classCount * ((rank + 1) >> 1) * PAIR_BYTES
  for (let from: usize = 0; from < rows; from += block) {
    const some = min(block, rows - from)
    prepareRows(factors + from * rank, errors + from * classCount * 2, some, rank, classCount, scratch)
    listRows()
    for (let v: usize = 0; v < vectors; v += PANEL) {
      scorePanel(panels + (v / PANEL) * panelBytes)
      const columns = min(PANEL, vectors - v)
      for (let row: usize = 0; row < some; row++) {
        const sum = sums + (from + row) * 8
        store<i64>(sum, load<i64>(sum) + squaresOf(scoresAt() + row * SCORE_BYTES, columns, shift))
      }
    }
  }
}

function squaresOf(scores: usize, some: usize, shift: i32): i64 {
  const one = i64x2.splat(1)
  let sum = i64x2.splat(0)
  let at: usize = 0
  for (; at + 1 < some; at += 2) {
    const part = i64x2.add(i64x2.shr_u(i64x2.abs(v128.load(scores + at * 8)), shift), one)
    const narrow = i32x4.shuffle(part, part, 0, 2, 0, 2)
    sum = i64x2.add(sum, i64x2.extmul_low_i32x4_u(narrow, narrow))
  }
  let total = i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1)
  if (at < some) {
    const score = load<i64>(scores + at * 8)
    const part = ((score < 0 ? -score : score) >> i64(shift)) + 1
    total += part * part
  }
  return total
}

/**
 * Σ_class errors[class]·⟨factors, v[class]⟩ for one vector of 24 bits, as float64 (exact below 2^53); any number of rows.
 *
 * @param panels  one for each 4 classes: the low 12 bits of 4 classes, then the rest of the same 4
 * @param out     rows float64
 * @param scratch `scoreBytes` bytes
 */
export function project(
  factors: usize,
  errors: usize,
  rows: usize,
  rank: usize,
  classCount: usize,
  panels: usize,
  out: usize,
  scratch: usize,
): void {
  const block = blockRows(rank)
  for (let from: usize = 0; from < rows; from += block) {
    const some = min(block, rows - from)
    prepareRows(factors + from * rank, errors + from * classCount * 2, some, rank, classCount, scratch)
    projectBlock(panels, out + from * 8)
  }
}

function projectBlock(panels: usize, out: usize): void {
  const panelBytes = pairs * PAIR_BYTES
  const scores = scoresAt()
  memory.fill(scores, 0, count * SCORE_BYTES)
  for (let c: usize = 0; c < classes; c += 4) {
    for (let from: usize = 0; from < pairs; from += CHUNK_PAIRS) {
      const panel = panels + (c / 4) * panelBytes + from * PAIR_BYTES
      projectClasses(c, from * 4, panel, min(CHUNK_PAIRS, pairs - from))
    }
  }
  for (let row: usize = 0; row < count; row++) {
    const at = scores + row * SCORE_BYTES
    const low = load<i64>(at) + load<i64>(at, 8)
    const high = load<i64>(at, 16) + load<i64>(at, 24)
    store<f64>(out + row * 8, f64((high << 12) + low))
  }
}

function projectClasses(c: usize, offset: usize, panel: usize, some: usize): void {
  const base = rowsAt + offset
  const last = count - 1
  for (let row: usize = 0; row < count; row += 4) {
    const r1 = base + min(row + 1, last) * stride
    const r2 = base + min(row + 2, last) * stride
    const r3 = base + min(row + 3, last) * stride
    tile(base + row * stride, r1, r2, r3, panel, some, tileAt)
    for (let r: usize = 0; r < 4 && row + r < count; r++) addProjection(row + r, c, tileAt + r * 32)
  }
}

function addProjection(row: usize, c: usize, from: usize): void {
  let errors = i32x4.splat(0)
  const at = errorsAt + (row * classes + c) * 2
  if (c + 4 <= classes) errors = i32x4.extend_low_i16x8_s(v128.load64_zero(at))
  else {
    errors = i32x4.replace_lane(errors, 0, load<i16>(at))
    if (c + 1 < classes) errors = i32x4.replace_lane(errors, 1, load<i16>(at + 2))
    if (c + 2 < classes) errors = i32x4.replace_lane(errors, 2, load<i16>(at + 4))
  }
  const to = scoresAt() + row * SCORE_BYTES
  const low = v128.load(from)
  const high = v128.load(from, 16)
  const lows = i64x2.add(i64x2.extmul_low_i32x4_s(low, errors), i64x2.extmul_high_i32x4_s(low, errors))
  const highs = i64x2.add(i64x2.extmul_low_i32x4_s(high, errors), i64x2.extmul_high_i32x4_s(high, errors))
  v128.store(to, i64x2.add(v128.load(to), lows))
  v128.store(to, i64x2.add(v128.load(to, 16), highs), 16)
}
