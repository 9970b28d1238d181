import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

/** Half of a fee is for what the payer says of the work. */
const POLICY = {
  ...{ dataParts: 0, modelParts: 300_000, upstreamParts: 0 },
  ...{ agentParts: 200_000, outcomeParts: 500_000, infrastructureParts: 0, treasuryParts: 0 },
  outcomeWaitEpochs: 1,
}

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

async function found(change: Partial<typeof POLICY> = {}): Promise<void> {
  const { records } = world
  await world.found({ ...POLICY, ...change })
  await world.send(
    await records.asset('bot', 'agent', { alice: 1_000_000 }),
    await records.asset('helper', 'agent', { bob: 1_000_000 }),
    records.deposit('payer', 1_000_000n),
    records.deposit('partner', 1_000_000n),
  )
}

const work = (id: string, fee: bigint, agent = 'bot', payer: 'payer' | 'partner' = 'payer') =>
  world.records.inference(id, fee, { payer, body: { agent } })

async function rate(id: string, score: number, rater: 'payer' | 'partner' = 'payer'): Promise<PartitionOffset> {
  const [position] = await world.send(await world.records.rating(rater, id, score))
  return position!
}

const outcomes = async (epoch: number) => (await world.state(epoch)).outcomes
const earned = (epoch: number, name: 'alice' | 'bob' | 'carol') => world.earned(epoch, addressOf(name), 'outcome')
const flow = async (epoch: number) => (await world.manifest(epoch)).conservation.find(({ token }) => token === TOKEN)
const audited = async () => expect((await world.audit()).firstDifference).toBeUndefined()

describe('agents earn by outcome', () => {
  test('what a payer paid for agents waits, and is divided over them by fee and score', async () => {
    await found()
    await world.send(work('a', 600n), work('b', 400n, 'helper'), work('c', 1_000n))
    await rate('a', 500)
    await world.runEpoch()
    expect(await outcomes(1)).toEqual([{ epoch: 1, part: '1000', payer: addressOf('payer'), token: TOKEN, until: 2 }])
    expect(await world.earned(1, addressOf('alice'))).toBe(320n)
    await rate('b', 1_000)
    await world.runEpoch()
    // 600·500 to 400·1000, so 3 to 4; nobody rated the third.
    expect([await earned(2, 'alice'), await earned(2, 'bob')]).toEqual([429n, 571n])
    expect(await outcomes(2)).toEqual([])
    expect(await flow(2)).toMatchObject({ heldIn: '1000', out: '1000', heldOut: '0', unattributed: '0' })
    await audited()
  })

  test('a payer divides what they paid themselves, and nothing else', async () => {
    await found({ outcomeWaitEpochs: 0 })
    await world.send(work('of payer', 200n), work('of partner', 600n, 'helper', 'partner'))
    await rate('of payer', 1)
    await world.runEpoch()
    expect([await earned(1, 'alice'), await earned(1, 'bob')]).toEqual([100n, 0n])
    expect(await flow(1)).toMatchObject({ heldOut: '0', unattributed: '300' })
    await audited()
  })

  test('what nobody rated, or only as useless, is nobody’s', async () => {
    await found()
    await world.send(work('unrated', 200n), work('useless', 50n, 'bot', 'partner'))
    await rate('useless', 0, 'partner')
    await world.runEpoch()
    await world.send(world.records.deposit('payer', 1n))
    await world.runEpoch()
    expect(await earned(2, 'alice')).toBe(0n)
    expect(await flow(2)).toMatchObject({ heldIn: '125', out: '0', heldOut: '0', unattributed: '125' })
    await audited()
  })

  test('it goes to whoever owned the agent when the work was done', async () => {
    await found()
    await world.send(
      work('before', 300n),
      await world.records.transfer('bot', 'alice', 'carol', 500_000),
      work('after', 100n),
    )
    await rate('after', 600)
    await world.runEpoch()
    await world.send(await world.records.transfer('bot', 'carol', 'bob', 500_000))
    await rate('before', 200)
    await world.runEpoch()
    // Both weigh the same: 100 each, of the second one half.
    expect([await earned(2, 'alice'), await earned(2, 'carol'), await earned(2, 'bob')]).toEqual([150n, 50n, 0n])
    await audited()
  })

  test('without an agent both parts are the model’s', async () => {
    await found()
    await world.send(work('plain', 1_000n, ''))
    await world.runEpoch()
    expect(await outcomes(1)).toEqual([])
    expect(await world.earned(1, addressOf('modeller'), 'model')).toBe(333n)
    expect(await world.earned(1, addressOf('partner'), 'model')).toBe(667n)
    await audited()
  })

  test('a later policy changes nothing of what waits already', async () => {
    await found({ outcomeWaitEpochs: 2 })
    await world.send(
      work('a', 100n),
      await world.records.policy({ ...POLICY, policy: 'policy-2', outcomeWaitEpochs: 0 }),
    )
    await world.runEpoch()
    for (let epoch = 2; epoch <= 3; epoch++) {
      if (epoch === 3) await rate('a', 1)
      else await world.send(world.records.deposit('payer', 1n))
      await world.runEpoch()
    }
    expect(await earned(3, 'alice')).toBe(50n)
    await audited()
  })
})

describe('a rating is refused', () => {
  test('when it comes too late, and until then it counts', async () => {
    await found()
    await world.send(work('a', 100n), work('b', 100n))
    await world.runEpoch()
    const inTime = await rate('a', 1)
    await world.runEpoch()
    const late = await rate('b', 1)
    await world.runEpoch()
    expect(await world.outcomeOf(inTime)).toBe('accepted')
    expect(await world.outcomeOf(late)).toBe('OUTCOME_TOO_LATE')
    await audited()
  })

  test('when nobody pays, or is who says so, now or in a later epoch; and once only', async () => {
    await found()
    await world.send(
      work('paid', 100n),
      world.records.inference('reported', 1n, { body: { agent: 'bot', voucher: 0n } }),
      world.records.inference('plain', 1n),
    )
    await rate('paid', 10)
    await world.runEpoch()
    const refused = {
      INFERENCE_UNPAID: await rate('reported', 1),
      AGENT_UNKNOWN: await rate('plain', 1),
      INFERENCE_UNKNOWN: await rate('nothing', 1),
      NOT_THE_PAYER: await rate('paid', 1, 'partner'),
      OUTCOME_EXISTS: await rate('paid', 1_000),
    }
    await world.runEpoch()
    for (const [reason, position] of Object.entries(refused)) expect(await world.outcomeOf(position)).toBe(reason)
    await audited()
  })

  test('of a use that turned out unfunded it moves nothing, whatever it says', async () => {
    await found({ outcomeWaitEpochs: 0 })
    await world.send(work('unfunded', 2_000_000n), work('paid', 200n, 'helper'))
    await rate('unfunded', 1_000)
    await rate('paid', 1)
    await world.runEpoch()
    expect([await earned(1, 'alice'), await earned(1, 'bob')]).toEqual([0n, 100n])
    await audited()
  })
})

describe('steps of an agent', () => {
  test('link over epochs; another one in the place of one that was taken is refused', async () => {
    await found()
    const { records } = world
    const [first, second, third] = await Promise.all(records.steps('bot', 'alice', 'run', 3))
    await world.send(first!)
    await world.runEpoch()
    const [link] = await world.send(second!)
    const again = { run: 'run', step: 1, previous: records.stepHash('run', 0) }
    const [fork] = await world.send(await records.step('bot', 'alice', again, { id: 'fork' }))
    await world.runEpoch()
    const lost = { run: 'run', step: 2, previous: records.stepHash('run', 0) }
    const [broken] = await world.send(await records.step('bot', 'alice', lost, { id: 'broken' }))
    const [last] = await world.send(third!)
    await world.runEpoch()
    const outcomesFound = await Promise.all([link!, fork!, broken!, last!].map((position) => world.outcomeOf(position)))
    expect(outcomesFound).toEqual(['accepted', 'STEP_EXISTS', 'STEP_MISMATCH', 'accepted'])
    await audited()
  })

  test('an account that has given its share away takes none any more', async () => {
    await found()
    const { records } = world
    await world.send(...(await Promise.all(records.steps('bot', 'alice', 'run', 1))))
    await world.runEpoch()
    const next = { run: 'run', step: 1, previous: records.stepHash('run', 0) }
    const [own] = await world.send(await records.step('bot', 'alice', next, { id: 'mine' }))
    const [bobs] = await world.send(await records.step('bot', 'bob', next))
    await world.send(await records.transfer('bot', 'alice', 'bob', 1_000_000))
    await world.runEpoch()
    expect(await world.outcomeOf(own!)).toBe('REGISTRANT_NOT_OWNER')
    expect(await world.outcomeOf(bobs!)).toBe('accepted')
    await audited()
  })
})
