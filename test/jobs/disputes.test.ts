import { afterEach, describe, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { policyAt } from '../../jobs/policy/policies.ts'
import { simulatePolicy } from '../../jobs/policy/simulate/simulate.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'

const BOND = 10n
const POLICY = {
  ...{ dataParts: 0, modelParts: 800_000, infrastructureParts: 150_000, treasuryParts: 50_000 },
  ...{ disputeWindowEpochs: 3, disputeWaitEpochs: 2, disputeBonds: [{ token: fromHex(TOKEN), amount: BOND }] },
}
/** What the model's second owner is paid of a fee of 1,000: two thirds of 800. */
const LINE = { epoch: 1, account: 'partner', kind: 'model', asset: 'reader' } as const

let world: SmallLedger
afterEach(() => world.close())

/** An epoch in which nothing happens that matters: one without any record is not closed. */
async function quietEpoch(): Promise<void> {
  await world.send(world.records.deposit('host', 1n))
  await world.runEpoch()
}

/** A use of 1,000 was paid in epoch 1, and two may dispute what it paid. */
async function found(policy: object = {}): Promise<void> {
  world = await SmallLedger.open()
  await world.found({ ...POLICY, ...policy })
  const { records } = world
  await world.send(records.deposit('payer', 100_000n), records.deposit('stranger', 100n), records.deposit('bob', 100n))
  await use(1_000n)
  await world.runEpoch()
}

let uses = 0
async function use(fee: bigint): Promise<void> {
  await world.send(world.records.inference(`use ${uses++}`, fee))
}

async function account(epoch: number, name: Name) {
  const row = await world.ledger.warehouse.one<Record<'earned' | 'disputed' | 'cumulative' | 'small', bigint>>(
    'SELECT earned, disputed, cumulative, small FROM account_total WHERE epoch = $epoch AND account = $account',
    { epoch, account: addressOf(name) },
  )
  return row
}

async function lines(epoch: number, name: Name) {
  const rows = await world.ledger.warehouse.all<{ kind: string; amount: bigint }>(
    'SELECT kind, amount FROM settlement_line WHERE epoch = $epoch AND account = $account ORDER BY kind',
    { epoch, account: addressOf(name) },
  )
  return Object.fromEntries(rows.map(({ kind, amount }) => [kind, amount]))
}

async function balance(epoch: number, name: Name): Promise<bigint> {
  const { balances } = await world.state(epoch)
  return BigInt(balances.find(({ payer }) => payer === addressOf(name))?.amount ?? 0)
}

function standings(epoch: number) {
  return world.ledger.warehouse.all<{ dispute: string; status: string; held: bigint; award: bigint }>(
    'SELECT dispute, status, held, award FROM dispute_standing WHERE epoch = $epoch ORDER BY place',
    { epoch },
  )
}

async function auditIsOk(): Promise<void> {
  expect((await world.audit()).firstDifference).toBeUndefined()
}

describe('disputes', () => {
  test('what is disputed is held of what the account earns, and goes to the opener and to nobody when upheld', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(500n)
    const second = await world.runEpoch()
    // 533 of 800; then 267 of 400, all of it held.
    expect(await account(2, 'partner')).toEqual({ earned: 267n, disputed: 267n, cumulative: 533n, small: 0n })
    expect(await balance(2, 'stranger')).toBe(90n)
    expect(second.conservation[0]).toMatchObject({
      funded: '500',
      bonds: '10',
      heldIn: '0',
      out: '233',
      heldOut: '277',
    })
    expect((await world.state(2)).disputes).toMatchObject([{ dispute: 'd', wanted: '533', held: '267', until: 4 }])
    await use(1_000n)
    await world.runEpoch()
    expect(await account(3, 'partner')).toEqual({ earned: 533n, disputed: 266n, cumulative: 800n, small: 0n })
    await world.send(await world.records.resolution('d', 250_000))
    await use(1_000n)
    const fourth = await world.runEpoch()
    expect(await lines(4, 'stranger')).toEqual({ award: 133n })
    expect(await account(4, 'partner')).toEqual({ earned: 533n, disputed: 0n, cumulative: 1_333n, small: 0n })
    expect(await balance(4, 'stranger')).toBe(100n)
    expect(fourth.conservation[0]).toMatchObject({
      bondsReturned: '10',
      unattributed: '400',
      heldIn: '543',
      heldOut: '0',
    })
    expect(await standings(4)).toEqual([{ dispute: 'd', status: 'upheld', held: 533n, award: 133n }])
    // Nothing is left of the line that somebody else could have held.
    await auditIsOk()
  })

  test('what was forfeited of a line is nobody else’s to hold', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(1_000n)
    await world.runEpoch()
    await world.send(await world.records.resolution('d', 0), await world.records.dispute('late', 'bob', LINE, BOND))
    await world.runEpoch()
    expect((await world.state(3)).disputes).toMatchObject([{ dispute: 'late', wanted: '0', held: '0' }])
    await world.send(await world.records.dispute('later', 'carol', LINE, BOND))
    await world.runEpoch()
    expect(await standings(4)).toMatchObject([{ dispute: 'late' }, { dispute: 'later', status: 'void' }])
    await auditIsOk()
  })

  test('when it is rejected the account has back what was held, and the bond', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(500n)
    await world.runEpoch()
    await world.send(await world.records.resolution('d', 'rejected'))
    await world.runEpoch()
    expect(await lines(3, 'partner')).toEqual({ bond: 10n, released: 267n })
    expect(await account(3, 'partner')).toMatchObject({ disputed: 0n, cumulative: 533n + 277n })
    expect(await balance(3, 'stranger')).toBe(90n)
    expect((await world.state(3)).disputes).toEqual([])
    await auditIsOk()
  })

  test('settled again in a simulation, under the policy that was in force, everything is the same to the atom', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(500n)
    await world.runEpoch()
    const { ledger } = world
    const policy = (await policyAt(ledger.warehouse, 2)).policy.body
    const { tokens } = await simulatePolicy({ ledger, policy, from: 2, to: 2 })
    expect(tokens).toMatchObject([{ places: { disputes: { before: 277n, after: 277n } } }])
    for (const { delta } of Object.values(tokens[0]!.places)) expect(delta).toBe(0n)
    // A line that the tried policy does not pay cannot be disputed: the bond stays where it is.
    const other = await simulatePolicy({
      ...{ ledger, from: 1, to: 2 },
      policy: { ...policy, modelParts: 0, treasuryParts: 850_000 },
    })
    expect(other.tokens).toMatchObject([{ places: { disputes: { after: 0n }, balances: { delta: 10n } } }])
  })

  test('a dispute that nobody decides ends by itself: both have back what they had', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(500n)
    await world.runEpoch()
    await quietEpoch()
    expect((await world.state(3)).disputes).toHaveLength(1)
    await quietEpoch()
    expect(await lines(4, 'partner')).toEqual({ released: 267n })
    expect(await balance(4, 'stranger')).toBe(100n)
    expect(await standings(4)).toMatchObject([{ status: 'lapsed', held: 267n }])
    const [late] = await world.send(await world.records.resolution('d', 1))
    await world.runEpoch()
    expect(await world.outcomeOf(late!)).toBe('DISPUTE_CLOSED')
    await auditIsOk()
  })

  test('a bond that is not there, and a line that is not: nothing is held, and the opener may try again', async () => {
    await found()
    const nothing = { ...LINE, asset: 'another' }
    await world.send(
      await world.records.dispute('poor', 'carol', LINE, BOND),
      await world.records.dispute('wrong', 'stranger', nothing, BOND),
    )
    await use(500n)
    await world.runEpoch()
    expect(await standings(2)).toMatchObject([
      { dispute: 'poor', status: 'unfunded' },
      { dispute: 'wrong', status: 'void' },
    ])
    expect(await account(2, 'partner')).toMatchObject({ disputed: 0n })
    expect(await balance(2, 'stranger')).toBe(100n)
    const sent = await world.send(
      world.records.deposit('carol', 20n),
      await world.records.dispute('richer', 'carol', LINE, BOND),
      await world.records.resolution('poor', 1),
    )
    await world.runEpoch()
    expect(await world.outcomeOf(sent[2]!)).toBe('DISPUTE_CLOSED')
    expect(await standings(3)).toMatchObject([{ dispute: 'richer', status: 'open' }])
    await auditIsOk()
  })

  test('a bond is taken at its place among the fees, in accept order', async () => {
    await found()
    const { records } = world
    await world.send(
      records.inference('before', 91n, { payer: 'stranger' }),
      await records.dispute('d', 'stranger', LINE, BOND),
      records.inference('after', 9n, { payer: 'stranger' }),
    )
    await world.runEpoch()
    expect(await standings(2)).toMatchObject([{ status: 'unfunded' }])
    expect(await balance(2, 'stranger')).toBe(0n)
    await auditIsOk()
  })

  test('one’s own line costs nothing and holds nothing; it stands as a question until it is answered', async () => {
    await found()
    await world.send(await world.records.dispute('mine', 'partner', LINE, 0n))
    await use(500n)
    await world.runEpoch()
    expect(await account(2, 'partner')).toMatchObject({ earned: 267n, disputed: 0n })
    expect((await world.state(2)).disputes).toMatchObject([{ dispute: 'mine', bond: '0', wanted: '0', held: '0' }])
    await world.send(await world.records.resolution('mine', 1_000_000))
    await world.runEpoch()
    expect(await standings(3)).toEqual([{ dispute: 'mine', status: 'upheld', held: 0n, award: 0n }])
    await auditIsOk()
  })

  test('what is small was not paid out yet: it is held first', async () => {
    await found({ minimumPayouts: [{ token: fromHex(TOKEN), amount: 10_000n }] })
    expect(await account(1, 'partner')).toMatchObject({ cumulative: 0n, small: 533n })
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await world.runEpoch()
    // Without any further use: all of the line was still there.
    expect(await account(2, 'partner')).toEqual({ earned: 0n, disputed: 533n, cumulative: 0n, small: 0n })
    await auditIsOk()
  })

  test('of one line no more is held than its amount, for the oldest dispute first; then for the others', async () => {
    await found()
    const { records } = world
    await world.send(
      await records.dispute('first', 'stranger', LINE, BOND),
      await records.dispute('second', 'bob', LINE, BOND),
    )
    await use(2_000n)
    await world.runEpoch()
    expect(await standings(2)).toMatchObject([{ held: 533n }, { held: 0n }])
    expect(await account(2, 'partner')).toMatchObject({ earned: 1_067n, disputed: 533n })
    await world.send(await records.resolution('first', 'rejected'))
    await world.runEpoch()
    // Released to the account, and at once held for the second.
    expect(await standings(3)).toMatchObject([{ status: 'rejected' }, { status: 'open', held: 533n }])
    expect(await account(3, 'partner')).toMatchObject({ earned: 543n, disputed: 533n })
    await auditIsOk()
  })

  test('refused: names used, lines disputed already, too late, without the right bond, and about nothing', async () => {
    await found()
    const { records } = world
    const own = { ...LINE, account: 'alice' } as const
    const item = { batchSource: SOURCES.portal, batchId: 'nobody’s', index: 0 }
    const first = await world.send(
      await records.dispute('d', 'stranger', LINE, BOND),
      await records.dispute('d', 'bob', LINE, BOND),
      await records.dispute('again', 'stranger', LINE, BOND),
      await records.dispute('cheap', 'bob', LINE, BOND - 1n),
      await records.dispute('free', 'bob', LINE, 0n),
      await records.dispute('dear', 'alice', own, BOND),
      await records.dispute('items', 'bob', LINE, BOND, { body: { claim: 'features', items: [item] } }),
      await records.dispute('forged', 'bob', LINE, BOND, { by: 'stranger' }),
      await records.dispute('other money', 'bob', { ...LINE, token: addressOf('alice') }, BOND),
    )
    await world.runEpoch()
    const reasons = await Promise.all(first.map((position) => world.outcomeOf(position)))
    expect(reasons).toEqual([
      ...['accepted', 'DISPUTE_EXISTS', 'DISPUTE_OPEN', 'BOND_MISMATCH', 'BOND_MISMATCH', 'BOND_MISMATCH'],
      ...['CONTRIBUTION_UNKNOWN', 'SIGNATURE_INVALID', 'BOND_MISMATCH'],
    ])
    const second = await world.send(
      await records.dispute('again', 'stranger', LINE, BOND),
      await records.resolution('d', 'rejected'),
      await records.resolution('d', 1),
      await records.dispute('again', 'stranger', LINE, BOND),
    )
    await world.runEpoch()
    const later = await Promise.all(second.map((position) => world.outcomeOf(position)))
    expect(later).toEqual(['DISPUTE_OPEN', 'accepted', 'DISPUTE_CLOSED', 'accepted'])
    await quietEpoch()
    const third = await world.send(await records.dispute('late', 'bob', LINE, BOND))
    await world.runEpoch()
    expect(await world.outcomeOf(third[0]!)).toBe('DISPUTE_TOO_LATE')
    await auditIsOk()
  })

  test('close waits until it is known whether the disputes of an epoch stand', async () => {
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    world.endInterval()
    await world.step('close')
    await use(1n)
    world.endInterval()
    const waits = await world.step('close')
    expect(waits).toMatchObject({ did: 'nothing' })
    expect(waits.detail).toContain('Disputes were opened in epoch 2')
    await world.step('attribute')
    expect(await world.step('close')).toMatchObject({ did: 'done', epoch: 3 })
  })
})

describe('a line that is disputed and lowered by an adjustment', () => {
  const tally = async (epoch: number, name: Name) => {
    const row = await world.ledger.warehouse.one<Record<'earned' | 'netted' | 'disputed' | 'cumulative', bigint>>(
      'SELECT earned, netted, disputed, cumulative FROM account_total WHERE epoch = $epoch AND account = $account',
      { epoch, account: addressOf(name) },
    )
    return row
  }
  const owed = async (epoch: number, name: Name) =>
    (await world.state(epoch)).owed.filter(({ account: of }) => of === addressOf(name)).map(({ amount }) => amount)

  /** Epoch 1: a use of 1,000 of which the line is 533; epoch 2: it is disputed, and held. */
  async function disputed(): Promise<void> {
    uses = 0
    await found()
    await world.send(await world.records.dispute('d', 'stranger', LINE, BOND))
    await use(1_000n)
    await world.runEpoch()
    expect((await world.state(2)).disputes).toMatchObject([{ wanted: '533', held: '533' }])
  }

  const lower = async (fee: bigint) => [
    world.records.correction('use 0', fee),
    await world.records.adjustment(`to ${fee}`, 1, 1),
  ]

  test('what the dispute took is not owed once more', async () => {
    await disputed()
    await world.send(await world.records.resolution('d', 1_000_000))
    await world.runEpoch()
    // 533 falls to 133: all of that the dispute took, and 133 more.
    await world.send(...(await lower(250n)))
    await use(1_000n)
    await world.runEpoch()
    expect(await owed(4, 'partner')).toEqual([])
    expect(await tally(4, 'partner')).toEqual({ earned: 533n, netted: 0n, disputed: 0n, cumulative: 1_066n })
    const rows = await world.ledger.warehouse.all(
      'SELECT delta, forfeited FROM adjustment_delta WHERE account = $partner ORDER BY epoch',
      { partner: addressOf('partner') },
    )
    expect(rows).toEqual([{ delta: -400n, forfeited: 400n }])
    await auditIsOk()
    expect((await auditBundle(world.bundles, { payoutOnly: true })).firstDifference).toBeUndefined()
  })

  test('what the adjustment took is not held any more: it pays the debt; nor does a later dispute get it', async () => {
    await disputed()
    await world.send(...(await lower(250n)))
    await world.runEpoch()
    expect((await world.state(3)).disputes).toMatchObject([{ wanted: '133', held: '133' }])
    expect(await lines(3, 'partner')).toEqual({ released: 400n })
    expect(await tally(3, 'partner')).toEqual({ earned: 400n, netted: 400n, disputed: 0n, cumulative: 533n })
    await world.send(await world.records.dispute('later', 'bob', LINE, BOND), await world.records.resolution('d', 0))
    await use(1_000n)
    await world.runEpoch()
    // 400 netted and 133 forfeited: the line is gone, and nothing beyond it.
    expect(await tally(4, 'partner')).toEqual({ earned: 533n, netted: 0n, disputed: 0n, cumulative: 1_066n })
    expect((await world.state(4)).disputes).toMatchObject([{ dispute: 'later', wanted: '0', held: '0' }])
    await auditIsOk()
    expect((await auditBundle(world.bundles, { payoutOnly: true })).firstDifference).toBeUndefined()
  })

  test.each([
    ['owes what a dispute took', 4, 'UPDATE adjustment_delta SET forfeited = 0'],
    ['owes less than disputes left', 4, 'UPDATE adjustment_delta SET forfeited = -delta WHERE delta < 0'],
  ])('a ledger in which an account %s is found', async (_, epoch, sql) => {
    await disputed()
    await world.send(await world.records.resolution('d', 1_000_000))
    await world.runEpoch()
    await world.send(...(await lower(250n)))
    await use(1_000n)
    world.endInterval()
    for (const step of OFFLINE_STEPS) {
      await world.step(step)
      if (step === 'settle') await world.ledger.warehouse.run(sql)
    }
    expect((await world.audit()).firstDifference).toMatchObject({ check: 'adjustments', epoch })
    expect((await auditBundle(world.bundles, { payoutOnly: true })).firstDifference).toMatchObject({ epoch })
  })
})

describe('a line of an adjustment', () => {
  test('can be disputed where it names no asset, too', async () => {
    world = await SmallLedger.open()
    const { records } = world
    await world.found({
      ...POLICY,
      ...{ modelParts: 300_000, outcomeParts: 500_000 },
    })
    await world.send(
      await records.asset('rated high', 'agent', { carol: 1_000_000 }),
      await records.asset('rated low', 'agent', { partner: 1_000_000 }),
      records.deposit('payer', 100_000n),
      records.deposit('stranger', 100n),
      records.inference('high', 1_000n, { body: { agent: 'rated high' } }),
      records.inference('low', 1_000n, { body: { agent: 'rated low' } }),
      await records.rating('payer', 'high', 1_000),
      await records.rating('payer', 'low', 1),
    )
    await world.runEpoch()
    await world.send(
      records.correction('high', 'void'),
      await records.adjustment('without it', 1, 1),
      records.inference('again', 3_000n, { body: { agent: 'rated high' } }),
      await records.rating('payer', 'again', 1_000),
    )
    await world.runEpoch()
    const paid = (await lines(2, 'partner')).adjustment!
    expect(paid).toBeGreaterThan(0n)
    const line = { epoch: 2, account: 'partner', kind: 'adjustment', asset: '' } as const
    await world.send(await records.dispute('d', 'stranger', line, BOND), records.inference('more', 3_000n))
    await world.runEpoch()
    expect((await world.state(3)).disputes).toMatchObject([{ dispute: 'd', asset: '', wanted: `${paid}` }])
    await world.send(await records.resolution('d', 1_000_000))
    await world.runEpoch()
    expect((await standings(4))[0]).toMatchObject({ status: 'upheld' })
    expect((await standings(4))[0]!.held).toBeGreaterThan(0n)
    expect(await lines(4, 'stranger')).toHaveProperty('award')
    await auditIsOk()
  })
})
