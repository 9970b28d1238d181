import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { contradicts, verifyLogKey } from '../../anchor/log-key/log-key.ts'
import { verifyEventReceipt, verifyReceipt } from '../../audit/index.ts'
import { bindLogKey, type LogPlaces, publishLog, readTilesIn } from '../../jobs/publish/log/publish-log.ts'
import { eventReceiptOf } from '../../jobs/statement/event-receipt.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { addressOf, signerOf } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
let places: LogPlaces
let endorsed: LogPlaces
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
  places = { folder: join(world.folder, 'log'), keyFolder: join(world.folder, 'log-key'), verb: 'test' }
  endorsed = { ...places, operator: signerOf('operator') }
})
afterEach(() => world.close())

/** An epoch of funded uses that pays the model's owner. */
async function publish(log: LogPlaces): Promise<void> {
  const epoch = (await world.ledger.warehouse.all('SELECT epoch FROM epoch')).length + 1
  await world.send(...(await someUses(epoch)))
  world.endInterval()
  await world.publishNext({ log })
}

async function someUses(epoch: number) {
  const uses = Array.from({ length: 3 }, (_, n) => world.records.inference(`use-${epoch}-${n}`, 5n))
  return epoch === 1 ? [world.records.deposit('payer', 1_000n), ...uses] : uses
}

const readKey = (folder: string) => verifyLogKey(readFileSync(join(folder, 'key.json')))

describe('the operator’s word on the log’s key', () => {
  test('is made once, served, and carried by receipts', async () => {
    await publish(endorsed)
    const bytes = readFileSync(join(places.folder, 'key.json'))
    expect(await readKey(places.folder)).toMatchObject({ sequence: 1, fromSize: 0n, operator: addressOf('operator') })
    await publish(endorsed)
    await publish(places)
    for (const folder of [places.folder, places.keyFolder])
      expect(readFileSync(join(folder, 'key.json'))).toEqual(bytes)
    const [receipt] = await receiptsOf(world.ledger, addressOf('modeller'))
    expect(await verifyReceipt(JSON.parse(JSON.stringify(receipt)))).toMatchObject({ ok: true, vouched: 'operator' })
  })

  test('without the operator’s key there is none, which a receipt says; it is made later', async () => {
    await publish(places)
    expect(existsSync(join(places.folder, 'key.json'))).toBe(false)
    const logKey = readFileSync(join(places.folder, 'verifier-key'), 'utf8').trim()
    const [receipt] = await receiptsOf(world.ledger, addressOf('modeller'), { logKey })
    expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, vouched: 'unknown key' })
    expect((await bindLogKey({ ledger: world.ledger, places })).endorsement).toBeUndefined()
    expect((await bindLogKey({ ledger: world.ledger, places: endorsed })).endorsement).toMatchObject({ sequence: 1 })
    const [later] = await receiptsOf(world.ledger, addressOf('modeller'))
    expect(await verifyReceipt(later)).toMatchObject({ ok: true, vouched: 'operator' })
  })

  test('killed after it was written beside the key, the next run serves the same', async () => {
    await publish(endorsed)
    const bytes = readFileSync(join(places.folder, 'key.json'))
    rmSync(join(places.folder, 'key.json'))
    await world.ledger.warehouse.run('DELETE FROM log_key')
    await publishLog({ ledger: world.ledger, places, epoch: 1 })
    expect(readFileSync(join(places.folder, 'key.json'))).toEqual(bytes)
  })

  test('a new key gets the next number from its first tree on; receipts of before keep the old word', async () => {
    await publish(endorsed)
    const first = await readKey(places.folder)
    renameSync(places.keyFolder, join(world.folder, 'lost'))
    rmSync(join(places.folder, 'checkpoint'))
    await publish(endorsed)
    const second = await readKey(places.folder)
    const size = BigInt((await world.manifest(2)).tree.size)
    expect(second).toMatchObject({ sequence: 2, fromSize: size })
    expect(contradicts(first, second)).toBe(false)
    for (const [epoch, sequence] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const [receipt] = await receiptsOf(world.ledger, addressOf('modeller'), { epoch })
      expect(receipt!.checkpoint?.endorsement).toMatchObject({ sequence })
      expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, vouched: 'operator' })
    }
  })

  test('of another key, or one that was changed, stops the log instead of being replaced', async () => {
    await publish(endorsed)
    const own = join(places.keyFolder, 'key.json')
    const document = JSON.parse(readFileSync(own, 'utf8'))
    writeFileSync(own, JSON.stringify({ ...document, sequence: 2 }))
    await expect(bindLogKey({ ledger: world.ledger, places: endorsed })).rejects.toMatchObject({
      code: 'LOG_KEY_ENDORSEMENT',
    })
  })
})

describe('the receipt of an event', () => {
  const options = () => ({ tiles: readTilesIn(places.folder) })

  test('shows leaf, outcome and inclusion of any record, in its own tree and in later ones', async () => {
    await publish(endorsed)
    await world.send(world.records.inference('use-1-0', 5n), world.records.inference('use-1-1', 6n))
    world.endInterval()
    await world.publishNext({ log: endorsed })
    for (const { row, epoch } of (await someLeaves()).flatMap((leaf) =>
      [1, 2].map((each) => ({ row: leaf, epoch: each })),
    )) {
      const { topic, partition_id: partition, record_offset: offset } = row
      const receipt = eventReceiptOf(
        world.ledger,
        { topic, partition, offset },
        { ...options(), epoch, withRecord: true },
      )
      if (row.epoch > epoch) {
        await expect(receipt).rejects.toMatchObject({ code: 'NO_EVENT_RECEIPT' })
        continue
      }
      const found = await verifyEventReceipt(JSON.parse(JSON.stringify(await receipt)))
      expect(found).toMatchObject({ ok: true, vouched: 'operator', epoch, index: Number(row.leaf_index) })
      expect(found.event?.id).toMatch(/./)
    }
  })

  test('finds a record by its id, the accepted one first, and says what became of another', async () => {
    await publish(endorsed)
    await world.send(world.records.inference('use-1-0', 5n), world.records.inference('use-1-1', 6n))
    world.endInterval()
    await world.publishNext({ log: endorsed })
    const accepted = await eventReceiptOf(world.ledger, { id: 'use-1-0' }, options())
    expect(accepted.entry).toMatchObject({ outcome: 'accepted', reason: null })
    expect(accepted.record).toBeNull()
    expect(await eventReceiptOf(world.ledger, { source: SOURCES.gateway, id: 'use-1-0' }, options())).toEqual(accepted)
    const last = (await leaves()).filter(({ topic }) => topic.endsWith('inferences'))
    const outcomes = await Promise.all(
      last.map(async ({ topic, partition_id: partition, record_offset: offset }) => {
        const { entry } = await eventReceiptOf(world.ledger, { topic, partition, offset }, options())
        return entry.reason ?? entry.outcome
      }),
    )
    // Three uses, and the vouchers of the founding, which come on the same topic.
    const acceptedCount = 3 + (await world.records.vouchers()).length
    expect(outcomes.sort()).toEqual(['ID_REUSED', ...new Array(acceptedCount).fill('accepted'), 'duplicate'])
    await expect(eventReceiptOf(world.ledger, { id: 'nothing' }, options())).rejects.toMatchObject({ retriable: false })
  })

  test('of a record whose epoch is not published comes later; without tiles it is a missing tile', async () => {
    await publish(endorsed)
    await world.send(world.records.inference('use-2-0', 5n))
    world.endInterval()
    await world.step('close')
    await expect(eventReceiptOf(world.ledger, { id: 'use-2-0' }, options())).rejects.toMatchObject({
      code: 'NO_EVENT_RECEIPT',
      retriable: true,
    })
    const nowhere = { tiles: readTilesIn(join(world.folder, 'nowhere')) }
    await expect(eventReceiptOf(world.ledger, { id: 'use-1-0' }, nowhere)).rejects.toMatchObject({
      code: 'TILE_MISSING',
    })
  })

  interface LeafRow {
    readonly leaf_index: bigint
    readonly epoch: number
    readonly topic: string
    readonly partition_id: number
    readonly record_offset: bigint
  }

  /** Every fifth, and the last. */
  async function someLeaves(): Promise<LeafRow[]> {
    const all = await leaves()
    return all.filter((_, n) => n % 5 === 0 || n === all.length - 1)
  }

  function leaves(): Promise<LeafRow[]> {
    return world.ledger.warehouse.all<LeafRow>(
      'SELECT o.leaf_index, o.epoch, r.topic, r.partition_id, r.record_offset FROM outcome AS o JOIN record AS r USING (rid)',
    )
  }
})
