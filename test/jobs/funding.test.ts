import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
})
afterEach(() => world.close())

async function funded(): Promise<string[]> {
  const rows = await world.ledger.warehouse.all<{ event_id: string }>(
    'SELECT event_id FROM funded JOIN inference AS i USING (inference) ORDER BY i.epoch, i.ordinal',
  )
  return rows.map(({ event_id }) => event_id)
}

async function balances(epoch: number): Promise<Record<string, string>> {
  const rows = (await world.state(epoch)).balances
  return Object.fromEntries(rows.map(({ payer, token, amount }) => [`${payer}/${token}`, amount]))
}

const key = (payer: Name, token: string) => `${addressOf(payer)}/${token}`

describe('funding', () => {
  test('fees are taken in accept order while the balance lasts; a smaller one behind an unfunded one still is', async () => {
    await world.found()
    const { records } = world
    // The order of the log is not the order of partitions: the first use goes to the last partition.
    await world.send({ ...records.inference('first', 60n), partition: 2 })
    await world.send({ ...records.inference('too large', 50n), partition: 0 })
    await world.send({ ...records.inference('small', 40n), partition: 1 })
    await world.send({ ...records.inference('nothing left', 1n), partition: 0 })
    // Deposits of the epoch count for all of its uses, also for earlier ones.
    await world.send(records.deposit('payer', 70n), records.deposit('payer', 30n))
    const manifest = await world.runEpoch()
    expect(await funded()).toEqual(['first', 'small'])
    expect(manifest.conservation).toEqual([
      {
        ...{ token: TOKEN, funded: '100', outside: '0', released: '0', refunded: '0', unfunded: '51', reported: '0' },
        ...{
          sold: '0',
          bonds: '0',
          bondsReturned: '0',
          heldIn: '0',
          out: '50',
          heldOut: '0',
          unattributed: '50',
          owed: '0',
          owing: '0',
          minimumPayout: '0',
        },
      },
    ])
    expect(await balances(1)).toEqual({})
  })

  test('an unfunded use stays unfunded; sent anew it is another use', async () => {
    await world.found()
    const { records } = world
    await world.send(records.inference('use', 10n))
    const first = await world.runEpoch()
    expect(first.conservation[0]).toMatchObject({ funded: '0', unfunded: '10', out: '0' })
    await world.send(records.deposit('payer', 10n))
    const second = await world.runEpoch()
    expect(second.conservation).toEqual([])
    expect(await balances(2)).toEqual({ [key('payer', TOKEN)]: '10' })
    await world.send(records.inference('use anew', 10n))
    await world.runEpoch()
    expect(await funded()).toEqual(['use anew'])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a fee of 0 is unfunded: it moves nothing and opens no period', async () => {
    await world.found()
    await world.send(world.records.deposit('payer', 10n), world.records.inference('free', 0n))
    const manifest = await world.runEpoch()
    expect(await funded()).toEqual([])
    expect(manifest.periods).toEqual([])
    expect(manifest.conservation[0]).toMatchObject({ funded: '0', unfunded: '0', out: '0' })
    expect(await balances(1)).toEqual({ [key('payer', TOKEN)]: '10' })
  })

  test('a balance is of one payer in one token', async () => {
    await world.found()
    const { records } = world
    const other = { token: fromHex(OTHER_TOKEN) }
    await world.send(records.deposit('payer', 10n), records.deposit('stranger', 20n, { body: other }))
    await world.send(records.inference('of another token', 5n, { body: other }))
    await world.send(records.inference('of another payer', 5n, { payer: 'stranger' }))
    await world.send(
      records.inference('paid', 5n),
      records.inference('paid too', 6n, { payer: 'stranger', body: other }),
    )
    await world.runEpoch()
    expect(await funded()).toEqual(['paid', 'paid too'])
    expect(await balances(1)).toEqual({ [key('payer', TOKEN)]: '5', [key('stranger', OTHER_TOKEN)]: '14' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('a token whose deposits are used up leaves the uses in other tokens settled', async () => {
    await world.found()
    const { records } = world
    const other = { token: fromHex(OTHER_TOKEN) }
    await world.send(records.deposit('payer', 10n), records.deposit('payer', 1_000n, { body: other }))
    for (const n of [1, 2, 3])
      await world.send(records.inference(`${n}`, 10n), records.inference(`other ${n}`, 100n, { body: other }))
    const manifest = await world.runEpoch()
    expect(await funded()).toEqual(['1', 'other 1', 'other 2', 'other 3'])
    const conservation = Object.fromEntries(manifest.conservation.map((each) => [each.token, each]))
    expect(conservation).toMatchObject({
      [TOKEN]: { funded: '10', unfunded: '20' },
      [OTHER_TOKEN]: { funded: '300', unfunded: '0' },
    })
    expect(await balances(1)).toEqual({ [key('payer', OTHER_TOKEN)]: '700' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('amounts up to 2^96 − 1 go through every file unchanged', async () => {
    await world.found()
    const largest = (1n << 96n) - 1n
    await world.send(world.records.deposit('payer', largest), world.records.deposit('payer', largest))
    await world.send(world.records.inference('large', largest))
    const manifest = await world.runEpoch()
    expect(manifest.conservation[0]).toMatchObject({
      funded: String(largest),
      unattributed: String((largest + 1n) / 2n),
    })
    expect(await balances(1)).toEqual({ [key('payer', TOKEN)]: String(largest) })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

describe('the split of a fee', () => {
  test('four parts by the policy, two owners by their shares, units that are left to the largest remainder', async () => {
    await world.found()
    await world.send(world.records.deposit('payer', 101n), world.records.inference('use', 101n))
    const manifest = await world.runEpoch()
    // 50.5, 30.3, 15.15, 5.05: the unit left goes to the data part. 30 over 333,333 and 666,667: 9.99999 and 20.00001.
    expect(await world.earned(1, addressOf('modeller'))).toBe(10n)
    expect(await world.earned(1, addressOf('partner'))).toBe(20n)
    expect(await world.earned(1, addressOf('host'))).toBe(15n)
    expect(await world.earned(1, addressOf('treasury'))).toBe(5n)
    expect(manifest.payout.totals).toEqual([{ token: TOKEN, cumulative: '50', reserved: '51', total: '101' }])
  })

  test('an account that is several things gets a line for each, and one payout', async () => {
    await world.found({ treasury: Buffer.from(addressOf('host').slice(2), 'hex') })
    await world.send(world.records.deposit('payer', 100n), world.records.inference('use', 100n))
    const manifest = await world.runEpoch()
    expect(await world.earned(1, addressOf('host'), 'infrastructure')).toBe(15n)
    expect(await world.earned(1, addressOf('host'), 'treasury')).toBe(5n)
    expect(manifest).toMatchObject({ payout: { leaves: 3 }, tables: { accounts: { rows: 3 }, lines: { rows: 4 } } })
  })

  test('a policy is in force after an epoch of notice; the first one at once', async () => {
    await world.found()
    const { records } = world
    const all = { dataParts: 0, modelParts: 0, infrastructureParts: 0, treasuryParts: 1_000_000 }
    await world.send(records.deposit('payer', 1_000n))
    const treasury: bigint[] = []
    const policies: (string | null)[] = []
    for (const epoch of [1, 2, 3, 4]) {
      if (epoch === 2) await world.send(await records.policy({ ...all, policy: 'policy-2' }))
      await world.send(records.inference(`use-${epoch}`, 100n))
      policies.push((await world.runEpoch()).policy)
      treasury.push(await world.earned(epoch, addressOf('treasury')))
    }
    expect(policies).toEqual(['policy-1', 'policy-1', 'policy-1', 'policy-2'])
    expect(treasury).toEqual([5n, 5n, 5n, 100n])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})
