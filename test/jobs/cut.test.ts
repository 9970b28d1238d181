import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type CloseOptions, closeEpoch } from '../../jobs/close/close-epoch.ts'
import { cutEventId, ledgerSource } from '../../jobs/close/published-cut.ts'
import { openLedger } from '../../jobs/ledger.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { cloudEventHeaders } from '../../schemas/cloud-events.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { encodeValue } from '../../schemas/wire-format.ts'
import { GENESIS } from '../support/ledger/cast.ts'
import { FOUNDING_RECORDS, SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

function close(change: Partial<CloseOptions> = {}) {
  return closeEpoch({
    ledger: world.ledger,
    source: world.source,
    sink: world.log,
    clock: () => world.nowMs,
    ...change,
  })
}

/** Cut times and record counts of all epochs. */
function epochs() {
  return world.ledger.warehouse.all(
    `SELECT epoch, cut_time_ms AS "time", (SELECT count(*)::INTEGER FROM outcome AS o WHERE o.epoch = e.epoch) AS records
     FROM epoch AS e ORDER BY epoch`,
  )
}

function cutOf(topic: string, partition: number, fromOffset: bigint, toOffset: bigint) {
  return { topic, partition, incarnation: 0, fromOffset, toOffset }
}

describe('the cut', () => {
  test('an empty log has nothing to close', async () => {
    expect(await close()).toMatchObject({ did: 'nothing', epoch: null })
    expect(await epochs()).toEqual([])
  })

  test('without a policy the length of an epoch is not known; cutting now needs none, and leaves fees unfunded', async () => {
    const { records } = world
    await world.send(await records.asset('reader', 'model', { modeller: 1_000_000 }))
    await expect(close()).rejects.toMatchObject({ code: 'POLICY_MISSING' })
    expect(await close({ cutNow: true })).toMatchObject({ did: 'done', epoch: 1 })
    for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect(await world.manifest(1)).toMatchObject({ policy: null, payout: { leaves: 0, root: `0x${'00'.repeat(32)}` } })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('an epoch waits for the end of its interval and two seconds of grace', async () => {
    await world.found()
    const interval_ms = 3_600_000n
    const end = (world.nowMs / interval_ms + 1n) * interval_ms
    expect(await close()).toMatchObject({ did: 'waiting', epoch: 1, untilMs: end + 2_000n })
    expect(await close({ clock: () => end + 1_999n })).toMatchObject({ did: 'waiting' })
    expect(await close({ clock: () => end + 2_000n })).toMatchObject({ did: 'done', epoch: 1 })
    expect(await epochs()).toEqual([{ epoch: 1, time: end, records: FOUNDING_RECORDS }])
  })

  test('a record of the next interval belongs to the next epoch, also when it was read already', async () => {
    await world.found()
    world.endInterval()
    const [position] = await world.send(world.records.deposit('payer', 1n))
    expect(await close()).toMatchObject({ did: 'done', epoch: 1 })
    expect(await world.outcomeOf(position!)).toBeUndefined()
    expect(await close()).toMatchObject({ did: 'waiting', epoch: 2 })
    world.endInterval()
    expect(await close()).toMatchObject({ did: 'done', epoch: 2 })
    expect(await world.outcomeOf(position!)).toBe('accepted')
  })

  test('intervals without a record make no epoch', async () => {
    await world.found()
    await world.runEpoch()
    for (let hours = 0; hours < 5; hours++) world.endInterval()
    expect(await close()).toMatchObject({ did: 'nothing' })
    await world.send(world.records.deposit('payer', 1n))
    world.endInterval()
    expect(await close()).toMatchObject({ did: 'done', epoch: 2 })
  })

  test('cutting now takes everything there is, also when this machine’s clock is behind the log’s', async () => {
    await world.found()
    const newest = world.nowMs
    expect(await close({ cutNow: true, clock: () => newest - 5_000n })).toMatchObject({ did: 'done' })
    expect(await epochs()).toEqual([{ epoch: 1, time: newest + 1n, records: FOUNDING_RECORDS }])
  })

  test('cut times never fall, also when the clock does', async () => {
    await world.found()
    const before = world.nowMs
    world.nowMs += 1_000_000n
    await close({ cutNow: true })
    world.nowMs = before
    await world.send(world.records.deposit('payer', 1n))
    await close({ cutNow: true })
    const [first, second] = await epochs()
    expect(second).toMatchObject({ records: 1 })
    expect(second!.time as bigint).toBeGreaterThanOrEqual(first!.time as bigint)
    for (let epoch = 1; epoch <= 2; epoch++)
      for (const step of ['attribute', 'settle', 'publish'] as const) await world.step(step)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('is published on tally.epochs before anything uses it', async () => {
    await world.found()
    world.endInterval()
    await close()
    const published: unknown[] = []
    await world.log.read({
      topics: [TOPICS.epochs],
      until: 'end',
      positionOf: () => 0n,
      onBatch: async ({ records }) => {
        for (const record of records) published.push(decodeRecord(record))
      },
    })
    const { partitions } = (await world.ledger.warehouse.one('SELECT count(*) AS partitions FROM epoch_cut'))!
    expect(published).toHaveLength(1)
    expect(published[0]).toMatchObject({ outcome: 'decoded', event: { id: 'cut-1', body: { epoch: 1 } } })
    const { event } = published[0] as { event: { body: { partitions: { toOffset: bigint }[] } } }
    expect(BigInt(event.body.partitions.length)).toBe(partitions)
    expect(event.body.partitions.reduce((sum, { toOffset }) => sum + toOffset, 0n)).toBe(BigInt(FOUNDING_RECORDS))
  })

  describe('that is published already', () => {
    /** Another warehouse of the same ledger on the same log. */
    async function other<Result>(work: (twin: SmallLedger) => Promise<Result>): Promise<Result> {
      const twin = await world.twin()
      try {
        return await work(twin)
      } finally {
        await twin.close()
      }
    }
    const cutsOf = (ledger: SmallLedger) =>
      ledger.ledger.warehouse.all('SELECT * FROM epoch_cut ORDER BY epoch, topic, partition_id')
    const rootsOf = (ledger: SmallLedger) =>
      ledger.ledger.warehouse.all('SELECT epoch, cut_time_ms, hex(ledger_root) AS root FROM epoch ORDER BY epoch')
    const forge = (body: Partial<EventBodies['CutPublished']>, epoch = 1) =>
      world.send({
        topic: TOPICS.epochs,
        key: null,
        headers: cloudEventHeaders({
          id: cutEventId(epoch),
          source: ledgerSource(world.ledger.ledgerId),
          type: 'tallystick.CutPublished',
          time: '2026-01-01T00:00:00Z',
        }),
        value: encodeValue('CutPublished', { epoch, cutTimeMs: world.nowMs + 1_000_000n, partitions: [], ...body }),
      })

    test('is adopted by a warehouse that is built anew, epoch by epoch, although the log went on: the same roots', async () => {
      await world.found()
      await close({ cutNow: true })
      await world.send(world.records.deposit('payer', 1n))
      await close({ cutNow: true })
      await world.send(world.records.deposit('payer', 2n))
      await other(async (twin) => {
        expect(await twin.step('close')).toMatchObject({ did: 'done', epoch: 1 })
        expect(await twin.step('close')).toMatchObject({ did: 'done', epoch: 2 })
        expect(await cutsOf(twin)).toEqual(await cutsOf(world))
        expect(await rootsOf(twin)).toEqual(await rootsOf(world))
        expect(await twin.step('close')).toMatchObject({ did: 'waiting', epoch: 3 })
      })
    })

    test('by the faster of two warehouses counts for both', async () => {
      await world.found()
      await other(async (twin) => {
        let overtaken = false
        const slowSink = {
          append: async (records: readonly NewRecord[]) => {
            if (!overtaken) {
              overtaken = true
              await twin.send(world.records.deposit('payer', 1n))
              await twin.step('close', { cutNow: true })
            }
            return world.log.append(records)
          },
          close: async () => {},
        }
        await close({ cutNow: true, sink: slowSink })
        // It had chosen before that deposit came, and does not hold it yet.
        expect((await epochs()).map(({ records }) => records)).toEqual([0])
        expect(await close()).toMatchObject({ did: 'done', epoch: 1 })
        expect(await rootsOf(world)).toEqual(await rootsOf(twin))
        expect(await cutsOf(world)).toEqual(await cutsOf(twin))
      })
    })

    test('appended again after a crash, the first one counts', async () => {
      await world.found()
      const crash = { append: async () => Promise.reject(new Error('killed')), close: async () => {} }
      await expect(close({ cutNow: true, sink: crash })).rejects.toThrow('killed')
      const chosen = await cutsOf(world)
      await close({ cutNow: true })
      expect(await cutsOf(world)).toEqual(chosen)
    })

    test.each([
      ['leaves a partition out', {}, 'leaves'],
      ['is of another topic', { partitions: [cutOf('tally.epochs', 0, 0n, 0n)] }, 'tally.epochs'],
      ['begins elsewhere', { partitions: [cutOf(TOPICS.chain, 0, 1n, 1n)] }, 'begins'],
    ])('and %s is refused, and nothing is changed', async (_, body, what) => {
      await world.found()
      await close({ cutNow: true })
      const before = await rootsOf(world)
      await world.send(world.records.deposit('payer', 1n))
      await forge(body, 2)
      await expect(close({ cutNow: true })).rejects.toMatchObject({
        code: 'PUBLISHED_CUT',
        facts: { what: expect.stringContaining(what) },
      })
      expect(await rootsOf(world)).toEqual(before)
    })

    test('under another ledger’s name, or another id, is not looked at', async () => {
      await world.found()
      await forge({ epoch: 7, partitions: [cutOf('tally.epochs', 0, 0n, 0n)] }, 1)
      expect(await close({ cutNow: true })).toMatchObject({ did: 'done', epoch: 1 })
    })
  })

  test('names that are awkward in JSON, SQL or a terminal go the whole way', async () => {
    for (const [index, name] of ["it's", 'a\0b', 'line\nbreak', '😀', 'x/0x70', '\u2028'].entries()) {
      const { records } = world
      if (index === 0) await world.found({ policy: name })
      await world.send(
        await records.asset(name, 'model', { modeller: 1_000_000 }),
        ...(await records.vouchers(name)),
        records.deposit('payer', 100n),
        records.inference(`${index}`, 100n, { body: { model: name } }),
      )
    }
    const { counts, conservation } = await world.runEpoch()
    expect(counts).toMatchObject({ rejected: 0, duplicate: 0 })
    expect(conservation).toEqual([expect.objectContaining({ funded: '600', out: '300', unattributed: '300' })])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

describe('a warehouse', () => {
  test('belongs to the first genesis that it sees', async () => {
    const { warehouse } = world.ledger
    await expect(openLedger(warehouse, { ...GENESIS, name: 'another' })).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
    })
    await expect(openLedger(warehouse, GENESIS)).resolves.toMatchObject({ genesis: GENESIS })
  })
})
