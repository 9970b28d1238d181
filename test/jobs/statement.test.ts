import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { verifyReceipt } from '../../audit/index.ts'
import { explain } from '../../jobs/statement/explain.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { statementOf } from '../../jobs/statement/statement.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { contribution, contributionOf, uses } from '../support/ledger/contributions.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { CUMULATIVE_MAX, hashOf } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
const FEE = 1_001n
const ids = (epoch: number) => Array.from({ length: 8 }, (_, index) => `use-${epoch}-${index}`)

// Two paid epochs: Alice is right, one of Bob's six labels is wrong, the copier has two of Alice's contents.
beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  const { records } = world
  const contents = Array.from({ length: 6 }, (_, index) => featuresOf(randomOf(index), SHAPE, index % 2))
  const content = (index: number) => `content ${index}`
  const alice = await contributionOf(records, 'alice', 'batch-alice', contents, { fingerprints: content })
  const copier = await contributionOf(records, 'copier', 'batch-copier', contents.slice(0, 2), {
    fingerprints: content,
  })
  const bob = await contribution(records, randomOf(50), 'bob', 6, { wrong: (index) => index === 0 })
  for (const { batch, features } of [alice, bob, copier]) await world.send(batch, ...features)
  for (const epoch of [1, 2]) {
    await world.send(records.deposit('payer', 100_000n), ...uses(records, randomOf(70 + epoch), ids(epoch), FEE))
    await world.send(records.inference(`plain-${epoch}`, 100n), records.inference(`unfunded-${epoch}`, 10n ** 9n))
    if (epoch === 2) {
      const other = { body: { token: fromHex(OTHER_TOKEN) } }
      await world.send(records.deposit('payer', 50n, other), records.inference('other', 50n, other))
    }
    await world.runEpoch()
  }
})
afterAll(() => world.close())

const statement = (name: Name) => statementOf(world.ledger.warehouse, addressOf(name))

describe('a statement', () => {
  test('tells every line of every epoch, its total, and the share with its interval', async () => {
    const { epochs, totals, contributions, duplicates } = await statement('alice')
    expect({ contributions, duplicates }).toEqual({ contributions: 6, duplicates: 0 })
    expect(epochs.map(({ epoch, state }) => ({ epoch, state }))).toEqual([
      { epoch: 1, state: 'published' },
      { epoch: 2, state: 'published' },
    ])
    let sum = 0n
    for (const { epoch, lines } of epochs) {
      expect(lines).toHaveLength(1)
      const { kind, asset, token, amount, share } = lines[0]!
      expect({ kind, asset, token }).toEqual({ kind: 'data', asset: 'reader', token: TOKEN })
      expect(amount).toBe(await world.earned(epoch, addressOf('alice')))
      expect(share!.low).toBeLessThanOrEqual(share!.value)
      expect(share!.value).toBeLessThanOrEqual(share!.high)
      expect(share!.low >= 0 && share!.high <= 1).toBe(true)
      sum += amount
    }
    expect(totals).toEqual([{ token: TOKEN, cumulative: sum, small: 0n }])
  })

  test('shares are of what contributors get, and sum to 1', async () => {
    const people = await Promise.all((['alice', 'bob'] as const).map(statement))
    const shares = people.map(({ epochs }) => epochs[0]?.lines[0]?.share?.value ?? 0)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(shares[0]!).toBeGreaterThan(shares[1]!)
  })

  test('names the contents that helped and hurt most, strongest first', async () => {
    const { helped, hurt } = await statement('bob')
    expect(hurt.map(({ batchId, index }) => `${batchId}/${index}`)).toEqual(['batch-bob/0'])
    expect(helped.map(({ index }) => index).sort()).toEqual([1, 2, 3, 4, 5])
    const values = [...helped.map(({ value }) => value), ...hurt.map(({ value }) => value).reverse()]
    expect(values).toEqual([...values].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)))
    expect(hurt[0]!.value).toBeLessThan(0n)
    for (const { batchId, index, contentHash } of helped) expect(contentHash).toBe(toHex(hashOf(`${batchId}/${index}`)))
    expect((await statement('alice')).helped.length).toBeLessThanOrEqual(5)
  })

  test('a content whose uses are paid in two tokens is named once', async () => {
    const small = await SmallLedger.open()
    try {
      await small.found({ minEvents: 1 })
      const { batch, features } = await contribution(small.records, randomOf(1), 'alice', 3)
      await small.send(batch, ...features)
      for (const token of [TOKEN, OTHER_TOKEN]) {
        const change = { body: { token: fromHex(token) } }
        await small.send(small.records.deposit('payer', 100n, change), small.records.inference(token, 100n, change))
        await small.send(small.records.inferenceFeatures(token, featuresOf(randomOf(2), SHAPE, 0)))
      }
      const { periods } = await small.runEpoch()
      expect(periods.map(({ state }) => state)).toEqual(['paid', 'paid'])
      const { helped, hurt } = await statementOf(small.ledger.warehouse, addressOf('alice'))
      const named = [...helped, ...hurt].map(({ index }) => index)
      expect(named.length).toBeGreaterThan(0)
      expect(new Set(named).size).toBe(named.length)
    } finally {
      small.close()
    }
  })

  test('a copier sees how many copies it has, and that nothing was paid', async () => {
    expect(await statement('copier')).toMatchObject({
      contributions: 2,
      duplicates: 2,
      epochs: [],
      totals: [],
      helped: [],
      hurt: [],
    })
  })

  test('owners and the treasury have lines without a share, one total for each token', async () => {
    const owner = await statement('partner')
    expect(owner.contributions).toBe(0)
    expect(owner.epochs[1]!.lines.map(({ kind, token, share }) => [kind, token, share])).toEqual([
      ['model', TOKEN, null],
      ['model', OTHER_TOKEN, null],
    ])
    expect(owner.totals.map(({ token }) => token)).toEqual([TOKEN, OTHER_TOKEN])
  })

  test('an account that nobody knows is an error with a code', async () => {
    await expect(statement('carol')).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    await expect(statement('copier')).resolves.toMatchObject({ paying: null })
  })

  test('a payer sees what is left of deposits and promises, and what became of each fee', async () => {
    const { epochs, paying } = await statement('payer')
    const [own] = paying!.uses
    expect(epochs).toEqual([])
    expect(paying!.uses).toMatchObject([
      { model: 'reader', token: TOKEN, unfunded: 2n * 10n ** 9n, reported: 0n },
      { model: 'reader', token: OTHER_TOKEN, uses: 1, funded: 50n, unfunded: 0n, reported: 0n },
    ])
    expect(own!.funded).toBeGreaterThan(0n)
    expect(paying!.balances).toEqual([{ token: TOKEN, amount: 200_000n - own!.funded }])
    expect(paying!.channels).toMatchObject([
      { model: 'reader', token: TOKEN, cumulative: CUMULATIVE_MAX, sequence: 1n, spent: own!.funded },
      { model: 'reader', token: OTHER_TOKEN, cumulative: CUMULATIVE_MAX, sequence: 1n, spent: 50n },
    ])
    expect(await statement('stranger')).toMatchObject({ paying: { balances: [], uses: [] } })
  })
})

describe('an explanation', () => {
  test('splits the fee by the policy, and what its period paid for it over the accounts that were paid', async () => {
    const [explained] = await explain(world.ledger.warehouse, ['use-1-0'], 3)
    expect(explained).toMatchObject({ epoch: 1, model: 'reader', token: TOKEN, fee: FEE, status: 'funded' })
    expect(explained!.inference).toMatchObject({ id: 'use-1-0', inputHash: toHex(hashOf('use-1-0/input')) })
    // 500.5, 300.3, 150.15, 50.05: the unit left goes to the largest remainder.
    expect(explained!.parts).toEqual([
      { kind: 'data', amount: 501n },
      { kind: 'model', amount: 300n },
      { kind: 'infrastructure', amount: 150n },
      { kind: 'treasury', amount: 50n },
    ])
    const [period] = (await world.manifest(1)).periods
    expect(explained!.paid).toBe((FEE * BigInt(period!.paid)) / BigInt(period!.fees))
    expect(explained!.paid).toBeGreaterThan(0n)
    expect(explained!.accounts.reduce((sum, { apportioned }) => sum + apportioned, 0n)).toBe(explained!.paid)
    expect(explained!.accounts.map(({ account }) => account)).not.toContain(addressOf('copier'))
  })

  test('names the contents that pulled most, the strongest with 1; a copy is never among them', async () => {
    const explanations = await explain(world.ledger.warehouse, ids(1), 4)
    expect(explanations.map(({ inference }) => inference.id)).toEqual(ids(1))
    for (const { items } of explanations) {
      expect(items).toHaveLength(4)
      expect(items[0]!.influence).toBe(1)
      const influences = items.map(({ influence }) => influence)
      expect(influences).toEqual([...influences].sort((a, b) => b - a))
      for (const { account, batchId, index, contentHash } of items) {
        expect(account).not.toBe(addressOf('copier'))
        expect(contentHash).toBe(toHex(hashOf(`${batchId}/${index}`)))
      }
    }
  })

  test('a use without features or without funds is told as such', async () => {
    const [plain, unfunded] = await explain(world.ledger.warehouse, ['plain-1', 'unfunded-1'], 3)
    expect(plain).toMatchObject({ status: 'funded', paid: null, accounts: [], items: [] })
    expect(unfunded).toMatchObject({ status: 'unfunded', paid: null, accounts: [], items: [] })
  })

  test('looking changes nothing: the audit of what is published afterwards is the same', async () => {
    await explain(world.ledger.warehouse, ids(2), 3)
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('an inference that nobody knows is an error with a code', async () => {
    await expect(explain(world.ledger.warehouse, ['use-1-0', 'nothing'], 3)).rejects.toMatchObject({
      code: 'INFERENCE_UNKNOWN',
    })
  })
})

describe('a receipt', () => {
  test.each(['alice', 'bob', 'modeller', 'partner', 'host', 'treasury'] as const)(
    '%s: verifies with nothing but itself, in each epoch and token',
    async (name) => {
      const account = addressOf(name)
      const receipts = [
        ...(await receiptsOf(world.ledger, account, { epoch: 1 })),
        ...(await receiptsOf(world.ledger, account)),
      ]
      const isContributor = name === 'alice' || name === 'bob'
      expect(receipts.map(({ token, manifest }) => [manifest.epoch, token])).toEqual(
        isContributor
          ? [
              [1, TOKEN],
              [2, TOKEN],
            ]
          : [
              [1, TOKEN],
              [2, TOKEN],
              [2, OTHER_TOKEN],
            ],
      )
      for (const receipt of receipts) {
        const found = await verifyReceipt(JSON.parse(JSON.stringify(receipt)))
        expect(found).toMatchObject({ ok: true, account, token: receipt.token, epoch: receipt.manifest.epoch })
        expect(found.cumulative).toBe(BigInt(receipt.row.cumulative))
        expect(receipt.row.before).toBe(
          receipt.manifest.epoch === 2 && receipt.token === TOKEN ? receipts[0]!.row.cumulative : '0',
        )
      }
    },
  )

  test('one changed unit is found, whichever number is changed', async () => {
    const [receipt] = await receiptsOf(world.ledger, addressOf('alice'))
    for (const change of [
      (copy: NonNullable<typeof receipt>) => ({
        ...copy,
        payout: { ...copy.payout!, cumulative: raised(copy.payout!.cumulative) },
      }),
      (copy: NonNullable<typeof receipt>) => ({ ...copy, row: { ...copy.row, earned: raised(copy.row.earned) } }),
      (copy: NonNullable<typeof receipt>) => ({
        ...copy,
        lines: copy.lines.map(({ line, ...place }) => ({ ...place, line: { ...line, amount: raised(line.amount) } })),
      }),
      (copy: NonNullable<typeof receipt>) => ({ ...copy, lines: [] }),
    ]) {
      expect(await verifyReceipt(change(structuredClone(receipt!)))).toMatchObject({ ok: false })
    }
  })

  test('who was never paid, or asks for an epoch that is not published, gets an error with a code', async () => {
    for (const [name, epoch] of [['copier'], ['stranger'], ['alice', 3], ['alice', 0]] as const) {
      const options = epoch === undefined ? {} : { epoch }
      await expect(receiptsOf(world.ledger, addressOf(name), options)).rejects.toMatchObject({ code: 'NO_RECEIPT' })
    }
  })
})

const raised = (amount: string) => String(BigInt(amount) + 1n)
