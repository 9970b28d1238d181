import type { Manifest } from '../anchor/manifest.ts'
import { OUTCOMES } from '../schemas/rejection.ts'
import { INPUT_TOPICS } from '../schemas/topics.ts'
import { assertSame, differ } from './difference.ts'
import { compareText, firstOf } from './order.ts'
import type { Table } from './parquet/table.ts'
import { CurrentRecord, type RECORDS } from './records/current-record.ts'

type Cut = Manifest['cut']
type PartitionCut = Cut['partitions'][number]

/** How far each partition got: what the next epoch has to go on from. */
interface PartitionEnd {
  readonly incarnation: number
  readonly to: bigint
  readonly effectiveMs: bigint
}

export type PartitionEnds = ReadonlyMap<string, PartitionEnd>

function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

/**
 * The cut of an epoch against the one before: partitions ascending and known ones still there, each going on where it ended.
 *
 * @param ends undefined when the epochs before were not given
 * @throws DifferenceFound
 */
export function checkCut(cut: Cut, ends: PartitionEnds | undefined, previousTimeMs: bigint): void {
  const where = (index: number, key: string) => `manifest.json cut.partitions[${index}].${key}`
  if (BigInt(cut.timeMs) < previousTimeMs)
    differ('cut', 'manifest.json cut.timeMs', `at least ${previousTimeMs}`, cut.timeMs)
  // Then times below it are whole numbers that a float64 holds.
  if (BigInt(cut.timeMs) > Number.MAX_SAFE_INTEGER)
    differ('cut', 'manifest.json cut.timeMs', `at most ${Number.MAX_SAFE_INTEGER}`, cut.timeMs)
  for (const [index, part] of cut.partitions.entries()) {
    const before = cut.partitions[index - 1]
    if (!INPUT_TOPICS.some((topic) => topic === part.topic)) {
      differ('cut', where(index, 'topic'), INPUT_TOPICS.join(', '), part.topic)
    }
    if (before !== undefined && comparePartitions(before, part) >= 0) {
      differ(
        'cut',
        `manifest.json cut.partitions[${index}]`,
        'ascending by (topic, partition)',
        partitionKey(part.topic, part.partition),
      )
    }
    if (BigInt(part.to) < BigInt(part.from)) differ('cut', where(index, 'to'), `at least ${part.from}`, part.to)
    if (ends === undefined) continue
    const end = ends.get(partitionKey(part.topic, part.partition))
    if (end !== undefined && part.incarnation < end.incarnation) {
      differ('cut', where(index, 'incarnation'), `at least ${end.incarnation}`, part.incarnation)
    }
    const from = end !== undefined && end.incarnation === part.incarnation ? end.to : 0n
    assertSame('cut', where(index, 'from'), from.toString(), part.from)
  }
  const known = new Set(cut.partitions.map((part) => partitionKey(part.topic, part.partition)))
  for (const key of ends?.keys() ?? []) {
    if (!known.has(key))
      differ('cut', 'manifest.json cut.partitions', `an entry for ${key}, which earlier epochs have`, undefined)
  }
}

/**
 * No record of this version says that a topic was made again, so no cut has another incarnation than 0: in a partition without
 * records nothing else would tell a false one.
 *
 * @throws DifferenceFound
 */
export function checkIncarnations({ partitions }: Cut): void {
  for (const [index, { incarnation }] of partitions.entries())
    assertSame('cut', `manifest.json cut.partitions[${index}].incarnation`, 0, incarnation)
}

function comparePartitions(a: { topic: string; partition: number }, b: { topic: string; partition: number }): number {
  return firstOf(compareText(a.topic, b.topic), a.partition - b.partition)
}

/** Where the cut of an epoch ends; without one, as before epoch 1, nowhere. Effective times are not in it. */
export function endsOfCut(previous: Manifest | undefined): PartitionEnds {
  return new Map(
    (previous?.cut.partitions ?? []).map(({ topic, partition, incarnation, to }) => [
      partitionKey(topic, partition),
      { incarnation, to: BigInt(to), effectiveMs: 0n },
    ]),
  )
}

type Range = Manifest['holes'][number]

/**
 * Holds records.parquet to the manifest, record by record: in leaf order, exactly the offsets of the cut but for the manifest's
 * holes, its gaps as the manifest has them, effective times below the cut's time.
 */
class CutChecker {
  readonly #manifest: Manifest
  readonly #holes: Range[] = []
  readonly #gaps: Range[] = []
  /** The partition at work. */
  #index = -1
  #part: PartitionCut | undefined
  #from = 0n
  #to = 0n
  /** The offset that comes next. */
  #next = 0n
  readonly #timeMs: bigint

  constructor(manifest: Manifest) {
    this.#manifest = manifest
    this.#timeMs = BigInt(manifest.cut.timeMs)
  }

  /** @throws DifferenceFound */
  add(record: CurrentRecord): void {
    while (this.#part?.topic !== record.topic || this.#part.partition !== record.partition) this.#enterNext(record)
    const { offset } = record
    if (offset < this.#from || offset >= this.#to) {
      const { from, to } = this.#part
      differ('records', record.where('record_offset'), `from ${from}, below ${to} (the cut)`, offset)
    }
    assertSame('records', record.where('incarnation'), this.#part.incarnation, record.incarnation)
    if (record.effectiveMs >= this.#timeMs)
      differ('records', record.where('effective_ms'), `below ${this.#timeMs} (the time of the cut)`, record.effectiveMs)
    if (offset < this.#next)
      differ('records', record.where(), `ascending by (topic, partition, offset), from ${this.#next} on`, offset)
    this.#hole(offset)
    const end = record.end()
    if (record.outcome === OUTCOMES.gap) this.#gaps.push(rangeOf(this.#part, offset, end))
    this.#next = end
  }

  /** What the records leave out of the cut must be exactly the holes of the manifest, so that no record is left out unseen. */
  end(): void {
    const { partitions } = this.#manifest.cut
    while (this.#index < partitions.length) this.#leave()
    compareRanges('holes', this.#holes, this.#manifest.holes)
    compareRanges('gaps', this.#gaps, this.#manifest.gaps)
  }

  #enterNext(record: CurrentRecord): void {
    const { partitions } = this.#manifest.cut
    if (this.#index >= partitions.length - 1) {
      const isKnown = partitions.some((part) => part.topic === record.topic && part.partition === record.partition)
      const key = partitionKey(record.topic, record.partition)
      if (!isKnown) differ('records', record.where(), 'a partition of the cut', key)
      differ('records', record.where(), 'ascending by (topic, partition, offset)', `${key}/${record.offset}`)
    }
    this.#leave()
  }

  #leave(): void {
    if (this.#part !== undefined) {
      if (this.#next > this.#to) {
        const key = partitionKey(this.#part.topic, this.#part.partition)
        differ('records', key, 'a gap that ends in the cut', this.#next)
      }
      this.#hole(this.#to)
    }
    this.#part = this.#manifest.cut.partitions[++this.#index]
    this.#from = BigInt(this.#part?.from ?? 0)
    this.#to = BigInt(this.#part?.to ?? 0)
    this.#next = this.#from
  }

  #hole(end: bigint): void {
    if (end > this.#next) this.#holes.push(rangeOf(this.#part!, this.#next, end))
  }
}

function rangeOf({ topic, partition }: PartitionCut, from: bigint, to: bigint): Range {
  return { topic, partition, from: from.toString(), to: to.toString() }
}

function compareRanges(key: 'holes' | 'gaps', computed: readonly Range[], published: readonly Range[]): void {
  const text = (range: Range | undefined) =>
    range === undefined ? undefined : `${partitionKey(range.topic, range.partition)} from ${range.from} to ${range.to}`
  for (let i = 0; i < Math.max(computed.length, published.length); i++) {
    const [expected, found] = [text(computed[i]), text(published[i])]
    if (expected === found) continue
    const what = expected === undefined ? 'nothing: records are there' : `${expected}: no record is there`
    differ('records', `manifest.json ${key}[${i}]`, what, found)
  }
}

/** Effective times that never fall, from epoch to epoch and from record to record. */
class Clocks {
  readonly #next = new Map<string, PartitionEnd>()
  #key = ''
  #topic = ''
  #partition = -1
  #effectiveMs = 0n

  constructor(manifest: Manifest, ends: PartitionEnds) {
    for (const { topic, partition, incarnation, to } of manifest.cut.partitions) {
      const key = partitionKey(topic, partition)
      const before = ends.get(key)
      const effectiveMs = before?.incarnation === incarnation ? before.effectiveMs : 0n
      this.#next.set(key, { incarnation, to: BigInt(to), effectiveMs })
    }
  }

  /** @throws DifferenceFound */
  add(record: CurrentRecord): void {
    if (record.topic !== this.#topic || record.partition !== this.#partition) this.#enter(record)
    const { effectiveMs } = record
    const least = this.#effectiveMs
    if (effectiveMs < least)
      differ('records', record.where('effective_ms'), `at least ${least}: the running maximum`, effectiveMs)
    if (record.outcome === OUTCOMES.gap) assertSame('records', record.where('effective_ms'), least, effectiveMs)
    this.#effectiveMs = effectiveMs
  }

  ends(): PartitionEnds {
    this.#keep()
    return this.#next
  }

  #enter({ topic, partition }: CurrentRecord): void {
    this.#keep()
    this.#topic = topic
    this.#partition = partition
    this.#key = partitionKey(topic, partition)
    this.#effectiveMs = this.#next.get(this.#key)!.effectiveMs
  }

  #keep(): void {
    const end = this.#next.get(this.#key)
    if (end !== undefined) this.#next.set(this.#key, { ...end, effectiveMs: this.#effectiveMs })
  }
}

/**
 * Reads records.parquet of an epoch row by row: in leaf order, exactly the offsets of the cut but for the manifest's holes, its
 * gaps as the manifest has them, effective times below the cut's time that never fall. Of the file, one row group is in memory.
 *
 * @param ends  of the records of all epochs before
 * @param visit gets each record that is in its place; only until it returns is what it got valid
 * @returns     the ends for the next epoch
 * @throws      DifferenceFound
 */
export async function readRecords(
  table: Table<typeof RECORDS>,
  manifest: Manifest,
  ends: PartitionEnds,
  visit: (record: CurrentRecord) => void,
): Promise<PartitionEnds> {
  const clocks = new Clocks(manifest, ends)
  await readRecordsOfCut(table, manifest, (record) => {
    clocks.add(record)
    visit(record)
  })
  return clocks.ends()
}

/**
 * As {@link readRecords}, but effective times are only held to the cut: it needs no epoch before.
 *
 * @throws DifferenceFound
 */
export async function readRecordsOfCut(
  table: Table<typeof RECORDS>,
  manifest: Manifest,
  visit: (record: CurrentRecord) => void,
): Promise<void> {
  const checker = new CutChecker(manifest)
  const record = new CurrentRecord()
  for await (const group of table.groups()) {
    for (let index = 0; index < group.rows; index++) {
      record.load(group, index)
      checker.add(record)
      visit(record)
    }
  }
  checker.end()
}
