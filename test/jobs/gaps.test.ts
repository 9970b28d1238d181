import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ingest } from '../../pipelines/ingest.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { FOUNDING_RECORDS, SmallLedger } from '../support/ledger/small-ledger.ts'

const { inferences } = TOPICS
let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
})
afterEach(() => world.close())

/** Sends uses, each into partition 0. */
function use(...ids: string[]) {
  return world.send(...ids.map((id) => ({ ...world.records.inference(id, 10n), partition: 0 })))
}

function read(acceptGap: boolean) {
  return ingest({
    source: world.source,
    warehouse: world.ledger.warehouse,
    topics: [inferences],
    until: 'end',
    acceptGap,
  })
}

describe('offsets that the log lost before they were read', () => {
  test('stop ingest, which says how to go on; nothing is skipped', async () => {
    await use('a')
    await read(false)
    await use('b', 'c', 'd')
    world.log.truncate(inferences, 0, 3n)
    await expect(read(false)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      facts: { position: 1n, startOffset: 3n },
      hint: expect.stringContaining('--accept-gap'),
    })
    await expect(world.step('close')).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    expect(await world.ledger.warehouse.all('SELECT rid FROM accepted_gap')).toEqual([])
  })

  test('accepted, they are one leaf and a range of the manifest; the audit agrees, and says that it took them on trust', async () => {
    await world.send(world.records.deposit('payer', 1_000n))
    await use('a')
    await read(false)
    await use('b', 'c')
    world.log.hide(inferences, 0, 2)
    await use('d')
    world.log.truncate(inferences, 0, 3n)
    expect(await read(true)).toMatchObject({ records: 1 })
    expect((await read(true)).records).toBe(0)
    const manifest = await world.runEpoch()
    expect(manifest.gaps).toEqual([{ topic: inferences, partition: 0, from: '1', to: '3' }])
    expect(manifest.holes).toEqual([{ topic: inferences, partition: 0, from: '3', to: '5' }])
    // What founding takes, a deposit, two uses and the gap.
    expect(manifest.counts).toMatchObject({ accepted: FOUNDING_RECORDS + 3, rejected: 0, duplicate: 0 })
    expect(manifest.tree.size).toBe(`${FOUNDING_RECORDS + 4}`)
    const report = await world.audit()
    expect(report.firstDifference).toBeUndefined()
    expect(report.trusted).toContainEqual(expect.stringContaining(`${inferences}/0 from 1 to 3`))
  })

  test('at the very beginning, and behind the last record, they are a gap too', async () => {
    await use('a', 'b')
    world.log.truncate(inferences, 0, 2n)
    await read(true)
    world.endInterval()
    await use('c')
    world.log.truncate(inferences, 0, 3n)
    await read(true)
    await use('d')
    const first = await world.runEpoch()
    expect(first.gaps).toEqual([
      { topic: inferences, partition: 0, from: '0', to: '2' },
      { topic: inferences, partition: 0, from: '2', to: '3' },
    ])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})
