import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { State } from '../../audit/state.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { AlterableLedger, type Draft, type Sent } from './support/altered-ledger.ts'

const BILLION = 1_000_000_000n
const POLICY = {
  ...{ dataParts: 0, modelParts: 300_000, upstreamParts: 0, agentParts: 200_000, outcomeParts: 400_000 },
  ...{ infrastructureParts: 50_000, treasuryParts: 50_000, outcomeWaitEpochs: 1 },
}

/** Two epochs with rated work; some of it is rated in the second. */
const EPOCHS: readonly Sent[] = [
  async (world) => {
    const { records } = world
    await world.found(POLICY)
    const work = (id: string, fee: bigint, agent: string) => records.inference(id, fee, { body: { agent } })
    await world.send(
      await records.asset('bot', 'agent', { alice: 600_000, bob: 400_000 }),
      await records.asset('helper', 'agent', { carol: 1_000_000 }),
      records.deposit('payer', 20n * BILLION),
      work('first', 5n * BILLION, 'bot'),
      await records.transfer('bot', 'bob', 'carol', 100_000),
      work('second', 7n * BILLION, 'bot'),
      work('third', 3n * BILLION, 'helper'),
      await records.rating('payer', 'first', 400),
      ...(await Promise.all(records.steps('bot', 'alice', 'run', 2))),
    )
  },
  async (world) =>
    world.send(await world.records.rating('payer', 'second', 700), await world.records.rating('payer', 'third', 1_000)),
]

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play(EPOCHS)
})
afterAll(() => ledger.close())

describe('promise 6: an altered bundle is found', () => {
  test('unaltered, it is not', async () => {
    expect((await ledger.world.audit()).firstDifference).toBeUndefined()
    expect(await ledger.alteredPublic(1, () => {})).toBeUndefined()
  })

  test.each([
    ['a score a thousandth higher', `UPDATE task_outcome SET score = score + 1 WHERE score = 700`],
    ['a rating that is left out', `DELETE FROM task_outcome WHERE score = 700`],
    [
      'a rating that nobody gave',
      `UPDATE task_outcome SET inference = (SELECT inference FROM inference WHERE event_id = 'first') WHERE score = 1000`,
    ],
    [
      'the share of the agent that changed hands',
      `UPDATE ownership_change SET account = '${addressOf('bob')}' WHERE asset = 'bot' AND ordinal >= 0 AND delta > 0`,
    ],
    [
      'another agent in the place of the one that worked',
      `UPDATE inference SET agent = 'helper' WHERE event_id = 'first'`,
    ],
  ])('%s', async (_, sql) => {
    expect(await ledger.altered({ epoch: 2, behind: 'close', sql })).toMatchObject({ check: 'lines', epoch: 2 })
  })

  test('what waits, handed out an epoch early', async () => {
    const found = await ledger.alteredPublic(1, (state) => (state.outcomes = []), false)
    expect(found).toMatchObject({ epoch: 1 })
  })

  test('an outcome part that waits longer than the policy says', async () => {
    const later = ({ outcomes }: Draft<State>) => {
      for (const pool of outcomes) pool.until++
    }
    const found = await ledger.alteredPublic(1, later, false)
    expect(found).toMatchObject({ epoch: 1 })
  })
})
