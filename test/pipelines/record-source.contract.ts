import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type {
  NewRecord,
  OffsetGap,
  ReadOptions,
  RecordBatch,
  RecordSink,
  RecordSource,
} from '../../pipelines/record-source.ts'

/** A log that the suite may fill: fresh, or shared with other tests, since every topic gets a name of its own. */
export interface OpenLog {
  readonly source: RecordSource
  readonly sink: RecordSink
  createTopics(topics: readonly { readonly topic: string; readonly partitions: number }[]): Promise<void>
  /** Adds offsets at the partition's end that no reader sees (an aborted transaction, control records). */
  hide?(topic: string, partition: number): Promise<void>
  /** Deletes every record of the partition below `startOffset`. */
  truncate?(topic: string, partition: number, startOffset: bigint): Promise<void>
  /** Closes source and sink, and whatever else was opened for them. */
  close(): Promise<void>
}

/** What an implementation can be made to do; there are no tests of what it cannot. */
export interface Abilities {
  readonly hide: boolean
  readonly truncate: boolean
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
const valueText = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
const place = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`

function record(topic: string, partition: number, value: string | null): NewRecord & { partition: number } {
  return { topic, partition, key: null, headers: [], value: value === null ? null : utf8(value) }
}

function numbered(topic: string, partition: number, from: number, to: number): NewRecord[] {
  return Array.from({ length: to - from }, (_, i) => record(topic, partition, `${from + i}`))
}

/** The promises of {@link RecordSource} and {@link RecordSink}, as tests that every implementation passes. */
export function describeRecordSource(
  name: string,
  open: () => Promise<OpenLog>,
  abilities: Abilities = { hide: true, truncate: true },
): void {
  describe(`${name} keeps the promises of RecordSource`, () => {
    let log: OpenLog
    beforeEach(async () => {
      log = await open()
    })
    afterEach(() => log.close())

    async function topicOf(partitions: number): Promise<string> {
      const topic = `contract-${randomUUID()}`
      await log.createTopics([{ topic, partitions }])
      return topic
    }

    /** Reads to the end from the given positions (0 where none is given). */
    async function readAll(
      topics: readonly string[],
      positions: Readonly<Record<string, bigint>> = {},
      more: Partial<ReadOptions> = {},
    ): Promise<RecordBatch[]> {
      const batches: RecordBatch[] = []
      await log.source.read({
        topics,
        positionOf: (topic, partition) => positions[place({ topic, partition })] ?? 0n,
        onBatch: async (batch) => {
          batches.push(batch)
        },
        until: 'end',
        ...more,
      })
      return batches
    }

    const valuesOf = (batches: readonly RecordBatch[]) =>
      batches.flatMap((b) => b.records.map((r) => valueText(r.value)))
    const offsetsOf = (batches: readonly RecordBatch[]) => batches.flatMap((b) => b.records.map((r) => r.offset))

    const none = () => undefined
    const abilityTests = { hide: abilities.hide ? test : none, truncate: abilities.truncate ? test : none }

    describe('appending', () => {
      test('answers with the positions, in the order given', async () => {
        const topic = await topicOf(2)
        const first = await log.sink.append([record(topic, 1, 'a'), record(topic, 0, 'b'), record(topic, 1, 'c')])
        const second = await log.sink.append([record(topic, 1, 'd')])
        expect([...first, ...second]).toEqual([
          { topic, partition: 1, offset: 0n },
          { topic, partition: 0, offset: 0n },
          { topic, partition: 1, offset: 1n },
          { topic, partition: 1, offset: 2n },
        ])
        expect(await log.sink.append([])).toEqual([])
      })

      test('puts equal keys into one partition, the one that Kafka chooses', async () => {
        const topic = await topicOf(4)
        const keyed = (key: string): NewRecord => ({ topic, key: utf8(key), headers: [], value: utf8('v') })
        const positions = await log.sink.append(['a', 'abc', 'foobar', 'a-little-bit-longer-string', 'abc'].map(keyed))
        // Partitions of the Java client of Kafka 4.3.1 for four partitions.
        expect(positions.map((p) => p.partition)).toEqual([0, 3, 2, 3, 3])
      })

      test('spreads records without a key over the partitions', async () => {
        const topic = await topicOf(3)
        const unkeyed = Array.from(
          { length: 60 },
          (): NewRecord => ({ topic, key: null, headers: [], value: utf8('v') }),
        )
        const positions = await log.sink.append(unkeyed)
        expect(new Set(positions.map((p) => p.partition))).toEqual(new Set([0, 1, 2]))
        expect(valuesOf(await readAll([topic]))).toHaveLength(60)
      })

      test('refuses a topic that does not exist, and leaves nothing behind', async () => {
        const topic = await topicOf(1)
        const refused = log.sink.append([record(topic, 0, 'a'), record(`missing-${randomUUID()}`, 0, 'b')])
        await expect(refused).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
        expect(await readAll([topic])).toEqual([])
      })

      test('keeps many records in order, also of appends under way at the same time', async () => {
        const topic = await topicOf(1)
        const appends = Array.from({ length: 5 }, (_, i) => log.sink.append(numbered(topic, 0, i * 700, (i + 1) * 700)))
        const positions = (await Promise.all(appends)).flat()
        expect(positions.map((p) => p.offset)).toEqual(Array.from({ length: 3500 }, (_, i) => BigInt(i)))
        expect(valuesOf(await readAll([topic]))).toEqual(Array.from({ length: 3500 }, (_, i) => `${i}`))
      })
    })

    describe('what a record holds', () => {
      test('headers come back in their order, with repeats, null, empty and binary values', async () => {
        const topic = await topicOf(1)
        const headers: NewRecord['headers'] = [
          ['b', utf8('1')],
          ['a', utf8('2')],
          ['b', utf8('3')],
          ['10', utf8('digits')],
          ['9', null],
          ['a', new Uint8Array(0)],
          ['null', null],
          ['null', new Uint8Array(0)],
          ['null', null],
          ['constructor', utf8('c')],
          ['__proto__', utf8('p')],
          ['', Uint8Array.from([0, 0xff, 0x80, 0xc3, 0x28])],
          ['größe', utf8('ü')],
          ['long', new Uint8Array(3000).fill(7)],
        ]
        await log.sink.append([
          { topic, key: null, headers, value: null },
          { topic, key: null, headers: [], value: null },
        ])
        const records = (await readAll([topic])).flatMap((b) => b.records)
        expect(records[0]!.headers.map(([k, v]) => [k, hex(v)])).toEqual(headers.map(([k, v]) => [k, hex(v)]))
        expect(records[1]!.headers).toEqual([])
      })

      test('keys and values come back byte for byte, null and empty apart', async () => {
        const topic = await topicOf(1)
        const contents = [null, new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, i) => i)]
        const pairs = contents.flatMap((key) => contents.map((value) => ({ key, value })))
        await log.sink.append(pairs.map(({ key, value }) => ({ topic, partition: 0, key, headers: [], value })))
        const records = (await readAll([topic])).flatMap((b) => b.records)
        expect(records.map((r) => [hex(r.key), hex(r.value)])).toEqual(pairs.map((p) => [hex(p.key), hex(p.value)]))
      })

      test('the append time is the log’s, in milliseconds', async () => {
        const topic = await topicOf(1)
        const before = BigInt(Date.now())
        await log.sink.append(numbered(topic, 0, 0, 3))
        const after = BigInt(Date.now())
        for (const { appendTimeMs } of (await readAll([topic])).flatMap((b) => b.records)) {
          expect(appendTimeMs >= before && appendTimeMs <= after).toBe(true)
        }
      })
    })

    describe('bounds', () => {
      test('are listed for every partition, ascending by topic and partition', async () => {
        const two = await topicOf(2)
        const eleven = await topicOf(11)
        await log.sink.append([...numbered(two, 1, 0, 3), ...numbered(eleven, 10, 0, 2)])
        const boundsOf = (topic: string, ends: readonly bigint[]) =>
          ends.map((endOffset, partition) => ({
            topic,
            partition,
            startOffset: 0n,
            endOffset,
            highWatermark: endOffset,
          }))
        const expected = {
          [two]: boundsOf(two, [0n, 3n]),
          [eleven]: boundsOf(eleven, [...new Array<bigint>(10).fill(0n), 2n]),
        }
        const ascending = [two, eleven].sort().flatMap((topic) => expected[topic]!)
        expect(await log.source.partitions([eleven, two])).toEqual(ascending)
        expect(await log.source.partitions([two, eleven])).toEqual(ascending)
      })

      test('a topic that does not exist is an error, for bounds and for reading', async () => {
        const topics = [await topicOf(1), `missing-${randomUUID()}`]
        await expect(log.source.partitions(topics)).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
        await expect(readAll(topics)).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
      })

      abilityTests.truncate('move up when records are deleted', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 5))
        await log.truncate!(topic, 0, 3n)
        expect(await log.source.partitions([topic])).toEqual([
          { topic, partition: 0, startOffset: 3n, endOffset: 5n, highWatermark: 5n },
        ])
        expect(valuesOf(await readAll([topic], { [`${topic}/0`]: 3n }))).toEqual(['3', '4'])
      })
    })

    describe('reading to the end', () => {
      test('hands out each record of each partition once, in offset order', async () => {
        const topics = [await topicOf(3), await topicOf(1)]
        const written = [0, 1, 2].flatMap((p) => numbered(topics[0]!, p, p * 1000, p * 1000 + 50))
        await log.sink.append([...written, ...numbered(topics[1]!, 0, 9000, 9020)])
        const batches = await readAll(topics)
        const read = (topic: string, partition: number) =>
          batches.filter((b) => b.topic === topic && b.partition === partition)
        for (const p of [0, 1, 2]) {
          expect(valuesOf(read(topics[0]!, p))).toEqual(Array.from({ length: 50 }, (_, i) => `${p * 1000 + i}`))
          expect(read(topics[0]!, p).at(-1)!.nextOffset).toBe(50n)
        }
        expect(valuesOf(read(topics[1]!, 0))).toEqual(Array.from({ length: 20 }, (_, i) => `${9000 + i}`))
        for (const batch of batches) {
          for (const r of batch.records) expect(place(r)).toBe(place(batch))
        }
      })

      test('goes on from the middle, each partition from its own position', async () => {
        const topic = await topicOf(2)
        await log.sink.append([...numbered(topic, 0, 0, 10), ...numbered(topic, 1, 100, 110)])
        const batches = await readAll([topic], { [`${topic}/0`]: 7n, [`${topic}/1`]: 10n })
        expect(valuesOf(batches)).toEqual(['7', '8', '9'])
        expect(offsetsOf(batches)).toEqual([7n, 8n, 9n])
      })

      test('a second read repeats what the caller did not keep', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 4))
        expect(valuesOf(await readAll([topic]))).toEqual(['0', '1', '2', '3'])
        expect(valuesOf(await readAll([topic]))).toEqual(['0', '1', '2', '3'])
      })

      test('resolves for partitions that hold nothing', async () => {
        const topic = await topicOf(3)
        expect(await readAll([topic])).toEqual([])
        await log.sink.append(numbered(topic, 1, 0, 1))
        expect(valuesOf(await readAll([topic]))).toEqual(['0'])
      })

      test('stops at the end that was there when it began', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 3))
        const batches: RecordBatch[] = []
        await log.source.read({
          topics: [topic],
          // Written after the read began and before anything was handed out.
          positionOf: async () => {
            await log.sink.append(numbered(topic, 0, 3, 6))
            return 0n
          },
          onBatch: async (batch) => {
            batches.push(batch)
          },
          until: 'end',
        })
        expect(valuesOf(batches)).toEqual(['0', '1', '2'])
        expect(batches.at(-1)!.nextOffset).toBe(3n)
      })

      test('keeps each batch within the limits; a larger record comes alone', async () => {
        const topic = await topicOf(1)
        const sizes = [10, 10, 10, 10, 10, 10, 10, 35, 10, 90, 10, 10]
        await log.sink.append(sizes.map((size) => record(topic, 0, 'x'.repeat(size))))
        const byCount = await readAll([topic], {}, { batchRecordsMax: 5 })
        expect(Math.max(...byCount.map((b) => b.records.length))).toBe(5)
        const byBytes = await readAll([topic], {}, { batchBytesMax: 40 })
        for (const { records } of byBytes) {
          const bytes = records.reduce((sum, r) => sum + r.value!.length, 0)
          expect(bytes <= 40 || records.length === 1).toBe(true)
        }
        for (const batches of [byCount, byBytes]) {
          expect(offsetsOf(batches)).toEqual(sizes.map((_, i) => BigInt(i)))
          expectNextOffsets(batches)
          expect(batches.at(-1)!.nextOffset).toBe(BigInt(sizes.length))
        }
      })

      abilityTests.hide('passes over holes and reports progress through them', async () => {
        const topic = await topicOf(1)
        await log.hide!(topic, 0)
        await log.sink.append(numbered(topic, 0, 0, 3))
        await log.hide!(topic, 0)
        await log.sink.append(numbered(topic, 0, 3, 5))
        await log.hide!(topic, 0)
        const { endOffset } = (await log.source.partitions([topic]))[0]!
        for (const batchRecordsMax of [1, 2, 100]) {
          const batches = await readAll([topic], {}, { batchRecordsMax })
          expect(valuesOf(batches)).toEqual(['0', '1', '2', '3', '4'])
          expectNextOffsets(batches)
          expect(batches.at(-1)!.nextOffset).toBe(endOffset)
        }
      })

      abilityTests.hide('reports progress where nothing is visible at all, and from inside a hole', async () => {
        const topic = await topicOf(1)
        for (let i = 0; i < 3; i++) await log.hide!(topic, 0)
        const { endOffset } = (await log.source.partitions([topic]))[0]!
        const batches = await readAll([topic])
        expect(valuesOf(batches)).toEqual([])
        expect(batches.at(-1)!.nextOffset).toBe(endOffset)
        expectNextOffsets(batches)
        const inside = await readAll([topic], { [`${topic}/0`]: endOffset - 1n })
        expect(inside.at(-1)!.nextOffset).toBe(endOffset)
        expect(await readAll([topic], { [`${topic}/0`]: endOffset })).toEqual([])
      })
    })

    describe('positions out of range', () => {
      abilityTests.truncate('below the start is an error, and nothing is handed out of that partition', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 5))
        await log.truncate!(topic, 0, 3n)
        const batches: RecordBatch[] = []
        const onBatch = async (batch: RecordBatch) => {
          batches.push(batch)
        }
        for (const until of ['end', 'follow'] as const) {
          const read = log.source.read({ topics: [topic], positionOf: () => 2n, onBatch, until })
          await expect(read).rejects.toMatchObject({
            code: 'OFFSET_OUT_OF_RANGE',
            facts: { topic, partition: 0, position: 2n, startOffset: 3n, endOffset: 5n },
          })
        }
        expect(batches).toEqual([])
      })

      test('beyond the end is an error too: that record never was in this log', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 5))
        await expect(readAll([topic], { [`${topic}/0`]: 6n })).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
        expect(await readAll([topic], { [`${topic}/0`]: 5n })).toEqual([])
      })
    })

    describe('the last record that the caller holds', () => {
      test('comes once more, and what follows it; also when nothing follows', async () => {
        const topic = await topicOf(2)
        await log.sink.append([...numbered(topic, 0, 0, 5), ...numbered(topic, 1, 10, 12)])
        const positions = { [`${topic}/0`]: 3n, [`${topic}/1`]: 2n }
        const lastReadOf = (_: string, partition: number) => (partition === 0 ? 2n : 1n)
        const batches = await readAll([topic], positions, { lastReadOf })
        expect(valuesOf(batches.filter((b) => b.partition === 0))).toEqual(['2', '3', '4'])
        expect(valuesOf(batches.filter((b) => b.partition === 1))).toEqual(['11'])
        for (const { partition, nextOffset } of batches) expect(nextOffset).toBe(partition === 0 ? 5n : 2n)
      })

      test('is not asked of a partition that was never read', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 2))
        expect(valuesOf(await readAll([topic], {}, { lastReadOf: () => undefined }))).toEqual(['0', '1'])
      })

      test('never moves the start forward', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 4))
        expect(offsetsOf(await readAll([topic], { [`${topic}/0`]: 2n }, { lastReadOf: () => 3n }))).toEqual([2n, 3n])
      })

      abilityTests.hide('may lie before a hole that ends at the position', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 2))
        await log.hide!(topic, 0)
        const { endOffset } = (await log.source.partitions([topic]))[0]!
        const batches = await readAll([topic], { [`${topic}/0`]: endOffset }, { lastReadOf: () => 1n })
        expect(offsetsOf(batches)).toEqual([1n])
        expect(batches.at(-1)!.nextOffset).toBe(endOffset)
      })

      abilityTests.truncate('does not come when the log lost it', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 5))
        await log.truncate!(topic, 0, 3n)
        expect(offsetsOf(await readAll([topic], { [`${topic}/0`]: 3n }, { lastReadOf: () => 2n }))).toEqual([3n, 4n])
      })
    })

    describe('a caller that accepts gaps', () => {
      abilityTests.truncate('is told what was lost before it came, and goes on behind it', async () => {
        const topic = await topicOf(2)
        await log.sink.append([...numbered(topic, 0, 0, 5), ...numbered(topic, 1, 10, 15)])
        await log.truncate!(topic, 0, 3n)
        const gaps: OffsetGap[] = []
        const onGap = async (gap: OffsetGap) => {
          gaps.push(gap)
        }
        const batches = await readAll(
          [topic],
          { [`${topic}/0`]: 1n, [`${topic}/1`]: 4n },
          { onGap, lastReadOf: () => 0n },
        )
        expect(gaps).toEqual([{ topic, partition: 0, from: 1n, to: 3n }])
        expect(offsetsOf(batches.filter((b) => b.partition === 0))).toEqual([3n, 4n])
        await log.truncate!(topic, 0, 5n)
        expect(await readAll([topic], { [`${topic}/0`]: 4n, [`${topic}/1`]: 5n }, { onGap })).toEqual([])
        expect(gaps.slice(1)).toEqual([{ topic, partition: 0, from: 4n, to: 5n }])
      })

      for (const until of ['end', 'follow'] as const) {
        abilityTests.truncate(
          `is told what was lost while it read, between what came and what comes (${until})`,
          async () => {
            const topic = await topicOf(1)
            // More than any log hands out or fetches ahead at once.
            await log.sink.append(numbered(topic, 0, 0, 40).map((r) => ({ ...r, value: new Uint8Array(900_000) })))
            const told: [from: bigint, to: bigint][] = []
            const abort = new AbortController()
            const tell = (from: bigint, to: bigint) => {
              told.push([from, to])
              if (until === 'follow' && to === 40n) abort.abort()
            }
            await log.source.read({
              topics: [topic],
              positionOf: () => 0n,
              onBatch: async ({ records, nextOffset }) => {
                if (told.length === 0) await log.truncate!(topic, 0, 38n)
                tell(records[0]!.offset, nextOffset)
              },
              onGap: async ({ from, to }) => tell(from, to),
              until,
              signal: abort.signal,
            })
            expect(told[0]![0]).toBe(0n)
            for (const [i, [from]] of told.entries()) if (i > 0) expect(from).toBe(told[i - 1]![1])
            expect(told.at(-1)).toEqual([38n, 40n])
            expect(told.length).toBeGreaterThan(2)
          },
        )
      }

      abilityTests.truncate('and fails rejects the read with its own error', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 2))
        await log.truncate!(topic, 0, 1n)
        const failure = new Error('The gap was not stored.')
        const read = readAll([topic], {}, { onGap: () => Promise.reject(failure) })
        await expect(read).rejects.toBe(failure)
      })

      test('gets an error all the same beyond the end', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 2))
        const read = readAll([topic], { [`${topic}/0`]: 3n }, { onGap: async () => undefined, lastReadOf: () => 2n })
        await expect(read).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
      })
    })

    describe('following', () => {
      test('hands out what is appended later, until the signal aborts', async () => {
        const topic = await topicOf(2)
        await log.sink.append(numbered(topic, 0, 0, 2))
        const following = follow([topic])
        await following.untilRecords(2)
        await log.sink.append([...numbered(topic, 0, 2, 4), ...numbered(topic, 1, 10, 12)])
        await following.untilRecords(6)
        following.abort()
        await following.done
        await log.sink.append(numbered(topic, 0, 4, 6))
        expect(valuesOf(following.batches.filter((b) => b.partition === 0))).toEqual(['0', '1', '2', '3'])
        expect(valuesOf(following.batches.filter((b) => b.partition === 1))).toEqual(['10', '11'])
        // A new read goes on where the caller says.
        const next = await readAll([topic], { [`${topic}/0`]: 4n, [`${topic}/1`]: 2n })
        expect(valuesOf(next)).toEqual(['4', '5'])
      })

      test('resolves after the batch under way, and hands out nothing more', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 10))
        let finished = 0
        const following = follow([topic], { batchRecordsMax: 2 }, async () => {
          following.abort()
          await new Promise((resolve) => setTimeout(resolve, 50))
          finished++
        })
        await following.done
        expect(following.batches).toHaveLength(1)
        expect(finished).toBe(1)
      })

      test('a signal that aborted before resolves at once', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 1))
        const batches: RecordBatch[] = []
        await log.source.read({
          topics: [topic],
          positionOf: () => 0n,
          onBatch: async (batch) => {
            batches.push(batch)
          },
          until: 'follow',
          signal: AbortSignal.abort(),
        })
        expect(batches).toEqual([])
      })

      test('closing the source ends it', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 1))
        const following = follow([topic])
        await following.untilRecords(1)
        await log.source.close()
        await following.done
        expect(valuesOf(following.batches)).toEqual(['0'])
      })

      abilityTests.hide('reports progress through what nobody sees', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 1))
        const following = follow([topic])
        await following.untilRecords(1)
        await log.hide!(topic, 0)
        const { endOffset } = (await log.source.partitions([topic]))[0]!
        await following.until(() => following.batches.at(-1)!.nextOffset === endOffset)
        following.abort()
        await following.done
        expectNextOffsets(following.batches)
      })

      /** Starts a follower in the background. */
      function follow(
        topics: string[],
        limits: Pick<ReadOptions, 'batchRecordsMax' | 'batchBytesMax'> = {},
        after: () => Promise<void> = async () => undefined,
      ) {
        const batches: RecordBatch[] = []
        const controller = new AbortController()
        const done = log.source.read({
          topics,
          positionOf: () => 0n,
          onBatch: async (batch) => {
            batches.push(batch)
            await after()
          },
          until: 'follow',
          signal: controller.signal,
          ...limits,
        })
        const until = async (condition: () => boolean) => {
          const failed = done.then(() => Promise.reject(new Error('Reading ended.')))
          failed.catch(() => undefined)
          const deadline = Date.now() + 30_000
          while (!condition()) {
            if (Date.now() > deadline) throw new Error('Nothing came within 30 s.')
            await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 10))])
          }
        }
        const count = () => batches.reduce((sum, b) => sum + b.records.length, 0)
        return {
          batches,
          done,
          until,
          untilRecords: (n: number) => until(() => count() >= n),
          abort: () => controller.abort(),
        }
      }
    })

    describe('a caller that fails', () => {
      for (const until of ['end', 'follow'] as const) {
        test(`in onBatch rejects the read with its own error, and is not called again (${until})`, async () => {
          const topic = await topicOf(3)
          await log.sink.append([0, 1, 2].flatMap((p) => numbered(topic, p, 0, 20)))
          const failure = new Error('The warehouse is full.')
          let calls = 0
          const onBatch = async () => {
            calls++
            if (calls === 2) throw failure
          }
          const read = log.source.read({ topics: [topic], positionOf: () => 0n, onBatch, until, batchRecordsMax: 5 })
          await expect(read).rejects.toBe(failure)
          await new Promise((resolve) => setTimeout(resolve, 300))
          expect(calls).toBe(2)
          expect(valuesOf(await readAll([topic]))).toHaveLength(60)
        })
      }

      test('in positionOf rejects the read with its own error', async () => {
        const topic = await topicOf(1)
        await log.sink.append(numbered(topic, 0, 0, 1))
        const failure = new Error('No such row.')
        const positionOf = async () => Promise.reject(failure)
        const read = log.source.read({ topics: [topic], positionOf, onBatch: async () => undefined, until: 'end' })
        await expect(read).rejects.toBe(failure)
      })
    })

    test('onBatch is called for one batch of a partition at a time', async () => {
      const topic = await topicOf(2)
      await log.sink.append([...numbered(topic, 0, 0, 20), ...numbered(topic, 1, 0, 20)])
      const busy = new Set<string>()
      await log.source.read({
        topics: [topic],
        positionOf: () => 0n,
        onBatch: async (batch) => {
          expect(busy.has(place(batch))).toBe(false)
          busy.add(place(batch))
          await new Promise((resolve) => setTimeout(resolve, 2))
          busy.delete(place(batch))
        },
        until: 'end',
        batchRecordsMax: 3,
      })
    })

    /** For each partition: `nextOffset` rises, lies above the batch's records and not above the next batch's first. */
    function expectNextOffsets(batches: readonly RecordBatch[]): void {
      const next = new Map<string, bigint>()
      for (const batch of batches) {
        const before = next.get(place(batch)) ?? 0n
        for (const { offset } of batch.records) expect(offset >= before && offset < batch.nextOffset).toBe(true)
        expect(batch.nextOffset > before).toBe(true)
        next.set(place(batch), batch.nextOffset)
      }
    }
  })
}
