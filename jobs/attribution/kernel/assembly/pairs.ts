// Every score of a block of rows on a panel of 8 events, summed up at once: by event the strongest rows, Σ|score|, and the sum
// of each segment. Scores are (Σ_class errors[class]·⟨factors, vector[class]⟩ · weight) >> 21.
import { blockRows, listRows, prepareRows, scorePanel, scoresAt } from './scores'
import { PAIR_BYTES, PANEL } from './tile'

const WEIGHT_BITS: i32 = 21
const SCORE_BYTES: usize = 64
/** A score and the row that has it. */
const ENTRY_BYTES: usize = 16
const NO_ROW: u32 = 0xffffffff

// What is kept of a panel: Σ|score| of 8 events, the least score that is kept of each, the segments' sums of each, and the
// strongest rows of each.
const LEAST_AT: usize = 64
const SEGMENTS_AT: usize = 128

export function summaryBytes(segments: usize, top: usize): usize {
  return SEGMENTS_AT + segments * SCORE_BYTES + PANEL * top * ENTRY_BYTES
}

/** Nothing seen yet. */
export function startPairs(summaries: usize, panelCount: usize, segments: usize, top: usize): void {
  const bytes = summaryBytes(segments, top)
  memory.fill(summaries, 0, panelCount * bytes)
  for (let p: usize = 0; p < panelCount; p++) {
    const summary = summaries + p * bytes
    for (let event: usize = 0; event < PANEL; event++) store<i64>(summary + LEAST_AT + event * 8, i64.MIN_VALUE)
    const entries = summary + SEGMENTS_AT + segments * SCORE_BYTES
    for (let at: usize = 0; at < PANEL * top; at++) {
      store<i64>(entries + at * ENTRY_BYTES, i64.MIN_VALUE)
      store<u32>(entries + at * ENTRY_BYTES, NO_ROW, 8)
    }
  }
}

/**
 * @param weights   one a row, u32, at most 2^21
 * @param segmentOf one a row, u32
 * @param first     number of the first row
 * @param summaries panelCount × `summaryBytes`
 */
export function pairs(
  factors: usize,
  errors: usize,
  rows: usize,
  rank: usize,
  classes: usize,
  panels: usize,
  panelCount: usize,
  weights: usize,
  segmentOf: usize,
  first: u32,
  segments: usize,
  top: usize,
  summaries: usize,
  scratch: usize,
): void {
  const block = blockRows(rank)
  const panelBytes = classes * ((rank + 1) >> 1) * PAIR_BYTES
  const bytes = summaryBytes(segments, top)
  for (let from: usize = 0; from < rows; from += block) {
    const some = min(block, rows - from)
    prepareRows(factors + from * rank, errors + from * classes * 2, some, rank, classes, scratch)
    listRows()
    for (let p: usize = 0; p < panelCount; p++) {
      scorePanel(panels + p * panelBytes)
      const summary = summaries + p * bytes
      const entries = summary + SEGMENTS_AT + segments * SCORE_BYTES
      for (let row: usize = 0; row < some; row++) {
        const at = (from + row) * 4
        const segment = summary + SEGMENTS_AT + usize(load<u32>(segmentOf + at)) * SCORE_BYTES
        addRow(
          scoresAt() + row * SCORE_BYTES,
          load<u32>(weights + at),
          first + u32(from + row),
          summary,
          segment,
          entries,
          top,
        )
      }
    }
  }
}

function addRow(
  scores: usize,
  weight: u32,
  row: u32,
  summary: usize,
  segment: usize,
  entries: usize,
  top: usize,
): void {
  const weights = i32x4.splat(weight)
  let enters = i64x2.splat(0)
  for (let at: usize = 0; at < SCORE_BYTES; at += 32) {
    const a = v128.load(scores + at)
    const b = v128.load(scores + at, 16)
    const high = i32x4.shuffle(i64x2.shr_u(a, WEIGHT_BITS), i64x2.shr_u(b, WEIGHT_BITS), 0, 2, 4, 6)
    const low = v128.and(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.splat((1 << WEIGHT_BITS) - 1))
    const rest0 = i64x2.shr_u(i64x2.extmul_low_i32x4_s(low, weights), WEIGHT_BITS)
    const rest1 = i64x2.shr_u(i64x2.extmul_high_i32x4_s(low, weights), WEIGHT_BITS)
    const s0 = i64x2.add(i64x2.extmul_low_i32x4_s(high, weights), rest0)
    const s1 = i64x2.add(i64x2.extmul_high_i32x4_s(high, weights), rest1)
    v128.store(scores + at, s0)
    v128.store(scores + at, s1, 16)
    v128.store(summary + at, i64x2.add(v128.load(summary + at), i64x2.abs(s0)))
    v128.store(summary + at, i64x2.add(v128.load(summary + at, 16), i64x2.abs(s1)), 16)
    v128.store(segment + at, i64x2.add(v128.load(segment + at), s0))
    v128.store(segment + at, i64x2.add(v128.load(segment + at, 16), s1), 16)
    const least = summary + LEAST_AT + at
    enters = v128.or(enters, v128.or(i64x2.ge_s(s0, v128.load(least)), i64x2.ge_s(s1, v128.load(least, 16))))
  }
  if (!v128.any_true(enters) || top === 0) return
  for (let event: usize = 0; event < PANEL; event++) {
    const score = load<i64>(scores + event * 8)
    const least = summary + LEAST_AT + event * 8
    if (score >= load<i64>(least)) enter(score, row, entries + event * top * ENTRY_BYTES, top, least)
  }
}

/** Keeps the list in order: the higher score first, of equal ones the earlier row. */
function enter(score: i64, row: u32, list: usize, top: usize, least: usize): void {
  let at = top - 1
  if (!isBefore(score, row, list + at * ENTRY_BYTES)) return
  for (; at > 0 && isBefore(score, row, list + (at - 1) * ENTRY_BYTES); at--) {
    const to = list + at * ENTRY_BYTES
    v128.store(to, v128.load(to - ENTRY_BYTES))
  }
  store<i64>(list + at * ENTRY_BYTES, score)
  store<u32>(list + at * ENTRY_BYTES, row, 8)
  store<i64>(least, load<i64>(list + (top - 1) * ENTRY_BYTES))
}

function isBefore(score: i64, row: u32, entry: usize): bool {
  const other = load<i64>(entry)
  return score > other || (score === other && row < load<u32>(entry, 8))
}
