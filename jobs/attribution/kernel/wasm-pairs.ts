import type { GradientRows } from '../bilinear/gradient-rows.ts'
import type { PairQuery, PairSummary } from './kernels.ts'
import { Layout } from './layout.ts'
import type { Machine, Work } from './machine.mjs'
import { inOrder, PANEL, packVectors } from './panels.ts'
import { checkPairs, emptySummary } from './plain-pairs.ts'
import type { Block, Pool } from './pool.ts'

/** What a thread keeps of the events that it works on at once. */
const SUMMARY_BYTES_MAX = 1 << 26
const ROWS_MAX = 8_192
const SEGMENTS_AT = 2 * PANEL
/** int64 of an entry of the strongest: score, row. */
const ENTRY = 2
const NO_ROW = 0xffff_ffffn

/** `Kernels.scorePairs` on the threads of a pool: as many events at once as their sums fit, over all rows. */
export async function wasmPairs(
  pool: Pool,
  sizes: Machine['functions'],
  rows: GradientRows,
  query: PairQuery,
): Promise<PairSummary> {
  checkPairs(rows)
  const size = rows.rank * rows.classes
  const events = query.vectors.length / size
  const kept = Math.min(query.top, rows.count)
  const summary = emptySummary(events, kept, query.segments)
  const panelBytes = sizes.summaryBytes!(query.segments, kept)
  const eventsEach = PANEL * Math.max(1, Math.floor(SUMMARY_BYTES_MAX / panelBytes))
  for (let from = 0; from < events; from += eventsEach) {
    const to = Math.min(events, from + eventsEach)
    const merged = new Merge(to - from, kept, query.segments)
    const vectors = query.vectors.subarray(from * size, to * size)
    await scoreEvents(pool, sizes, rows, { ...query, vectors, top: kept }, merged)
    merged.write(summary, from)
  }
  return summary
}

async function scoreEvents(
  pool: Pool,
  sizes: Machine['functions'],
  rows: GradientRows,
  query: PairQuery,
  merged: Merge,
): Promise<void> {
  const { rank, classes, count } = rows
  const { segments, top } = query
  const panels = packVectors(query.vectors, rank, classes, inOrder(query.vectors.length / (rank * classes)))
  const panelCount = panels.length / (classes * Math.ceil(rank / 2) * 2 * PANEL)
  const summaryLength = panelCount * sizes.summaryBytes!(segments, top)
  const layout = new Layout()
  const panelsAt = layout.place(panels.byteLength)
  const summaries = { at: layout.place(summaryLength), length: summaryLength }
  const rowsEach = Math.max(1, Math.min(ROWS_MAX, Math.ceil(count / pool.threads)))
  const places = {
    factors: layout.place(rowsEach * rank),
    errors: layout.place(rowsEach * classes * 2),
    weights: layout.place(rowsEach * 4),
    segmentOf: layout.place(rowsEach * 4),
  }
  const scratch = layout.place(sizes.scoreBytes!(rank, classes))
  const work = { bytes: layout.bytes, copies: [], results: [] } satisfies Work
  const blockAt = (from: number): Block => {
    const to = Math.min(count, from + rowsEach)
    const copies = [
      { at: places.factors, from: rows.factors.subarray(from * rank, to * rank) },
      { at: places.errors, from: rows.errors.subarray(from * classes, to * classes) },
      { at: places.weights, from: query.weights.subarray(from, to) },
      { at: places.segmentOf, from: query.segmentOf.subarray(from, to) },
    ]
    const { factors, errors, weights, segmentOf } = places
    const shape = [factors, errors, to - from, rank, classes, panelsAt, panelCount]
    const args = [...shape, weights, segmentOf, from, segments, top, summaries.at, scratch]
    return { work: { ...work, copies, call: { name: 'pairs', args } } }
  }
  await pool.run({
    first: {
      ...work,
      copies: [{ at: panelsAt, from: panels }],
      call: { name: 'startPairs', args: [summaries.at, panelCount, segments, top] },
    },
    blocks: Array.from({ length: Math.ceil(count / rowsEach) }, (_, at) => blockAt(at * rowsEach)),
    last: {
      work: { ...work, results: [summaries] },
      onDone: ({ outputs }) => merged.add(new BigInt64Array(outputs[0]!.buffer)),
    },
  })
}

/** Puts together what the threads kept of the same events. */
class Merge {
  readonly #events: number
  readonly #kept: number
  readonly #segments: number
  readonly #absolute: BigInt64Array
  readonly #sums: BigInt64Array
  readonly #entries: { score: bigint; row: bigint }[][]

  constructor(events: number, kept: number, segments: number) {
    this.#events = events
    this.#kept = kept
    this.#segments = segments
    this.#absolute = new BigInt64Array(events)
    this.#sums = new BigInt64Array(events * segments)
    this.#entries = Array.from({ length: events }, () => [])
  }

  /** @param kept panels as assembly/pairs.ts lays them out, int64 */
  add(kept: BigInt64Array): void {
    const entriesAt = SEGMENTS_AT + this.#segments * PANEL
    const panelLength = entriesAt + PANEL * this.#kept * ENTRY
    for (let event = 0; event < this.#events; event++) {
      const lane = event % PANEL
      const panel = kept.subarray(Math.floor(event / PANEL) * panelLength)
      this.#absolute[event]! += panel[lane]!
      for (let segment = 0; segment < this.#segments; segment++)
        this.#sums[event * this.#segments + segment]! += panel[SEGMENTS_AT + segment * PANEL + lane]!
      for (let at = 0; at < this.#kept; at++) {
        const entry = entriesAt + (lane * this.#kept + at) * ENTRY
        const row = panel[entry + 1]!
        if (row !== NO_ROW) this.#entries[event]!.push({ score: panel[entry]!, row })
      }
    }
  }

  write(summary: PairSummary, from: number): void {
    summary.absolute.set(this.#absolute, from)
    summary.segments.set(this.#sums, from * this.#segments)
    for (const [event, entries] of this.#entries.entries()) {
      entries.sort((a, b) => (a.score === b.score ? Number(a.row - b.row) : a.score > b.score ? -1 : 1))
      for (let at = 0; at < this.#kept; at++) {
        summary.topRows[(from + event) * this.#kept + at] = Number(entries[at]!.row)
        summary.topScores[(from + event) * this.#kept + at] = Number(entries[at]!.score)
      }
    }
  }
}
