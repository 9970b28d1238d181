import { contentBytes } from '../../schemas/record-bytes.ts'
import { SegmentConflictError } from './errors.ts'
import { readSegment, type Segment } from './read-segment.ts'
import { fingerprint } from './row-content.ts'
import { type SegmentName, segmentPath } from './segment-name.ts'

/**
 * Holds the segments of one partition to each other: where two cover the same offsets (a sealer that was taken for dead,
 * and its successor), both must hold the same records with the same append times, and the same offsets without one.
 * Each pair is compared once in the life of this object: segments never change.
 */
export class Overlaps {
  readonly #folder: string
  readonly #equal = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param segments of one partition, ascending by (from, to) @throws SegmentConflictError, SegmentDamagedError */
  async assertEqual(segments: readonly SegmentName[]): Promise<void> {
    for (const [index, one] of segments.entries()) {
      for (let next = index + 1; next < segments.length; next++) {
        const other = segments[next]!
        if (other.from >= one.to) break
        const pair = `${segmentPath(this.#folder, one)}\n${segmentPath(this.#folder, other)}`
        if (this.#equal.has(pair)) continue
        await this.#compare(one, other)
        this.#equal.add(pair)
      }
    }
  }

  async #compare(one: SegmentName, other: SegmentName): Promise<void> {
    const from = other.from
    const to = one.to < other.to ? one.to : other.to
    const [first, second] = [await readSegment(this.#folder, one), await readSegment(this.#folder, other)]
    if (first === undefined || second === undefined) return // gone, and nothing to compare with
    const offset =
      first.kind === second.kind
        ? firstDifference(await between(first, from, to), await between(second, from, to))
        : from
    if (offset === undefined) return
    const { topic, partition } = one
    const paths = { one: segmentPath(this.#folder, one), other: segmentPath(this.#folder, other) }
    throw new SegmentConflictError({ topic, partition, offset, ...paths })
  }
}

function firstDifference(one: ReadonlyMap<bigint, string>, other: ReadonlyMap<bigint, string>): bigint | undefined {
  const offsets = [...new Set([...one.keys(), ...other.keys()])].sort((a, b) => (a < b ? -1 : 1))
  return offsets.find((offset) => one.get(offset) !== other.get(offset))
}

async function between(segment: Segment, from: bigint, to: bigint): Promise<ReadonlyMap<bigint, string>> {
  const inside = new Map<bigint, string>()
  for await (const records of segment.groups()) {
    for (const record of records) {
      if (record.offset < from || record.offset >= to) continue
      inside.set(record.offset, fingerprint(record.appendTimeMs, contentBytes(record)))
    }
  }
  return inside
}
