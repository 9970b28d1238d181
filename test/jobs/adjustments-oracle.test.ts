import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Manifest } from '../../anchor/manifest.ts'
import { adjustmentBooksOf, owedOf, recoveriesOf, settleAdjustments } from '../../audit/adjustments.ts'
import { type AdjustedBooks, adjust } from '../../jobs/settlement/adjust.ts'
import type { Line, LineKind } from '../../jobs/settlement/lines.ts'
import { AdjustmentsOracle, type EarnedRow, type FoundRow, type ReserveRow } from '../oracle/economy/adjustments.ts'
import { addressOf, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const HISTORIES = 150
const WORLD_EPOCHS = 6
const { seed } = runs(1)

const ACCOUNTS = (['alice', 'bob', 'carol', 'treasury'] as const).map(addressOf)
const TOKENS = [TOKEN, OTHER_TOKEN]
const MODELS = ['reader', 'second-reader']

interface Epoch {
  readonly found: readonly FoundRow[]
  readonly earned: readonly (EarnedRow & { readonly asset: string })[]
  readonly heldBack: readonly { readonly model: string; readonly token: string; readonly amount: bigint }[]
}

/** Of one kind and asset an account has one line; the treasury is always the same. */
function epochs(): fc.Arbitrary<Epoch[]> {
  const token = fc.constantFrom(...TOKENS)
  const account = fc.constantFrom(...ACCOUNTS)
  const model = fc.constantFrom(...MODELS)
  const delta = fc.bigInt({ min: -1_000n, max: 1_000n }).filter((amount) => amount !== 0n)
  const kind = fc.constantFrom('data', 'refund', 'model', 'treasury')
  const amount = fc.bigInt({ min: 1n, max: 400n })
  const found = fc.uniqueArray(fc.record({ account, token, kind, asset: model, delta }), {
    selector: keyOf,
    maxLength: 4,
  })
  const line = fc.record({ account, token, kind: fc.constantFrom('data', 'model'), asset: model, amount })
  const earned = fc.uniqueArray(line, { selector: keyOf, maxLength: 5 })
  const treasury = fc.record({ token, amount }).map((each) => {
    return { ...each, account: addressOf('treasury'), kind: 'treasury', asset: 'policy' }
  })
  const treasuries = fc.uniqueArray(treasury, { selector: keyOf, maxLength: 2 })
  const heldBack = fc.uniqueArray(fc.record({ model, token, amount }), {
    selector: (each) => each.model + each.token,
    maxLength: 2,
  })
  const epoch = fc.record({ found, earned, treasuries, heldBack })
  return fc.array(
    epoch.map((each) => ({ found: each.found, earned: [...each.earned, ...each.treasuries], heldBack: each.heldBack })),
    { minLength: 15, maxLength: 20 },
  )
}

function keyOf(row: { account: string; token: string; kind: string; asset: string }): string {
  return JSON.stringify([row.account, row.token, row.kind, row.asset])
}

const SHOWN = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value))).sort()

describe('what adjustments do in thousands of epochs', () => {
  test('settlement, the audit and a naive oracle say the same, and every atom is somewhere', () => {
    fc.assert(
      fc.property(epochs(), (history) => {
        const oracle = new AdjustmentsOracle()
        const audited = adjustmentBooksOf({ owed: [], recoveries: [], reserves: [] } as never)
        let books: AdjustedBooks = { owed: [], recoveries: [], reserves: [] }
        for (const [index, { found, earned, heldBack }] of history.entries()) {
          const [epoch, until] = [index + 1, index + 4]
          const made: ReserveRow[] = heldBack.map((each) => ({ ...each, epoch, until }))
          made.sort((a, b) => (a.model + a.token < b.model + b.token ? -1 : 1))
          const expected = oracle.epoch(epoch, found, earned, made)
          const before = {
            ...books,
            reserves: [
              ...books.reserves.filter((each) => each.until > epoch),
              ...made.map((each) => ({ ...each, amount: `${each.amount}` })),
            ],
          }
          const settled = adjust(before, deltasOf(found), earned as readonly Line[])
          books = settled.books
          audited.reserves.splice(
            0,
            audited.reserves.length,
            ...before.reserves.map((each) => ({ ...each, amount: BigInt(each.amount) })),
          )
          const own = settleAdjustments(audited, found, earned)

          expect(SHOWN(settled.lines.map(claimOf))).toEqual(SHOWN(expected.paid.map(inOrder)))
          expect(SHOWN(own.lines.map(claimOf))).toEqual(SHOWN(expected.paid.map(inOrder)))
          const netted = new Map(expected.netted.map(({ account, token, amount }) => [account + token, amount]))
          expect(new Map(settled.netted)).toEqual(netted)
          expect(new Map(own.netted)).toEqual(netted)
          expect(SHOWN(books.owed.map(inOrder))).toEqual(SHOWN(oracle.claims.map(inOrder)))
          expect(owedOf(audited.owed)).toEqual(
            books.owed.map(({ account, token, model, amount }) => ({ account, token, model, amount })),
          )
          expect(recoveriesOf(audited.recoveries)).toEqual(
            books.recoveries.map(({ token, amount }) => ({ token, amount })),
          )
          expect(SHOWN(books.reserves.map(reserveOf))).toEqual(SHOWN(oracle.reserves.map(reserveOf)))
          expectConserved(before, settled.books, settled, found)
        }
      }),
      { seed, numRuns: HISTORIES },
    )
  })
})

function deltasOf(found: readonly FoundRow[]) {
  return found.map(({ account, token, kind, asset, delta }) => {
    return { account, token, model: kind === 'data' || kind === 'refund' ? asset : '', amount: delta }
  })
}

function claimOf({ account, token, asset, amount }: { account: string; token: string; asset: string; amount: bigint }) {
  return { account, amount, model: asset, token }
}

function inOrder({
  account,
  token,
  model,
  amount,
}: {
  account: string
  token: string
  model: string
  amount: bigint | string
}) {
  return { account, amount: `${amount}`, model, token }
}

function reserveOf({
  epoch,
  model,
  token,
  until,
  amount,
}: {
  epoch: number
  model: string
  token: string
  until: number
  amount: bigint | string
}) {
  return { amount: `${amount}`, epoch, model, token, until }
}

/** Netted + what reserves and recoveries had = paid + what they have; claims shrink by what was paid, debts by what was netted. */
function expectConserved(
  before: AdjustedBooks,
  after: AdjustedBooks,
  { lines, netted }: ReturnType<typeof adjust>,
  found: readonly FoundRow[],
): void {
  for (const token of TOKENS) {
    const of = <Row extends { token: string }>(rows: readonly Row[]) => rows.filter((row) => row.token === token)
    const sumOf = (amounts: readonly (bigint | string)[]) =>
      amounts.reduce<bigint>((sum, each) => sum + BigInt(each), 0n)
    const there = (books: AdjustedBooks) =>
      sumOf([...of(books.recoveries), ...of(books.reserves)].map(({ amount }) => amount))
    const taken = sumOf([...netted].filter(([key]) => key.endsWith(token)).map(([, amount]) => amount))
    const paid = sumOf(of(lines).map(({ amount }) => amount))
    expect(taken + there(before)).toBe(paid + there(after))
    const claims = (books: AdjustedBooks) => sumOf(of(books.owed).map(({ amount }) => amount))
    const byTreasury = claims(before) + sumOf(of(found).map(({ delta }) => delta)) + taken - paid - claims(after)
    // What the treasury gave is netted from it and is no debt of its own.
    expect(byTreasury >= 0n && byTreasury <= paid).toBe(true)
  }
}

/** What a published epoch says, for the oracle. */
async function partOf(world: RandomWorld, manifest: Manifest) {
  const { warehouse } = world.ledger.ledger
  const { epoch, periods } = manifest
  const found = await warehouse.all<FoundRow>('SELECT * FROM adjustment_delta WHERE epoch = $epoch', { epoch })
  const earned = await warehouse.all<EarnedRow & { kind: LineKind }>(
    `SELECT account, token, kind, amount FROM settlement_line WHERE epoch = $epoch AND kind <> 'adjustment'`,
    { epoch },
  )
  const rule = await warehouse.one<{ epochs: number }>(
    'SELECT hold_back_epochs AS epochs FROM payout_rule AS r JOIN epoch AS e USING (policy) WHERE e.epoch = $epoch',
    { epoch },
  )
  const made = periods
    .filter(({ heldBack }) => heldBack !== '0')
    .map(({ model, token, heldBack }) => ({
      epoch,
      model,
      token,
      until: epoch + rule!.epochs,
      amount: BigInt(heldBack),
    }))
  return { found, earned, made }
}

describe('ledgers in which uses are corrected and epochs adjusted', () => {
  const seen = new Set<string>()

  test.each([12, seed])(
    'seed %i: what is netted, paid and owed is that of a naive oracle, and the audit agrees',
    async (each) => {
      const world = await RandomWorld.found(each)
      const { ledger } = world
      const random = randomOf(each)
      const oracle = new AdjustmentsOracle()
      try {
        for (let epoch = 1; epoch <= WORLD_EPOCHS; epoch++) {
          for (let index = 0; index < 8 && epoch > 1; index++)
            await ledger.send(
              ledger.records.correction(`use-${random(60)}`, random(2) === 0 ? 'void' : BigInt(random(3_000)), {
                id: `correction-${epoch}-${index}`,
              }),
            )
          for (let index = random(3); index > 0 && epoch > 1; index--) {
            const from = 1 + random(epoch - 1)
            await ledger.send(
              await ledger.records.adjustment(`adjustment-${epoch}-${index}`, from, from + random(epoch - from)),
            )
          }
          const manifest = await world.runEpoch()
          const { found, earned, made } = await partOf(world, manifest)
          const expected = oracle.epoch(epoch, found, earned, made)
          const { warehouse } = ledger.ledger
          const paid = await warehouse.all<{ account: string; token: string; asset: string; amount: bigint }>(
            `SELECT account, token, asset, amount FROM settlement_line WHERE epoch = $epoch AND kind = 'adjustment'`,
            { epoch },
          )
          expect(SHOWN(paid.map(claimOf))).toEqual(SHOWN(expected.paid.map(inOrder)))
          const netted = await warehouse.all<{ account: string; token: string; amount: bigint }>(
            'SELECT account, token, netted AS amount FROM account_total WHERE epoch = $epoch AND netted > 0',
            { epoch },
          )
          expect(SHOWN(netted)).toEqual(SHOWN(expected.netted))
          const state = await ledger.state(epoch)
          expect(SHOWN(state.owed.map(inOrder))).toEqual(SHOWN(oracle.claims.map(inOrder)))
          expect(SHOWN(state.reserves.map(reserveOf))).toEqual(SHOWN(oracle.reserves.map(reserveOf)))
          if (found.some(({ kind }) => kind === 'refund')) seen.add('refund')
          if (netted.length > 0) seen.add('netted')
          if (paid.length > 0) seen.add('paid')
        }
        expect((await ledger.audit()).firstDifference).toBeUndefined()
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened', () => {
    expect([...seen].sort()).toEqual(['netted', 'paid', 'refund'])
  })
})
