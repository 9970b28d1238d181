import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type ListedLetter, listLetters } from '../../pipelines/dead-letters/list.ts'
import { publishDeadLetters, waitingTopics } from '../../pipelines/dead-letters/publish.ts'
import { chooseLetters, type RedriveChoice, redriveLetters } from '../../pipelines/dead-letters/redrive.ts'
import { ingest } from '../../pipelines/ingest.ts'
import type { LogRecord, NewRecord, RecordSink } from '../../pipelines/record-source.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toHex } from '../../schemas/ids.ts'
import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { failingDatabase, fingerprint, InjectedFault } from '../support/ledger/failing-database.ts'
import { rejectedAtClose } from '../support/ledger/rejected-at-close.ts'
import { rejectedAtIngest } from '../support/ledger/rejected-at-ingest.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const DLQ = deadLetterTopic(TOPICS.inferences)
const STRANGER = 'urn:stranger'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  for (const topic of INPUT_TOPICS) world.log.createTopic(deadLetterTopic(topic), 1)
})
afterEach(() => world.close())

const ingestAll = () =>
  ingest({ source: world.source, warehouse: world.ledger.warehouse, topics: INPUT_TOPICS, until: 'end' })
const letters = () => listLetters(world.ledger.warehouse, { limit: 1_000 }).then((all) => all.reverse())
const waiting = async () => (await waitingTopics(world.ledger.warehouse)).reduce((sum, topic) => sum + topic.waiting, 0)
const publish = (sink: RecordSink = world.log) =>
  publishDeadLetters({ ...world.ledger, sink, clock: () => world.nowMs })
async function redrive(choice: RedriveChoice, sink: RecordSink = world.log) {
  const { warehouse } = world.ledger
  const chosen = await chooseLetters(warehouse, choice)
  return redriveLetters({ warehouse, sink, clock: () => world.nowMs, letters: chosen })
}

/** Records that no decoder understands, with every kind of key, header and value that a log can hold. */
function odd(topic: string): NewRecord[] {
  const headers: NewRecord['headers'] = [
    ['a', Buffer.from('1')],
    ['b', null],
    ['a', Buffer.alloc(0)],
    ['__connect.errors.topic', Buffer.from('forged')],
    ['tally_dlq_id', Buffer.from('forged')],
    ['7', Uint8Array.of(0xff, 0)],
  ]
  return [
    { topic, partition: 1, key: null, headers, value: Buffer.from('no record of ours') },
    { topic, partition: 0, key: Buffer.alloc(0), headers: [], value: null },
    { topic, partition: 1, key: Buffer.from('key'), headers: [['', null]], value: Buffer.alloc(0) },
  ]
}

async function recordsOn(topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const onBatch = async (batch: { records: readonly LogRecord[] }) => void records.push(...batch.records)
  await world.log.read({ topics: [topic], positionOf: () => 0n, onBatch, until: 'end' })
  return records
}

/** The last value of each header, as a consumer of dead letters reads them. */
const lastHeaders = ({ headers }: LogRecord) =>
  Object.fromEntries(headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]))

class TooLargeError extends TallyError {
  override readonly code = 'RECORD_TOO_LARGE'
}

/** A sink that fails at its n-th append (from 1), before or after it reached the log. */
function dyingSink(nth: number, when: 'before' | 'after'): RecordSink {
  let appends = 0
  return {
    close: () => world.log.close(),
    append: async (records) => {
      const dies = ++appends === nth
      if (dies && when === 'before') throw new InjectedFault('died')
      const places = await world.log.append(records)
      if (dies) throw new InjectedFault('died')
      return places
    },
  }
}

describe('a letter', () => {
  test('is there for every rejected record and for no other, once', async () => {
    await world.found()
    const { good, cases, waiting } = rejectedAtClose(world.records)
    for (const record of good) await world.send(await record)
    for (const table of [rejectedAtIngest(world.records), cases, waiting])
      for (const records of Object.values(table))
        for (const record of Object.values(records)) await world.send(await record)
    await world.send(world.records.inference('use-1', 1n)) // a duplicate is no rejection
    await ingestAll()
    const early = await letters()
    expect(early.every(({ stage, epoch }) => stage === 'ingest' && epoch === null)).toBe(true)
    expect(early.length).toBeGreaterThan(0)
    await world.runEpoch()
    const found = await letters()
    const rejected = await world.ledger.warehouse.all(
      'SELECT r.topic, r.partition_id, r.record_offset, o.reason FROM outcome AS o JOIN record AS r USING (rid) WHERE o.outcome = 2',
    )
    const places = rejected.map((row) => `${row.topic}/${row.partition_id}@${row.record_offset}`)
    expect(found.map((each) => `${each.topic}/${each.partition}@${each.offset}`).sort()).toEqual(places.sort())
    for (const each of found) {
      const atIngest = early.some(({ letter }) => letter === each.letter)
      expect([each.stage, each.epoch]).toEqual(atIngest ? ['ingest', null] : ['close', 1])
    }
  })

  test('is written with the offsets or not at all, wherever ingest dies', async () => {
    await world.send(...odd(TOPICS.inferences), world.records.inference('use', 1n))
    const { warehouse } = world.ledger
    const empty = await fingerprint(warehouse)
    let deaths = 0
    for (let nth = 1; ; nth++) {
      const [before, source] = [await fingerprint(warehouse), world.source]
      try {
        await ingest({ source, warehouse: failingDatabase(warehouse, nth), topics: INPUT_TOPICS, until: 'end' })
        break
      } catch (error) {
        expect(error).toBeInstanceOf(InjectedFault)
        deaths++
      }
      // A partition was stored whole, with its letters, or nothing of it.
      const row = await warehouse.one(
        `SELECT (SELECT count(*) FROM record WHERE ingest_reason <> 0) AS rejected, (SELECT count(*) FROM dead_letter) AS letters,
           (SELECT count(*) FROM record) AS records, (SELECT coalesce(sum(next_offset), 0)::BIGINT FROM read_position) AS read`,
      )
      expect(row!.letters).toBe(row!.rejected)
      expect(row!.read).toBe(row!.records)
      if (row!.records === 0n) expect(before).toEqual(empty)
    }
    expect(deaths).toBeGreaterThan(3)
    expect(await letters()).toHaveLength(3)
  })

  test('is written with the close or not at all', async () => {
    await world.found()
    await world.send(world.records.inference('use', 1n, { source: STRANGER }))
    await ingestAll()
    world.endInterval()
    const { warehouse } = world.ledger
    for (let nth = 1; ; nth++) {
      try {
        await world.step('close', { ledger: { ...world.ledger, warehouse: failingDatabase(warehouse, nth) } })
        break
      } catch (error) {
        expect(error).toBeInstanceOf(InjectedFault)
        const closed = await warehouse.one("SELECT epoch FROM epoch WHERE state <> 'open'")
        expect([closed, await letters()]).toEqual([undefined, []])
      }
    }
    expect(await letters()).toMatchObject([{ reason: 'SOURCE_UNKNOWN', stage: 'close', epoch: 1 }])
  })
})

describe('publishing', () => {
  test('appends key, headers and value untouched, in order, with the reason and a deterministic id behind', async () => {
    await world.send(...odd(TOPICS.inferences))
    await ingestAll()
    expect(await publish()).toEqual({ published: 3, waiting: 0, stopped: [] })
    const found = await recordsOn(DLQ)
    const [empty, first, last] = found
    const ids: string[] = []
    for (const each of found) {
      const own = lastHeaders(each)
      const { topic, partition, offset } = {
        topic: own['__connect.errors.topic'],
        partition: Number(own['__connect.errors.partition']),
        offset: BigInt(own['__connect.errors.offset']!),
      }
      expect(topic).toBe(TOPICS.inferences)
      const original = (await recordsOn(TOPICS.inferences)).find(
        (record) => record.partition === partition && record.offset === offset,
      )!
      expect([each.key, each.value]).toEqual([original.key, original.value])
      expect(each.headers.slice(0, original.headers.length)).toEqual(original.headers)
      expect(own.tally_dlq_id).toBe(`${toHex(world.ledger.ledgerId)}/${topic}/0/${partition}/${offset}`)
      ids.push(own.tally_dlq_id!)
    }
    expect(new Set(ids).size).toBe(3)
    expect(found.map((each) => lastHeaders(each)['__connect.errors.exception.class.name'])).toEqual([
      'VALUE_MISSING',
      'HEADER_MISSING',
      'HEADER_MISSING',
    ])
    expect([empty!.key, empty!.value]).toEqual([Buffer.alloc(0), null])
    expect(first!.headers.slice(0, 3)).toEqual([
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.alloc(0)],
    ])
    expect(last!.headers[0]).toEqual(['', null])
    expect(await publish()).toEqual({ published: 0, waiting: 0, stopped: [] })
    expect(await recordsOn(DLQ)).toHaveLength(3)
  })

  test('killed between append and mark, the same bytes are appended again under the same ids', async () => {
    await world.send(...odd(TOPICS.inferences))
    await ingestAll()
    await expect(publish(dyingSink(1, 'after'))).rejects.toThrow(InjectedFault)
    expect(await waiting()).toBe(3)
    expect((await letters()).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting'])
    await expect(publish(dyingSink(1, 'before'))).rejects.toThrow(InjectedFault)
    expect(await publish()).toMatchObject({ published: 3, waiting: 0 })
    const bare = (await recordsOn(DLQ)).map(({ key, headers, value }) => ({ key, headers, value }))
    expect(bare).toHaveLength(6)
    expect(bare.slice(3)).toEqual(bare.slice(0, 3))
    expect((await letters()).map(({ published }) => published?.offset).sort()).toEqual(['3', '4', '5'])
  })

  test('wherever the warehouse fails, no letter is lost and the order stays', async () => {
    await world.send(...odd(TOPICS.inferences), ...odd(TOPICS.chain))
    await ingestAll()
    const { warehouse } = world.ledger
    let deaths = 0
    for (let nth = 1; ; nth++) {
      try {
        await publishDeadLetters({
          ...world.ledger,
          warehouse: failingDatabase(warehouse, nth),
          sink: world.log,
          clock: () => 0n,
        })
        break
      } catch (error) {
        expect(error).toBeInstanceOf(InjectedFault)
        deaths++
      }
    }
    expect(deaths).toBeGreaterThan(3)
    expect(await waiting()).toBe(0)
    for (const topic of [TOPICS.inferences, TOPICS.chain]) {
      const ids = (await recordsOn(deadLetterTopic(topic))).map((each) => lastHeaders(each).tally_dlq_id!)
      const firsts = ids.filter((id, index) => ids.indexOf(id) === index)
      const ordered = (await letters()).filter((each) => each.topic === topic)
      expect(firsts.map((id) => id.split('/').slice(-2).join('@'))).toEqual(
        ordered.map((each) => `${each.partition}@${each.offset}`),
      )
    }
  })

  test('a missing topic holds up its own letters only, and says what makes it', async () => {
    await world.send(...odd(TOPICS.inferences), ...odd(TOPICS.chain))
    await ingestAll()
    const missing: RecordSink = {
      close: () => world.log.close(),
      append: (records) =>
        world.log.append(records.map((each) => (each.topic === DLQ ? { ...each, topic: 'gone' } : each))),
    }
    const published = await publish(missing)
    expect(published).toMatchObject({ published: 3, waiting: 3 })
    expect(published.stopped).toEqual([
      {
        topic: DLQ,
        code: 'TOPIC_MISSING',
        message: expect.any(String),
        hint: expect.stringContaining('topics create'),
      },
    ])
    expect(await ingestAll()).toEqual({ records: 0, rejected: 0 })
    expect(await publish()).toEqual({ published: 3, waiting: 0, stopped: [] })
  })

  test('for a letter that is too large for its topic a notice stands, and the others are whole', async () => {
    const [first, second, third] = odd(TOPICS.inferences)
    const large = { ...first!, value: Buffer.alloc(10_000, 1) }
    await world.send(second!, large, third!)
    await ingestAll()
    const sizes: RecordSink = {
      close: () => world.log.close(),
      append: async (records) => {
        if (records.some(({ value }) => (value?.length ?? 0) > 9_000)) throw new TooLargeError('too large')
        return world.log.append(records)
      },
    }
    expect(await publish(sizes)).toEqual({ published: 3, waiting: 0, stopped: [] })
    const [, notice, whole] = await recordsOn(DLQ)
    expect([notice!.key, notice!.value]).toEqual([null, null])
    expect(lastHeaders(notice!)).toMatchObject({ tally_dlq_omitted_bytes: '10053' })
    expect(whole!.value).toEqual(third!.value)
    const listed = (await letters()).map(({ published }) => published?.omitted)
    expect(listed).toEqual([false, true, false])
    // Nothing is lost: the warehouse still has the bytes to redrive.
    await redrive({ letters: [2n] })
    expect((await recordsOn(TOPICS.inferences)).at(-1)!.value).toEqual(large.value)
  })
})

describe('redrive', () => {
  const states = async () => Object.fromEntries((await letters()).map((each) => [each.letter, brief(each)]))
  const brief = ({ reason, state, redrive }: ListedLetter) => [reason, state, redrive?.outcome ?? null]

  test('what was missing came: the same bytes are accepted, and nothing of another id', async () => {
    await world.found()
    const { records } = world
    await world.send(
      records.inference('use-s', 1n, { source: STRANGER }),
      records.inference('use-a', 1n, { body: { model: 'later' } }),
      records.inference('use-1', 1n),
    )
    const [reused] = await world.send(records.inference('use-1', 2n))
    await world.runEpoch()
    expect(await world.outcomeOf(reused!)).toBe('ID_REUSED')
    expect((await letters()).map(({ reason }) => reason).sort()).toEqual([
      'ASSET_UNKNOWN',
      'ID_REUSED',
      'SOURCE_UNKNOWN',
    ])

    await world.send(
      await records.source(STRANGER, ['InferenceRecorded']),
      await records.asset('later', 'model', { modeller: 1_000_000 }),
    )
    const all = await letters()
    const never = all.find(({ reason }) => reason === 'ID_REUSED')!
    const chosen = await chooseLetters(world.ledger.warehouse, { all: true })
    expect(chosen).not.toContain(BigInt(never.letter))
    await redrive({ all: true })
    await redrive({ letters: [BigInt(never.letter)] })
    expect(await chooseLetters(world.ledger.warehouse, { all: true })).toEqual([])
    await world.runEpoch()
    const after = await states()
    for (const { letter, reason } of all)
      expect(after[letter]).toEqual([reason, 'redriven', reason === 'ID_REUSED' ? 'ID_REUSED' : 'accepted'])
    // What was rejected again has a letter of its own.
    const fresh = (await letters()).filter(({ epoch }) => epoch === 2)
    expect(fresh.map(({ reason, state }) => [reason, state])).toEqual([['ID_REUSED', 'waiting']])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('keeps the bytes and lets the key choose the partition', async () => {
    await world.send(...odd(TOPICS.inferences))
    await ingestAll()
    const before = await recordsOn(TOPICS.inferences)
    const places = await redrive({ reason: 'HEADER_MISSING' })
    expect(places).toHaveLength(2)
    const again = await recordsOn(TOPICS.inferences)
    const bytes = ({ key, headers, value }: LogRecord) => ({ key, headers, value })
    for (const [index, place] of places.entries()) {
      const found = again.find((each) => each.partition === place.partition && each.offset === place.offset)!
      expect(bytes(found)).toEqual(bytes(before.filter(({ partition }) => partition === 1)[index]!))
    }
    await ingestAll()
    expect((await letters()).slice(1, 3).map(({ redrive }) => redrive?.outcome)).toEqual([
      'HEADER_MISSING',
      'HEADER_MISSING',
    ])
  })

  test('broken off and run again it re-sends at worst, and one of the two is accepted', async () => {
    await world.found()
    const { records } = world
    await world.send(records.inference('use', 1n, { source: STRANGER }))
    await world.runEpoch()
    await world.send(await records.source(STRANGER, ['InferenceRecorded']))
    for (const when of ['before', 'after'] as const)
      await expect(redrive({ all: true }, dyingSink(1, when))).rejects.toThrow(InjectedFault)
    expect(await letters()).toMatchObject([{ state: 'waiting', redrive: { times: 2, to: null, outcome: null } }])
    await redrive({ all: true })
    await world.runEpoch()
    const outcomes = await world.ledger.warehouse.all(
      "SELECT o.outcome FROM outcome AS o JOIN record AS r USING (rid) WHERE o.epoch = 2 AND r.topic = 'tally.inferences' ORDER BY 1",
    )
    expect(outcomes).toEqual([{ outcome: 0 }, { outcome: 1 }])
    expect(await letters()).toMatchObject([{ state: 'redriven', redrive: { times: 3 } }])
  })

  test('a letter that there is not is an error, and nothing is sent', async () => {
    await expect(redrive({ letters: [1n] })).rejects.toMatchObject({ code: 'LETTER_UNKNOWN', facts: { letter: '1' } })
  })
})
