import { describe, expect, test } from '@jest/globals'
import type { AuditReport } from '../../audit/index.ts'
import type { RetrievedItem } from '../../schemas/events.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'

const POLICY = {
  ...{ dataChannels: [{ model: '', channels: ['features', 'retrieval'] }], retrievalParts: 200_000, minEvents: 1 },
  ...{ featureWaitEpochs: 1, maxPeriodEpochs: 9 },
}
type Step = (typeof OFFLINE_STEPS)[number]

const item = (batchId: string, index: number, score: number): RetrievedItem => ({
  ...{ batchSource: SOURCES.portal, batchId, index, score },
})

/**
 * Two epochs: uses with something retrieved, of which one has its features at once, one late and one never, and one with nothing.
 *
 * @param alter runs in the warehouse behind a step of an epoch
 */
async function auditAltered(alter?: {
  readonly epoch: number
  readonly behind: Step
  readonly sql: string
}): Promise<AuditReport> {
  const world = await SmallLedger.open()
  try {
    const { records } = world
    const features = (id: string) => records.inferenceFeatures(id, featuresOf(randomOf(5), SHAPE, 0), { body: {} })
    const use = (id: string, retrieved: RetrievedItem[]) => records.inference(id, 1_001n, { body: { retrieved } })
    await world.found(POLICY)
    await world.send(
      ...[await records.batch('alice', 'a', 2), await records.batch('bob', 'b', 1), records.deposit('payer', 10_000n)],
      ...[use('now', [item('a', 0, 9), item('b', 0, 1)]), use('late', [item('a', 1, 1)])],
      ...[use('never', [item('b', 0, 2), item('a', 1, 1)]), use('nothing', []), features('now')],
    )
    const sent = [[], [features('late'), await records.withdrawal('alice', 'a', [0])]]
    for (const [index, more] of sent.entries()) {
      await world.send(...more)
      world.endInterval()
      for (const step of OFFLINE_STEPS) {
        await world.step(step)
        if (step === alter?.behind && index + 1 === alter.epoch) await world.ledger.warehouse.run(alter.sql)
      }
    }
    return await world.audit()
  } finally {
    world.close()
  }
}

describe('promise 6: an altered ledger of channels is found', () => {
  test('unaltered, it is not', async () => {
    expect((await auditAltered()).firstDifference).toBeUndefined()
  })

  test.each<[string, number, Step, string]>([
    ['divides by other scores', 1, 'close', 'UPDATE retrieved_item SET score = 2 WHERE score = 9'],
    ['pays what was withdrawn', 2, 'close', 'UPDATE retrieved_item SET item_index = 0 WHERE item_index = 1'],
    ['forgets a retrieved contribution', 1, 'close', 'DELETE FROM retrieved_item WHERE score = 1 AND place = 1'],
    [
      'pays another account',
      1,
      'close',
      `UPDATE contribution_batch SET account = '${addressOf('carol')}' WHERE batch_id = 'b'`,
    ],
    ['ranks where it has to score', 1, 'close', `UPDATE policy SET retrieval_rule = 'rank'`],
    ['gives retrieval less at once', 1, 'close', 'UPDATE policy SET retrieval_parts = 100000'],
    ['tries retrieval first', 1, 'close', `UPDATE model_channels SET channels = ['retrieval', 'features']`],
    ['lets features take what has none', 2, 'attribute', `UPDATE channel_use SET channel = 'features' WHERE epoch = 2`],
    [
      'lets nobody take what was retrieved',
      2,
      'attribute',
      `DELETE FROM channel_use WHERE epoch = 2 AND channel = 'retrieval'`,
    ],
    [
      'keeps an atom of a line for itself',
      2,
      'settle',
      `UPDATE settlement_line SET amount = amount - 1 WHERE epoch = 2 AND kind = 'retrieval'`,
    ],
  ])('one that %s', async (_, epoch, behind, sql) => {
    const report = await auditAltered({ epoch, behind, sql }).catch((error: Error) => ({ firstDifference: error.name }))
    if (typeof report.firstDifference === 'string') expect(report.firstDifference).toBe('ConservationError')
    else expect(report.firstDifference).toMatchObject({ epoch })
  })
})
