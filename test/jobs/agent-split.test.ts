import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { agentPage } from '../../jobs/agents/agent-page.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { TOKEN } from '../support/ledger/cast.ts'
import { contribution } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const [FEE, DATA, WAIT] = [1_000n, 400n, 2]
const MIN_EVENTS = 2
const MAX_EPOCHS = 3

let world: SmallLedger
const split = async () => (await agentPage(world.ledger.warehouse, 'bot')).paid[0]!
const dataOf = async (id: string) => (await explain(world.ledger.warehouse, [id], 3))[0]!.data
const sum = (all: readonly bigint[]) => all.reduce((total, amount) => total + amount, 0n)

async function work(id: string, features: 'known' | 'unknown'): Promise<void> {
  const { records } = world
  await world.send(records.inference(id, FEE, { body: { agent: 'bot' } }))
  if (features === 'known') await world.send(records.inferenceFeatures(id, featuresOf(randomOf(id.length), SHAPE, 0)))
}

/** Every fee in the ledger is one of the agent's. */
beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({
    ...{ dataParts: 400_000, modelParts: 200_000, upstreamParts: 0, agentParts: 100_000, outcomeParts: 100_000 },
    ...{ infrastructureParts: 150_000, treasuryParts: 50_000, outcomeWaitEpochs: 1, featureWaitEpochs: WAIT },
    ...{ minEvents: MIN_EVENTS, maxPeriodEpochs: MAX_EPOCHS, holdBackParts: 100_000, holdBackEpochs: 9 },
  })
  const { records } = world
  await world.send(await records.asset('bot', 'agent', { carol: 1_000_000 }), records.deposit('payer', 1_000_000n))
  for (const name of ['alice', 'bob'] as const) {
    const { batch, features } = await contribution(records, randomOf(name.length), name, 6)
    await world.send(batch, ...features)
  }
})
afterAll(() => world.close())

/** Parts of the one pool, and of what its periods did with it by the last epoch. */
async function expectAddsUp(epoch: number): Promise<void> {
  const { fees, uses, owners, data, outcome } = await split()
  const { paid, kept, open, waiting, unattributed } = data
  const parts = [...owners.map(({ amount }) => amount), outcome.waiting, outcome.divided]
  expect(sum([...parts, paid, kept, open, waiting, unattributed])).toBe(fees)
  expect(fees).toBe(BigInt(uses) * FEE)
  expect(sum(data.contributors.map(({ amount }) => amount))).toBe(paid)
  const state = await world.state(epoch)
  expect(waiting).toBe(sum(state.waiting.map(({ part }) => BigInt(part))))
  expect(outcome.waiting).toBe(sum(state.outcomes.map(({ part }) => BigInt(part))))
}

describe('who was paid for an agent’s work', () => {
  test('while too few uses came, their data part is in an open pool, and explain says until when', async () => {
    await work('first', 'known')
    await work('unseen', 'unknown')
    await world.runEpoch()
    await expectAddsUp(1)
    expect((await split()).data).toMatchObject({ paid: 0n, kept: 0n, open: DATA, waiting: DATA, unattributed: 0n })
    expect(await dataOf('first')).toMatchObject({
      ...{ state: 'open', amount: DATA, since: 1, needed: MIN_EVENTS, until: MAX_EPOCHS },
    })
    expect(await dataOf('unseen')).toEqual({ state: 'waiting', amount: DATA, until: 1 + WAIT })
  })

  test('what was paid went to those whose lines say so; the rest is kept for them, or nobody’s', async () => {
    for (let index = 0; index < 8; index++) await work(`second ${'.'.repeat(index)}`, 'known')
    const { periods } = await world.runEpoch()
    expect(periods).toMatchObject([{ state: 'paid' }])
    await expectAddsUp(2)
    const { data, owners } = await split()
    const lines = await world.ledger.warehouse.all<{ kind: string; account: string; amount: bigint }>(
      'SELECT kind, account, sum(amount)::HUGEINT AS amount FROM settlement_line GROUP BY kind, account ORDER BY amount DESC, account',
    )
    const paid = lines.filter(({ kind }) => kind === 'data').map(({ account, amount }) => ({ account, amount }))
    expect(paid.length).toBeGreaterThan(0)
    expect(data.contributors).toEqual(paid)
    const { heldBack, carried, unattributed } = periods[0]!
    expect(data.kept).toBe(BigInt(heldBack) + BigInt(carried))
    expect(data.unattributed).toBe(BigInt(unattributed))
    for (const { kind, amount } of owners)
      expect(sum(lines.filter((line) => line.kind === kind).map((line) => line.amount))).toBe(amount)
    expect(await dataOf('first')).toEqual({ state: 'paid', amount: DATA, in: 2 })
  })

  test('what nobody said the features of is nobody’s when the wait is over, and a pool that stays too small is given up', async () => {
    await work('alone', 'known')
    for (let epoch = 3; epoch < 3 + MAX_EPOCHS; epoch++) {
      await world.send(world.records.deposit('payer', 1n))
      await world.runEpoch()
    }
    await expectAddsUp(2 + MAX_EPOCHS)
    expect(await dataOf('unseen')).toEqual({ state: 'expired', amount: DATA, in: 1 + WAIT })
    expect(await dataOf('alone')).toEqual({ state: 'given-up', amount: DATA, in: 2 + MAX_EPOCHS })
    const { data, token } = await split()
    expect([data.waiting, data.open, token]).toEqual([0n, 0n, TOKEN])
    expect(data.unattributed).toBeGreaterThanOrEqual(2n * DATA)
    // Another period that pays changes nothing of it.
    for (let index = 0; index < 8; index++) await work(`third ${'.'.repeat(index)}`, 'known')
    expect((await world.runEpoch()).periods).toMatchObject([{ state: 'paid' }])
    await expectAddsUp(3 + MAX_EPOCHS)
    expect(await dataOf('alone')).toEqual({ state: 'given-up', amount: DATA, in: 2 + MAX_EPOCHS })
    expect((await split()).data.unattributed).toBeGreaterThanOrEqual(data.unattributed)
  })
})
