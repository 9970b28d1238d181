import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const page = readFileSync(new URL('../../docs/economics.md', import.meta.url), 'utf8')
const POLICY = {
  ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000 },
  ...{ agentParts: 50_000, infrastructureParts: 100_000, treasuryParts: 50_000 },
}

type Cell = string | number | bigint

/** Rows of the n-th table under a heading, without those of its head. */
function tableOf(heading: string, number = 0): string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(heading))!
  const parts = section.split(/\n(?!\|)/).map((part) => part.trim())
  const rows = parts.filter((part) => part.startsWith('|'))[number]!.split('\n')
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Numbers as the page writes them. */
function written(rows: readonly (readonly Cell[])[]): string[][] {
  return rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.toLocaleString('en-US'))))
}

async function inLedger(
  policy: Partial<EventBodies['PolicyPublished']>,
  tell: (world: SmallLedger) => Promise<void>,
): Promise<void> {
  const world = await SmallLedger.open()
  try {
    await world.found({ ...POLICY, ...policy })
    await tell(world)
  } finally {
    world.close()
  }
}

async function balanceOf(world: SmallLedger, epoch: number, name: Name): Promise<bigint> {
  const { balances } = await world.state(epoch)
  return BigInt(balances.find(({ payer }) => payer === addressOf(name))?.amount ?? 0)
}

/** Earned by accounts for an asset or a kind. */
async function linesOf(world: SmallLedger, epoch: number) {
  return world.ledger.warehouse.all<{ account: string; kind: string; asset: string; amount: bigint }>(
    'SELECT account, kind, asset, amount FROM settlement_line WHERE epoch = $epoch',
    { epoch },
  )
}

test('deposits and vouchers', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      await records.derived('tuned', 'model', 'carol', {}),
      records.deposit('alice', 1_000n),
      await records.voucher('alice', { cumulative: 900n, sequence: 1n }),
      await records.voucher('alice', { cumulative: 900n, sequence: 1n }, { body: { model: 'tuned' } }),
    )
    await world.runEpoch()
    const rows: Cell[][] = []
    for (const [index, [, model, fee, cites]] of tableOf('What is paid').entries()) {
      const body = { model: model!.replaceAll('`', ''), voucher: cites === 'voucher' ? 1n : 0n }
      await world.send(records.inference(`use ${index}`, BigInt(fee!), { payer: 'alice', body }))
      const { epoch, conservation } = await world.runEpoch()
      const status = (['funded', 'unfunded', 'reported'] as const).find((each) => conservation[0]![each] !== '0')!
      const channel = (await world.state(epoch)).channels.find(
        ({ payer, model: of }) => payer === addressOf('alice') && of === 'reader',
      )!
      const left = BigInt(channel.cumulative) - BigInt(channel.spent)
      rows.push([`${index + 1}`, model!, Number(fee), cites!, status, await balanceOf(world, epoch, 'alice'), left])
    }
    expect(tableOf('What is paid')).toEqual(written(rows))
  }))

test('price lists', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      records.deposit('payer', 1_000_000n),
      await records.priceList('list', [
        { pricePerMillion: 2_500_000n },
        { fromQuantity: 10_000n, pricePerMillion: 1_000_000n },
      ]),
    )
    const rows = tableOf('What it costs').map((row) => row.map((cell) => BigInt(cell.replaceAll(',', ''))))
    const sent = []
    for (const epoch of [1n, 2n]) {
      for (const [of, quantity, , price] of rows) {
        if (of !== epoch) continue
        const body = { priceList: 'list', units: [{ unit: 'tokens', quantity: quantity! }] }
        sent.push(...(await world.send(records.inference(`of ${epoch}, for ${price}`, price!, { body }))))
        // An atom less is not the price.
        const less = records.inference(`of ${epoch}, for less than ${price}`, price! - 1n, { body })
        const [refused] = await world.send(less)
        sent.push(refused!)
      }
      await world.runEpoch()
    }
    const outcomes = await Promise.all(sent.map((position) => world.outcomeOf(position)))
    expect(outcomes).toEqual(rows.flatMap(() => ['accepted', 'PRICE_MISMATCH']))
    const before = rows.map(([epoch]) =>
      rows.filter(([of]) => of! < epoch!).reduce((sum, [, quantity]) => sum + quantity!, 0n),
    )
    expect(rows.map(([, , usedBefore]) => usedBefore)).toEqual(before)
  }))

test('transfers', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      await records.derived('shared', 'model', 'alice', {}),
      ...(await records.vouchers('shared')),
      records.deposit('payer', 8_000n),
    )
    const use = (id: string, fee: bigint) => records.inference(id, fee, { body: { model: 'shared' } })
    const paid = async (epoch: number) => {
      const of = (name: Name) => world.earned(epoch, addressOf(name), 'model')
      return [await of('alice'), await of('bob')] as const
    }
    await world.send(use('alone', 1_000n))
    await world.runEpoch()
    await world.send(
      use('before', 1_000n),
      await records.transfer('shared', 'alice', 'bob', 300_000),
      use('behind', 3_000n),
    )
    await world.runEpoch()
    const [alone] = await paid(1)
    const [alice, bob] = await paid(2)
    expect(tableOf('Whose share')).toEqual(
      written([
        [1_000, alone, alone, 0],
        [3_000, alice + bob - alone, alice - alone, bob],
      ]),
    )
    expect(page).toContain(`The pool of the epoch, ${(alice + bob).toLocaleString('en-US')},`)
  }))

test('a share that is sold, and every atom of that epoch', () =>
  inLedger({ featureWaitEpochs: 1 }, async (world) => {
    const { records } = world
    const buyers = [
      ['Ben', 'bob', 4_000n],
      ['Cleo', 'carol', 6_000n],
    ] as const
    await world.send(
      await records.derived('shared', 'model', 'alice', {}),
      ...(await records.vouchers('shared')),
      records.deposit('payer', 10_000n),
      ...buyers.map(([, name, amount]) => records.deposit(name, amount)),
      await records.offer('offer', 'shared', 'alice', 400_000, 5_000n),
    )
    for (const [, name] of buyers) await world.send(await records.acceptance('offer', name))
    await world.send(records.inference('use', 10_000n, { body: { model: 'shared' } }))
    const { conservation } = await world.runEpoch()
    const sales = await world.ledger.warehouse.all<{ status: string }>('SELECT status FROM sale ORDER BY ordinal')
    const rows: Cell[][] = []
    for (const [index, [who, name, deposited]] of buyers.entries())
      rows.push(['acceptance', who, sales[index]!.status, deposited, await balanceOf(world, 1, name)])
    expect(tableOf('Selling a share')).toEqual(written(rows))
    expect(tableOf('Selling a share', 1)).toEqual(
      written([
        ['Ana', 'the share that she sold', await world.earned(1, addressOf('alice'), 'sale')],
        ['Ana', 'the model', await world.earned(1, addressOf('alice'), 'model')],
        ['Cleo', 'the model', await world.earned(1, addressOf('carol'), 'model')],
      ]),
    )
    const row = conservation[0]!
    expect(tableOf('Every atom')).toEqual(
      written([
        ['fees that were funded', BigInt(row.funded), ''],
        ['prices of what was sold', BigInt(row.sold), ''],
        ['paid to accounts', '', BigInt(row.out)],
        ['held for features that may come', '', BigInt(row.heldOut)],
      ]),
    )
  }))

test('uses without a licence', () =>
  inLedger({ outsideWaitEpochs: 2 }, async (world) => {
    const { records } = world
    await world.send(
      await records.derived('shut', 'model', 'alice', {}, { body: { access: 'licensed' } }),
      ...(await records.vouchers('shut')),
      records.deposit('payer', 3_000n),
    )
    const happened = tableOf('Used without').map(([, what]) => what!)
    const rows: Cell[][] = []
    for (const [index, what] of happened.entries()) {
      const epoch = index + 1
      if (epoch === 3) await world.send(await records.licence('grant', 'shut', { coversFromEpoch: 2 }, { by: 'alice' }))
      await world.send(records.inference(`use ${epoch}`, 1_000n, { body: { model: 'shut' } }))
      const { conservation } = await world.runEpoch()
      const held = (await world.state(epoch)).outside.reduce((sum, { fees }) => sum + BigInt(fees), 0n)
      const paid = await world.earned(epoch, addressOf('alice'), 'model')
      rows.push([epoch, what, held, paid, BigInt(conservation[0]!.refunded)])
    }
    expect(tableOf('Used without')).toEqual(written(rows))
  }))

test('royalties', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      await records.derived('base', 'model', 'bob', { digits: { by: 'operator', parts: 200_000 } }),
      await records.derived('tuned', 'model', 'carol', { base: { by: 'bob', parts: 400_000 } }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 100_000n),
      records.inference('use', 100_000n, { body: { model: 'tuned', agent: '' } }),
    )
    await world.runEpoch()
    const lines = await linesOf(world, 1)
    const royalty = (asset: string) => lines.find((line) => line.kind === 'royalty' && line.asset === asset)!.amount
    // The model has its own fifth, and what is the agent's where there is one.
    const tuned = lines.find(({ kind }) => kind === 'model')!.amount - 25_000n
    const [base, digits] = [royalty('base'), royalty('digits')]
    expect(tableOf('Royalties')).toEqual(
      written([
        ['`base`', base + digits, digits, base],
        ['`digits`', digits, 0, digits],
        ['`tuned`', tuned, 0, tuned],
      ]),
    )
  }))

test('what is too small to be paid out', () =>
  inLedger({}, async (world) => {
    const { records } = world
    const minimumPayouts = [{ token: fromHex(TOKEN), amount: 1_200n }]
    await world.send(
      await records.policy({ ...POLICY, policy: 'with a minimum', minimumPayouts }),
      records.deposit('payer', 15_000n),
    )
    await world.runEpoch()
    await world.send(records.deposit('payer', 1n))
    await world.runEpoch()
    const rows: Cell[][] = []
    for (const epoch of [1, 2, 3]) {
      await world.send(records.inference(`use ${epoch}`, 5_000n))
      const manifest = await world.runEpoch()
      const row = await world.ledger.warehouse.one<Record<string, bigint>>(
        'SELECT earned, small_before, cumulative - amount_before AS paid, small FROM account_total WHERE epoch = $epoch AND account = $account',
        { epoch: manifest.epoch, account: addressOf('host') },
      )
      rows.push([epoch, row!.earned!, row!.small_before!, row!.paid!, row!.small!])
    }
    expect(tableOf('Held back, and too small')).toEqual(written(rows))
  }))

test('what was metered wrongly', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      records.deposit('payer', 10_000n),
      records.inference('lower', 1_000n),
      records.correction('lower', 600n),
      records.inference('void', 1_000n),
      records.correction('void', 'void'),
      records.inference('later', 1_000n),
    )
    const first = await world.runEpoch()
    await world.send(records.correction('later', 400n))
    await world.runEpoch()
    const left = await balanceOf(world, 1, 'payer')
    const taken = await world.ledger.warehouse.all<{ fee: bigint }>(
      `SELECT coalesce(f.fee, 0)::HUGEINT AS fee FROM inference AS i LEFT JOIN funded AS f USING (inference) ORDER BY i.ordinal`,
    )
    expect(tableOf('Metered wrongly').map(([, , cell]) => [cell])).toEqual(written(taken.map(({ fee }) => [fee])))
    const sum = taken.reduce((all, { fee }) => all + fee, 0n)
    expect(BigInt(first.conservation[0]!.funded)).toBe(sum)
    // What came an epoch later has moved nothing.
    expect([left, await balanceOf(world, 2, 'payer')]).toEqual([10_000n - sum, 10_000n - sum])
  }))

test('a month that is settled again', () =>
  inLedger({ dataParts: 0, modelParts: 700_000 }, async (world) => {
    const { records } = world
    await world.send(
      await records.derived('whole', 'model', 'alice', {}),
      ...(await records.vouchers('whole')),
      records.deposit('payer', 10_000n),
    )
    const use = (id: string, fee: bigint) => records.inference(id, fee, { body: { model: 'whole' } })
    const rows: Cell[][] = []
    for (const [index, [, what]] of tableOf('Settled again').entries()) {
      const epoch = index + 1
      if (epoch === 1) await world.send(use('wrong', 2_000n))
      if (epoch === 2) await world.send(records.correction('wrong', 'void'))
      if (epoch === 3) await world.send(await records.adjustment('adjustment', 1, 1), use('small', 1_000n))
      if (epoch === 4) await world.send(use('large', 3_000n))
      await world.runEpoch()
      const row = async (name: Name) =>
        world.ledger.warehouse.one<Record<string, bigint>>(
          'SELECT earned, netted, cumulative FROM account_total WHERE epoch = $epoch AND account = $account',
          { epoch, account: addressOf(name) },
        )
      const [alice, payer] = [await row('alice'), await row('payer')]
      const owed = (await world.state(epoch)).owed.find(({ account }) => account === addressOf('payer'))
      rows.push([
        ...[epoch, what!, alice?.earned ?? 0, alice?.netted ?? 0, alice?.cumulative ?? 0],
        ...[payer?.cumulative ?? 0, BigInt(owed?.amount ?? 0)],
      ])
    }
    expect(tableOf('Settled again')).toEqual(written(rows))
  }))

test('a line that is disputed, and settled again', async () => {
  const rows: Cell[][] = []
  const disputes = {
    disputeWindowEpochs: 3,
    disputeWaitEpochs: 2,
    disputeBonds: [{ token: fromHex(TOKEN), amount: 1n }],
  }
  for (const [earns] of tableOf('Disputed'))
    await inLedger(disputes, async (world) => {
      const { records } = world
      const use = (id: string, fee: bigint) => records.inference(id, fee, { body: { model: 'whole' } })
      await world.send(
        await records.derived('whole', 'model', 'alice', {}),
        ...(await records.vouchers('whole')),
        ...[records.deposit('payer', 10_000n), records.deposit('bob', 1n), use('wrong', 2_000n)],
      )
      await world.runEpoch()
      const line = { epoch: 1, account: 'alice', kind: 'model', asset: 'whole' } as const
      await world.send(await records.dispute('dispute', 'bob', line, 1n))
      if (earns !== '0') await world.send(use('later', (BigInt(earns!) * 2_000n) / 700n))
      await world.runEpoch()
      await world.send(
        ...[await records.resolution('dispute', 1_000_000), records.correction('wrong', 500n)],
        await records.adjustment('again', 1, 1),
      )
      await world.runEpoch()
      const paid = (await linesOf(world, 1)).find(
        ({ kind, account }) => kind === 'model' && account === addressOf('alice'),
      )
      const earned = (await linesOf(world, 2)).find(({ account }) => account === addressOf('alice'))?.amount ?? 0n
      const { award: took } = (await world.ledger.warehouse.one<{ award: bigint }>(
        'SELECT award FROM dispute_standing WHERE epoch = 3',
      ))!
      const owed = (await world.state(3)).owed.find(({ account }) => account === addressOf('alice'))
      const owes = -BigInt(owed?.amount ?? 0)
      rows.push([earned, took, owes, paid!.amount - took - owes])
    })
  expect(tableOf('Disputed')).toEqual(written(rows))
})

test('a licence that is sold', () =>
  inLedger({}, async (world) => {
    const { records } = world
    await world.send(
      await records.asset('shut', 'model', { alice: 700_000, bob: 300_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers('shut')),
      records.deposit('payer', 5_000n),
      await records.licenceOffer('offer', 'shut', 'alice', 1_001n, { coversFromEpoch: 1 }),
      records.inference('before', 1_000n, { body: { model: 'shut' } }),
      await records.acceptance('offer', 'payer'),
      records.inference('behind', 1_000n, { body: { model: 'shut' } }),
    )
    await world.runEpoch()
    const paid = async (name: Name, kind: string) => world.earned(1, addressOf(name), kind)
    expect(tableOf('Selling a licence')).toEqual(
      written([
        ['Ana', await paid('alice', 'licence'), await paid('alice', 'model')],
        ['Ben', await paid('bob', 'licence'), await paid('bob', 'model')],
      ]),
    )
  }))
