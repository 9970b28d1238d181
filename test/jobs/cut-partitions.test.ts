import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type CloseOptions, closeEpoch } from '../../jobs/close/close-epoch.ts'
import type { PartitionOffset, RecordSource } from '../../pipelines/record-source.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const CHAIN = TOPICS.chain
const HOUR_MS = 3_600_000n
const GRACE_MS = 2_000n

let world: SmallLedger
/** End of the interval in which the world begins. */
let end: bigint
beforeEach(async () => {
  world = await SmallLedger.open()
  end = (world.nowMs / HOUR_MS + 1n) * HOUR_MS
})
afterEach(() => world.close())

function close(change: Partial<CloseOptions> = {}) {
  const { ledger, source, log } = world
  return closeEpoch({ ledger, source, sink: log, clock: () => world.nowMs, ...change })
}

/** A deposit on a partition of `tally.chain`, appended at exactly `timeMs`. */
async function deposit(partition: number, timeMs: bigint): Promise<PartitionOffset> {
  world.nowMs = timeMs - world.tickMs
  const [position] = await world.send({ ...world.records.deposit('payer', 1n), partition })
  return position!
}

/** Where the cut of an epoch begins and ends on `tally.chain`, by partition. */
async function cutOf(epoch: number): Promise<[from: bigint, to: bigint][]> {
  const rows = await world.ledger.warehouse.all(
    'SELECT from_offset, to_offset FROM epoch_cut WHERE epoch = $epoch AND topic = $topic ORDER BY partition_id',
    { epoch, topic: CHAIN },
  )
  return rows.map((row) => [row.from_offset as bigint, row.to_offset as bigint])
}

/** The world's log, with something done to it before it lists its partitions or is read. */
function sourceWith(change: {
  partitions?: RecordSource['partitions']
  beforeRead?: () => Promise<void>
}): RecordSource {
  const { log } = world
  return {
    partitions: change.partitions ?? ((topics) => log.partitions(topics)),
    read: async (options) => {
      await change.beforeRead?.()
      await log.read(options)
    },
    close: async () => undefined,
  }
}

describe('the cut of each partition', () => {
  test('is its first record that is not earlier than the cut, or its end where there is none', async () => {
    await world.found()
    await deposit(0, end - 3n)
    await deposit(0, end)
    await deposit(0, end + 1n)
    await deposit(1, end - 1n)
    world.nowMs = end + GRACE_MS
    expect(await close()).toMatchObject({ did: 'done', epoch: 1 })
    expect(await cutOf(1)).toEqual([
      [0n, 1n],
      [0n, 1n],
      [0n, 0n],
    ])
  })

  test('goes by the running maximum of append times: behind a late record everything is late, whatever the clock does', async () => {
    await world.found()
    await deposit(0, end - 5n)
    await deposit(0, end + 10n)
    const back = await deposit(0, end - 4n) // another leader, whose clock is behind
    const other = await deposit(1, end - 4n)
    world.nowMs = end + GRACE_MS
    await close()
    expect(await world.outcomeOf(back)).toBeUndefined()
    expect(await world.outcomeOf(other)).toBe('accepted')
    expect((await cutOf(1))[0]).toEqual([0n, 1n])
    world.nowMs = end + HOUR_MS + GRACE_MS
    expect(await close()).toMatchObject({ did: 'done', epoch: 2 })
    expect(await world.outcomeOf(back)).toBe('accepted')
    const row = await world.ledger.warehouse.one(
      'SELECT effective_ms FROM record WHERE topic = $topic AND partition_id = 0 AND record_offset = 2',
      { topic: CHAIN },
    )
    expect(row).toEqual({ effective_ms: end + 10n })
  })

  test('a record that a slow clock dates before the last cut belongs to the next epoch', async () => {
    await world.found()
    await deposit(0, end - 5n)
    world.nowMs = end + GRACE_MS
    await close()
    const slow = await deposit(1, end - 60_000n)
    world.nowMs = end + HOUR_MS + GRACE_MS
    expect(await close()).toMatchObject({ did: 'done', epoch: 2 })
    expect(await world.outcomeOf(slow)).toBe('accepted')
  })

  test('is harmed by no retention: what was read may be gone', async () => {
    await world.found()
    const first = await deposit(0, end - 5n)
    world.nowMs = end - 1n
    expect(await close()).toMatchObject({ did: 'waiting' })
    world.log.truncate(CHAIN, 0, 1n)
    const second = await deposit(0, end - 2n)
    world.nowMs = end + GRACE_MS
    expect(await close()).toMatchObject({ did: 'done' })
    expect(await Promise.all([first, second].map((position) => world.outcomeOf(position)))).toEqual([
      'accepted',
      'accepted',
    ])
  })
})

describe('a partition that comes', () => {
  test('empty, is cut at its start; its records belong to the epoch in which they come', async () => {
    await world.found()
    world.log.addPartitions(CHAIN, 1)
    world.nowMs = end + GRACE_MS
    await close()
    expect((await cutOf(1))[3]).toEqual([0n, 0n])
    const first = await deposit(3, world.nowMs + 1n)
    world.nowMs = end + HOUR_MS + GRACE_MS
    await close()
    expect(await world.outcomeOf(first)).toBe('accepted')
  })

  test('in the middle of an epoch, is part of its cut', async () => {
    await world.found()
    expect(await close()).toMatchObject({ did: 'waiting' })
    world.log.addPartitions(CHAIN, 1)
    const first = await deposit(3, end - 5n)
    world.nowMs = end + GRACE_MS
    await close()
    expect(await world.outcomeOf(first)).toBe('accepted')
  })

  test.each([
    ['after the partitions were listed, before they are read', 1],
    ['after they were read', 2],
  ])('%s, loses nothing', async (_, epoch) => {
    await world.found()
    world.nowMs = end + GRACE_MS
    let first: PartitionOffset | undefined
    const add = async () => {
      if (first !== undefined) return
      world.log.addPartitions(CHAIN, 1)
      first = await deposit(3, end - 5n)
      world.nowMs = end + GRACE_MS
    }
    const change: Partial<CloseOptions> =
      epoch === 1
        ? { source: sourceWith({ beforeRead: add }) }
        : {
            catchUp: async () => {
              await world.step('close', { clock: () => 0n })
              await add()
            },
          }
    expect(await close({ published: world.log, ...change })).toMatchObject({ did: 'done', epoch: 1 })
    expect(await world.outcomeOf(first!)).toBe(epoch === 1 ? 'accepted' : undefined)
    world.nowMs = end + HOUR_MS + GRACE_MS
    await close()
    expect(await world.outcomeOf(first!)).toBe('accepted')
  })

  test('and goes again: what was read of it is cut all the same', async () => {
    await world.found()
    const first = await deposit(2, end - 5n)
    expect(await close({ clock: () => end - 1n })).toMatchObject({ did: 'waiting' })
    world.nowMs = end + GRACE_MS
    const source = sourceWith({
      partitions: async (topics) =>
        (await world.log.partitions(topics)).filter(({ topic, partition }) => topic !== CHAIN || partition !== 2),
    })
    expect(await close({ source })).toMatchObject({ did: 'done', epoch: 1 })
    expect(await world.outcomeOf(first)).toBe('accepted')
  })
})

describe('an open transaction', () => {
  test('that may hide records of the epoch is waited for; then they are in it', async () => {
    await world.found()
    const before = await deposit(0, end - 9n)
    world.log.holdStable(CHAIN, 0)
    const hidden = await deposit(0, end - 5n)
    world.nowMs = end + GRACE_MS
    expect(await close()).toEqual({
      did: 'waiting',
      epoch: 1,
      untilMs: world.nowMs + 1_000n,
      detail:
        'Epoch 1 has ended. It waits: a transaction is open on tally.chain/0 and hides offsets 1 to 1, which may belong to it.',
    })
    expect(await cutOf(1)).toEqual([])
    world.log.releaseStable(CHAIN, 0)
    expect(await close()).toMatchObject({ did: 'done', epoch: 1 })
    expect(await Promise.all([before, hidden].map((position) => world.outcomeOf(position)))).toEqual([
      'accepted',
      'accepted',
    ])
  })

  test('that is aborted leaves a hole, and the epoch ends', async () => {
    await world.found()
    world.log.holdStable(CHAIN, 0)
    world.log.hide(CHAIN, 0, 3)
    world.nowMs = end + GRACE_MS
    expect(await close()).toMatchObject({ did: 'waiting' })
    world.log.releaseStable(CHAIN, 0)
    expect(await close()).toMatchObject({ did: 'done' })
    expect((await cutOf(1))[0]).toEqual([0n, 3n])
  })

  test('behind a record that is not earlier than the cut is not waited for', async () => {
    await world.found()
    await deposit(0, end + 1n)
    world.log.holdStable(CHAIN, 0)
    await deposit(0, end + 2n)
    world.nowMs = end + GRACE_MS
    expect(await close()).toMatchObject({ did: 'done', epoch: 1 })
    expect((await cutOf(1))[0]).toEqual([0n, 0n])
  })

  test('that hangs for a quarter of an hour is an alarm that says what to do', async () => {
    await world.found()
    world.log.holdStable(CHAIN, 0)
    await deposit(0, end - 5n)
    world.nowMs = end + GRACE_MS + 899_999n
    expect((await close()).detail).not.toContain('ALARM')
    world.nowMs++
    const { detail } = await close()
    expect(detail).toContain(`ALARM: a transaction is open on tally.chain/0 and hides offsets 0 to 0 since`)
    expect(detail).toContain(new Date(Number(end + GRACE_MS)).toISOString())
    expect(detail).toContain('abort --topic tally.chain --partition 0 --start-offset 0')
  })

  test('does not hold up a cut made now: it ends at the stable end, and says so', async () => {
    await world.found()
    const before = await deposit(0, end - 9n)
    world.log.holdStable(CHAIN, 0)
    const hidden = await deposit(0, end - 5n)
    const result = await close({ cutNow: true })
    expect(result).toMatchObject({ did: 'done', epoch: 1 })
    expect(result.detail).toContain('records of open transactions belong to the next epoch (tally.chain/0 from 1)')
    expect(await world.outcomeOf(before)).toBe('accepted')
    world.log.releaseStable(CHAIN, 0)
    expect((await close({ cutNow: true })).detail).not.toContain('stable end')
    expect(await world.outcomeOf(hidden)).toBe('accepted')
  })
})

describe('a reader of the same process', () => {
  test('is asked to catch up instead of reading the log once more, and believed only as far as the warehouse goes', async () => {
    await world.found()
    const record = await deposit(0, end - 5n)
    world.nowMs = end + GRACE_MS
    const source = sourceWith({ beforeRead: () => Promise.reject(new Error('Somebody else reads.')) })
    await world.step('close', { clock: () => 0n })
    const behind = await deposit(1, end - 4n)
    world.nowMs = end + GRACE_MS
    const wanted: unknown[] = []
    const catchUp: CloseOptions['catchUp'] = async (partitions) => {
      wanted.push(partitions.find(({ topic, partition }) => topic === CHAIN && partition === 1))
    }
    const options = { source, published: world.log, catchUp }
    expect(await close(options)).toMatchObject({
      did: 'waiting',
      detail: 'Epoch 1 has ended. It waits for tally.chain/1, which is stored up to 0 of 1.',
    })
    expect(wanted).toEqual([{ topic: CHAIN, partition: 1, startOffset: 0n, endOffset: 1n, highWatermark: 1n }])
    await world.step('close', { clock: () => 0n })
    expect(await close(options)).toMatchObject({ did: 'done', epoch: 1 })
    expect(await Promise.all([record, behind].map((position) => world.outcomeOf(position)))).toEqual([
      'accepted',
      'accepted',
    ])
  })
})

/** What may happen to a log between two attempts to close. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      partition: fc.nat(4),
      lateMs: fc.integer({ min: -20_000, max: 20_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hide' as const), partition: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const), partition: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), partition: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.nat(70) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('close' as const), now: fc.boolean() }) },
)

describe('whatever happens to the log', () => {
  test('cuts never fall, each begins where the last one ended, each record is in one epoch, and none is later than its cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), async (events) => {
        const own = await SmallLedger.open()
        const held = new Set<number>()
        let partitions = 3
        let nowMs = own.nowMs
        try {
          await own.found()
          for (const happens of events) {
            nowMs += 1_000n
            const partition = 'partition' in happens ? happens.partition % partitions : 0
            if (happens.kind === 'append') {
              own.nowMs = nowMs + BigInt(happens.lateMs)
              await own.send({ ...own.records.deposit('payer', 1n), partition })
            } else if (happens.kind === 'hide') own.log.hide(CHAIN, partition)
            else if (happens.kind === 'hold' && !held.has(partition)) {
              held.add(partition)
              own.log.holdStable(CHAIN, partition)
            } else if (happens.kind === 'release') {
              held.delete(partition)
              own.log.releaseStable(CHAIN, partition)
            } else if (happens.kind === 'grow' && partitions < 5) own.log.addPartitions(CHAIN, partitions++ > 0 ? 1 : 0)
            else if (happens.kind === 'pass') nowMs += BigInt(happens.minutes) * 60_000n
            else if (happens.kind === 'close') await own.step('close', { clock: () => nowMs, cutNow: happens.now })
          }
          for (const partition of held) own.log.releaseStable(CHAIN, partition)
          await own.step('close', { clock: () => nowMs, cutNow: true })
          await assertCuts(own)
        } finally {
          own.close()
        }
      }),
      runs(8),
    )
  })
})

async function assertCuts({ ledger: { warehouse } }: SmallLedger): Promise<void> {
  const broken = await warehouse.all(
    `SELECT * FROM (
       SELECT epoch, topic, partition_id, from_offset, to_offset,
         lag(to_offset, 1, 0) OVER (PARTITION BY topic, partition_id ORDER BY epoch) AS ended,
         cut_time_ms < lag(cut_time_ms, 1, 0) OVER (PARTITION BY topic, partition_id ORDER BY epoch) AS fell
       FROM epoch_cut JOIN epoch USING (epoch))
     WHERE from_offset <> ended OR to_offset < from_offset OR fell`,
  )
  expect(broken).toEqual([])
  const outside = await warehouse.all(
    `SELECT r.topic, r.partition_id, r.record_offset, count(o.rid) AS outcomes, max(c.cut_time_ms) AS time
     FROM record AS r LEFT JOIN outcome AS o USING (rid) LEFT JOIN epoch AS c USING (epoch)
     GROUP BY ALL HAVING outcomes <> 1 OR max(r.effective_ms) >= time`,
  )
  expect(outside).toEqual([])
}
