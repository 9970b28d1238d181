import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { epochStatus } from '../../jobs/epoch-status.ts'
import { ingest } from '../../pipelines/ingest.ts'
import type { NewRecord, PartitionOffset } from '../../pipelines/record-source.ts'
import { REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { LATER_REASONS, rejectedAtClose } from '../support/ledger/rejected-at-close.ts'
import { type Cases, rejectedAtIngest } from '../support/ledger/rejected-at-ingest.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const REASONS = (Object.keys(REJECTION_REASONS) as RejectionReason[]).filter(
  (reason) => !LATER_REASONS.some((later) => later === reason),
)

/** A record that was sent and what must become of it. */
interface Sent {
  readonly name: string
  readonly expected: RejectionReason | 'accepted'
  /** Found by ingest, before there is a cut. */
  readonly atIngest: boolean
  readonly position: PartitionOffset
}

/** How many records of each reason were sent. */
function countBy(sent: readonly Sent[]): Record<string, number> {
  const reasons: Record<string, number> = {}
  for (const { expected } of sent) {
    if (expected !== 'accepted') reasons[expected] = (reasons[expected] ?? 0) + 1
  }
  return reasons
}

describe('promise 2: nothing disappears unseen', () => {
  let world: SmallLedger
  const sent: Sent[] = []
  let before: Awaited<ReturnType<typeof epochStatus>>

  const send = async (
    name: string,
    expected: Sent['expected'],
    record: NewRecord | Promise<NewRecord>,
    atIngest = false,
  ) => {
    const [position] = await world.send(await record)
    sent.push({ name, expected, atIngest, position: position! })
  }
  const sendAll = async (cases: Partial<Record<RejectionReason, Cases>>, atIngest: boolean) => {
    for (const [reason, records] of Object.entries(cases)) {
      for (const [name, record] of Object.entries(records)) {
        await send(name, reason as RejectionReason, record, atIngest)
        await send(`a good one behind ${name}`, 'accepted', world.records.deposit('payer', 1n))
      }
    }
  }

  // One epoch with every bad record that the two tables know, a good one behind each.
  beforeAll(async () => {
    world = await SmallLedger.open()
    await world.found()
    const { good, cases, waiting } = rejectedAtClose(world.records)
    for (const [index, record] of good.entries()) await send(`good ${index}`, 'accepted', record)
    await sendAll(rejectedAtIngest(world.records), true)
    await sendAll(cases, false)
    await sendAll(waiting, false)
    const { warehouse } = world.ledger
    await ingest({ source: world.source, warehouse, topics: INPUT_TOPICS, until: 'end' })
    before = await epochStatus(warehouse)
    await world.runEpoch()
  })
  afterAll(() => world.close())

  test('the two tables hold a record for every reason that a first epoch can have', () => {
    expect(new Set(sent.map(({ expected }) => expected))).toEqual(new Set(['accepted', ...REASONS]))
  })

  test.each(REASONS)('%s is the outcome of each record that has it', async (reason) => {
    for (const { name, expected, position } of sent) {
      if (expected !== reason) continue
      expect({ name, outcome: await world.outcomeOf(position) }).toEqual({ name, outcome: reason })
    }
  })

  test('the good records around them are accepted', async () => {
    for (const { name, expected, position } of sent) {
      if (expected !== 'accepted') continue
      expect({ name, outcome: await world.outcomeOf(position) }).toEqual({ name, outcome: 'accepted' })
    }
  })

  test('the status counts what ingest rejected before the cut, and all of it after', async () => {
    const { epochs, waiting } = await epochStatus(world.ledger.warehouse)
    const atIngest = countBy(sent.filter((each) => each.atIngest))
    expect(before.epochs).toEqual([])
    expect(before.waiting.reasons).toEqual(atIngest)
    expect(before.waiting.rejected).toBe(Object.values(atIngest).reduce((sum, count) => sum + count, 0))
    const all = countBy(sent)
    const rejected = Object.values(all).reduce((sum, count) => sum + count, 0)
    expect(epochs).toHaveLength(1)
    expect(epochs[0]!.counts).toEqual({
      accepted: before.waiting.records - rejected,
      duplicate: 0,
      late: 0,
      rejected,
      reasons: all,
    })
    expect(waiting).toEqual({ records: 0, rejected: 0, reasons: {} })
  })

  test('every record below the cut has one leaf', async () => {
    const { tree } = await world.manifest(1)
    const row = await world.ledger.warehouse.one(
      'SELECT count(*) AS n, count(DISTINCT rid) AS records, count(DISTINCT leaf_index) AS leaves, max(leaf_index) + 1 AS size FROM outcome',
    )
    const n = BigInt(before.waiting.records)
    expect(row).toEqual({ n, records: n, leaves: n, size: n })
    expect(tree.size).toBe(String(n))
  })

  test('the audit, which decides with code of its own, says the same', async () => {
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
  })
})
