// Sums over rows of weight · errors ⊗ factors: the weights in digits of 15 bits, so that each digit is an int16 matrix product.
import { PAIR_BYTES, PANEL, TILE_BYTES, tile } from './tile'

/** So many products 2^15 · 63 stay below 2^31. */
const SUM_ROWS_MAX: usize = 1024
const DIGIT_BITS: i32 = 15
const DIGIT_MASK: i32 = (1 << DIGIT_BITS) - 1
/** Bytes of a row of a matrix that is summed over rows of features. */
const LINE_BYTES: usize = SUM_ROWS_MAX * 2
/** Five limbs of int32 a row. */
const LIMB_BYTES: usize = 5 * SUM_ROWS_MAX * 4

/** Columns 0 … rank − 1 of the factors as panels, rows paired; a last odd row is paired with zeros. */
function packColumns(factors: usize, rows: usize, rank: usize, panels: usize): void {
  const panelBytes = ((rows + 1) >> 1) * PAIR_BYTES
  const zero = i16x8.splat(0)
  for (let row: usize = 0; row < rows; row += 2) {
    let to = panels + (row >> 1) * PAIR_BYTES
    const even = factors + row * rank
    const odd = even + rank
    for (let j: usize = 0; j < rank; j += PANEL) {
      const a = v128.load8x8_s(even + j)
      const b = row + 1 < rows ? v128.load8x8_s(odd + j) : zero
      v128.store(to, i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11))
      v128.store(to, i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16)
      to += panelBytes
    }
  }
}

/** Errors by class as int32, zeros up to a multiple of 8 rows. */
function transposeErrors(errors: usize, rows: usize, classes: usize, to: usize): void {
  const padded = (rows + 7) & ~7
  for (let c: usize = 0; c < classes; c++) memory.fill(to + c * LINE_BYTES * 2, 0, padded * 4)
  for (let row: usize = 0; row < rows; row++)
    for (let c: usize = 0; c < classes; c++)
      store<i32>(to + c * LINE_BYTES * 2 + row * 4, load<i16>(errors + (row * classes + c) * 2))
}

/**
 * digit d of errors[class] · weight at lines + (class · (limbCount + 1) + d) · LINE_BYTES, the last one signed.
 *
 * @param limbs limbCount lines of SUM_ROWS_MAX int32 below 2^15, zeros behind the last row
 */
function digitLines(errors: usize, limbs: usize, limbCount: usize, rows: usize, classes: usize, lines: usize): void {
  const mask = i32x4.splat(DIGIT_MASK)
  for (let c: usize = 0; c < classes; c++) {
    const line = lines + c * (limbCount + 1) * LINE_BYTES
    for (let row: usize = 0; row < rows; row += 8) {
      const error = errors + c * LINE_BYTES * 2 + row * 4
      const e0 = v128.load(error)
      const e1 = v128.load(error, 16)
      let carry0 = i32x4.splat(0)
      let carry1 = carry0
      let to = line + row * 2
      let limb = limbs + row * 4
      for (let d: usize = 0; d < limbCount; d++) {
        const t0 = i32x4.add(i32x4.mul(e0, v128.load(limb)), carry0)
        const t1 = i32x4.add(i32x4.mul(e1, v128.load(limb, 16)), carry1)
        v128.store(to, i16x8.narrow_i32x4_s(v128.and(t0, mask), v128.and(t1, mask)))
        carry0 = i32x4.shr_s(t0, DIGIT_BITS)
        carry1 = i32x4.shr_s(t1, DIGIT_BITS)
        to += LINE_BYTES
        limb += LINE_BYTES * 2
      }
      v128.store(to, i16x8.narrow_i32x4_s(carry0, carry1))
    }
  }
}

function isZero(line: usize, rows: usize): bool {
  let any = i32x4.splat(0)
  for (let row: usize = 0; row < rows; row += 8) any = v128.or(any, v128.load(line + row * 2))
  return !v128.any_true(any)
}

/**
 * to[line] += (line · column) << shift[line] for every line of the list and every panel.
 *
 * @param list length × 3 u32: address of a line, address of its int64 sums, shift
 */
export function multiply(
  list: usize,
  length: usize,
  panels: usize,
  panelCount: usize,
  pairs: usize,
  tileAt: usize,
): void {
  const last = length - 1
  for (let p: usize = 0; p < panelCount; p++) {
    const panel = panels + p * pairs * PAIR_BYTES
    for (let at: usize = 0; at < length; at += 4) {
      const a0: usize = load<u32>(list + at * 12)
      const a1: usize = load<u32>(list + min(at + 1, last) * 12)
      const a2: usize = load<u32>(list + min(at + 2, last) * 12)
      const a3: usize = load<u32>(list + min(at + 3, last) * 12)
      tile(a0, a1, a2, a3, panel, pairs, tileAt)
      for (let r: usize = 0; r < 4 && at + r < length; r++) {
        const entry = list + (at + r) * 12
        addShifted(tileAt + r * 32, usize(load<u32>(entry, 4)) + p * PANEL * 8, load<i32>(entry, 8))
      }
    }
  }
}

function addShifted(from: usize, to: usize, shift: i32): void {
  const low = v128.load(from)
  const high = v128.load(from, 16)
  v128.store(to, i64x2.add(v128.load(to), i64x2.shl(i64x2.extend_low_i32x4_s(low), shift)))
  v128.store(to, i64x2.add(v128.load(to, 16), i64x2.shl(i64x2.extend_high_i32x4_s(low), shift)), 16)
  v128.store(to, i64x2.add(v128.load(to, 32), i64x2.shl(i64x2.extend_low_i32x4_s(high), shift)), 32)
  v128.store(to, i64x2.add(v128.load(to, 48), i64x2.shl(i64x2.extend_high_i32x4_s(high), shift)), 48)
}

/** Scratch of `weightedSum` and `groupSums`. */
export function sumBytes(rank: usize, classes: usize): usize {
  const panels = ((rank + 7) >> 3) * (SUM_ROWS_MAX >> 1) * PAIR_BYTES
  const lines = classes * 6 * (LINE_BYTES + 12) + classes * LINE_BYTES * 2
  return LIMB_BYTES + lines + panels + classes * (rank + 7) * 8 + TILE_BYTES + 64
}

/** Scratch of `weightedSums`: `sumBytes` and the rows of one bucket. */
export function bucketBytes(rank: usize, classes: usize): usize {
  return sumBytes(rank, classes) + SUM_ROWS_MAX * (rank + classes * 2 + 24) + 64
}

/**
 * sums[bucket][class · 6 + digit][dim] += Σ digit of (m · errors[class]) · factors[dim] over the rows whose number leaves
 * `bucket` when divided by `buckets`; any number of rows, of which the first is in bucket 0.
 *
 * @param weights 3 × rows float64: limbs of 24 bits, the lowest first
 * @param sums    buckets × (classes · 6) × (rank up to a multiple of 8) int64
 */
export function weightedSums(
  factors: usize,
  errors: usize,
  weights: usize,
  rows: usize,
  rank: usize,
  classes: usize,
  buckets: usize,
  sums: usize,
  scratch: usize,
): void {
  const bucketFactors = (scratch + sumBytes(rank, classes) + 15) & ~15
  const bucketErrors = (bucketFactors + SUM_ROWS_MAX * rank + 31) & ~15
  const bucketWeights = (bucketErrors + SUM_ROWS_MAX * classes * 2 + 15) & ~15
  const rest = scratch + LIMB_BYTES
  for (let bucket: usize = 0; bucket < buckets; bucket++) {
    let row = bucket
    while (row < rows) {
      let some: usize = 0
      for (; some < SUM_ROWS_MAX && row < rows; some++) {
        memory.copy(bucketFactors + some * rank, factors + row * rank, rank)
        memory.copy(bucketErrors + some * classes * 2, errors + row * classes * 2, classes * 2)
        for (let limb: usize = 0; limb < 3; limb++)
          store<f64>(bucketWeights + (limb * SUM_ROWS_MAX + some) * 8, load<f64>(weights + (limb * rows + row) * 8))
        row += buckets
      }
      splitWeights(bucketWeights, SUM_ROWS_MAX * 8, some, scratch)
      addProducts(bucketFactors, bucketErrors, scratch, 5, some, rank, classes, sums, 0, rest)
    }
    sums += classes * 6 * ((rank + 7) & ~7) * 8
  }
}

/** Three limbs of 24 bits, `apart` bytes apart, into five of 15. */
function splitWeights(weights: usize, apart: usize, rows: usize, limbs: usize): void {
  const padded = (rows + 7) & ~7
  for (let limb: usize = 0; limb < 5; limb++) memory.fill(limbs + limb * LINE_BYTES * 2, 0, padded * 4)
  for (let row: usize = 0; row < rows; row++) {
    const low = u64(load<f64>(weights + row * 8))
    const middle = u64(load<f64>(weights + apart + row * 8))
    const high = u64(load<f64>(weights + 2 * apart + row * 8))
    const both = low | (middle << 24)
    const to = limbs + row * 4
    store<u32>(to, u32(both & 0x7fff))
    store<u32>(to + LINE_BYTES * 2, u32((both >> 15) & 0x7fff))
    store<u32>(to + LINE_BYTES * 4, u32((both >> 30) & 0x7fff))
    store<u32>(to + LINE_BYTES * 6, u32(((both >> 45) | (high << 3)) & 0x7fff))
    store<u32>(to + LINE_BYTES * 8, u32(high >> 12))
  }
}

/**
 * out[i] = Σ u · errors ⊗ factors over the rows of the i-th group; the groups' rows follow each other.
 *
 * @param u      one a row, u32 below 2^30
 * @param counts one a group, u32: its rows
 * @param out    groups × classes × rank int64
 */
export function groupSums(
  factors: usize,
  errors: usize,
  u: usize,
  counts: usize,
  groups: usize,
  rank: usize,
  classes: usize,
  out: usize,
  scratch: usize,
): void {
  const wide = (rank + 7) & ~7
  const rest = scratch + classes * wide * 8
  for (let group: usize = 0; group < groups; group++) {
    const rows: usize = load<u32>(counts + group * 4)
    memory.fill(scratch, 0, classes * wide * 8)
    for (let from: usize = 0; from < rows; from += SUM_ROWS_MAX) {
      const some = min(SUM_ROWS_MAX, rows - from)
      splitMultipliers(u + from * 4, some, rest)
      const at = factors + from * rank
      addProducts(at, errors + from * classes * 2, rest, 2, some, rank, classes, scratch, DIGIT_BITS, rest + LIMB_BYTES)
    }
    for (let c: usize = 0; c < classes; c++) memory.copy(out + c * rank * 8, scratch + c * wide * 8, rank * 8)
    out += classes * rank * 8
    factors += rows * rank
    errors += rows * classes * 2
    u += rows * 4
  }
}

function splitMultipliers(u: usize, rows: usize, limbs: usize): void {
  const padded = (rows + 7) & ~7
  memory.fill(limbs, 0, padded * 4)
  memory.fill(limbs + LINE_BYTES * 2, 0, padded * 4)
  for (let row: usize = 0; row < rows; row++) {
    const value = load<u32>(u + row * 4)
    store<u32>(limbs + row * 4, value & 0x7fff)
    store<u32>(limbs + LINE_BYTES * 2 + row * 4, value >> 15)
  }
}

/** @param shiftBits 0: every digit has sums of its own; else digits of a class share theirs, shifted by so much more each */
function addProducts(
  factors: usize,
  errors: usize,
  limbs: usize,
  limbCount: usize,
  rows: usize,
  rank: usize,
  classes: usize,
  sums: usize,
  shiftBits: i32,
  scratch: usize,
): void {
  const byClass = scratch
  const lines = byClass + classes * LINE_BYTES * 2
  const list = lines + classes * (limbCount + 1) * LINE_BYTES
  const tileAt = (list + classes * (limbCount + 1) * 12 + 15) & ~15
  const panels = tileAt + TILE_BYTES
  const sumBytes = ((rank + 7) & ~7) * 8
  transposeErrors(errors, rows, classes, byClass)
  digitLines(byClass, limbs, limbCount, rows, classes, lines)
  packColumns(factors, rows, rank, panels)
  let length: usize = 0
  for (let c: usize = 0; c < classes; c++) {
    for (let d: usize = 0; d <= limbCount; d++) {
      const at = c * (limbCount + 1) + d
      if (isZero(lines + at * LINE_BYTES, rows)) continue
      store<u32>(list + length * 12, lines + at * LINE_BYTES)
      store<u32>(list + length * 12, sums + (shiftBits === 0 ? at : c) * sumBytes, 4)
      store<i32>(list + length * 12, shiftBits * i32(d), 8)
      length++
    }
  }
  if (length > 0) multiply(list, length, panels, (rank + 7) >> 3, (rows + 1) >> 1, tileAt)
}
