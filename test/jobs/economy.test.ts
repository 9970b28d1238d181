import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { toHex } from '../../schemas/ids.ts'
import { type Influence, NaiveLedger, type Sums } from '../oracle/economy/naive-ledger.ts'
import { acceptedEvents } from '../support/ledger/accepted-events.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = Number(process.env.TALLY_WORLDS ?? 4)
const EPOCHS = Number(process.env.TALLY_WORLD_EPOCHS ?? 6)
const { seed } = runs(WORLDS)
/** The first ones' histories together have everything in them, so that the last test does not hang on luck. */
const FIRST = [1, 8, 12]
const seeds = [...FIRST, ...Array.from({ length: WORLDS - FIRST.length }, (_, index) => (seed + index) % 2 ** 32)]

/** What attribution came to: the scores of each open period. */
async function influenceOf({ ledger }: SmallLedger, { epoch, periods }: Manifest): Promise<Influence[]> {
  const rows = await ledger.warehouse.all<{ model: string; token: string; account: string; s: bigint }>(
    'SELECT model, token, account, s FROM score WHERE epoch = $epoch AND s > 0 ORDER BY account',
    { epoch },
  )
  return periods.map(({ model, token, state, denominator, sumPositive }) => ({
    ...{ model, token, state },
    scores: rows
      .filter((row) => row.model === model && row.token === token)
      .map(({ account, s }) => ({ account, score: s })),
    rest: BigInt(denominator ?? 0) - BigInt(sumPositive ?? 0),
  }))
}

function sorted(rows: Iterable<string>): string[] {
  return [...rows].sort()
}

function textOf(sums: Sums): string[] {
  return sorted([...sums].filter(([, amount]) => amount > 0n).map(([key, amount]) => `${key} ${amount}`))
}

/** Everything in the state after an epoch, as sorted lines of text. */
async function expectEqualState({ ledger: world }: RandomWorld, naive: NaiveLedger, epoch: number): Promise<void> {
  const state = await world.state(epoch)
  const held = new Map<string, bigint>()
  for (const { use, fee, until } of naive.held) {
    const { model, payer, token } = use.body
    const key = `${use.epoch} ${model} ${toHex(payer)} ${toHex(token)} ${until}`
    held.set(key, (held.get(key) ?? 0n) + fee)
  }
  expect({
    balances: sorted(state.balances.map(({ payer, token, amount }) => `${payer} ${token} ${amount}`)),
    channels: sorted(
      state.channels.map(
        ({ payer, model, token, cumulative, sequence, spent }) =>
          `${payer} ${model} ${token} ${cumulative} ${sequence} ${spent}`,
      ),
    ),
    outside: sorted(
      state.outside.map((each) => `${each.epoch} ${each.model} ${each.payer} ${each.token} ${each.until} ${each.fees}`),
    ),
    periods: sorted(state.periods.map((each) => periodText(each))),
    reserves: sorted(
      state.reserves.map((each) => `${each.epoch} ${each.model} ${each.token} ${each.until} ${each.amount}`),
    ),
    unattributed: sorted(state.unattributed.map(({ token, amount }) => `${token} ${amount}`)),
    waiting: sorted(state.waiting.map((each) => waitingText(each))),
    retired: state.retired,
    outcomes: sorted(
      state.outcomes.map((each) => `${each.epoch} ${each.payer} ${each.token} ${each.until} ${each.part}`),
    ),
  }).toEqual({
    balances: textOf(naive.balances),
    channels: sorted(
      [...naive.channels].map(([key, { cumulative, sequence, spent }]) => `${key} ${cumulative} ${sequence} ${spent}`),
    ),
    outside: textOf(held),
    periods: sorted([...naive.periods.values()].map((each) => periodText(each))),
    reserves: sorted(
      naive.reserves.map((each) => `${each.epoch} ${each.model} ${each.token} ${each.until} ${each.amount}`),
    ),
    unattributed: textOf(naive.unattributed),
    waiting: sorted(naive.waiting.map((each) => waitingText(each))),
    retired: sorted(naive.retired),
    outcomes: sorted(
      naive.outcomes.map((each) => `${each.epoch} ${each.payer} ${each.token} ${each.until} ${each.part}`),
    ),
  })
}

interface AnyPeriod {
  readonly model: string
  readonly token: string
  readonly pool: bigint | string
  readonly carriedIn: bigint | string
  readonly epochs: readonly number[]
}

function periodText({ model, token, pool, carriedIn, epochs }: AnyPeriod): string {
  return `${model} ${token} ${pool} ${carriedIn} [${epochs}]`
}

interface AnyWaiting {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly part: bigint | string
  readonly fees: bigint | string
  readonly retrieved: boolean
  readonly taken: bigint | string
  readonly until: number
}

function waitingText({ epoch, model, token, retrieved, part, fees, taken, until }: AnyWaiting): string {
  return `${epoch} ${model} ${token} ${retrieved} ${part} ${fees} ${taken} ${until}`
}

async function expectEqualPay({ ledger: world }: RandomWorld, naive: NaiveLedger, epoch: number): Promise<void> {
  const { warehouse } = world.ledger
  const lines = await warehouse.all<Record<string, unknown>>(
    'SELECT account, token, kind, asset, amount FROM settlement_line WHERE epoch = $epoch',
    { epoch },
  )
  expect(sorted(lines.map((line) => Object.values(line).join(' ')))).toEqual(textOf(naive.lines))
  const accounts = await warehouse.all<Record<string, unknown>>(
    'SELECT account, token, cumulative, small FROM account_total WHERE epoch = $epoch',
    { epoch },
  )
  expect(sorted(accounts.map((row) => Object.values(row).join(' ')))).toEqual(
    sorted([...naive.accounts].map(([key, { cumulative, small }]) => `${key} ${cumulative} ${small}`)),
  )
}

describe('promise 4: money, all rules together', () => {
  const seen = new Set<string>()

  test.each(seeds)('seed %i: every state, line and account of every epoch is that of a naive oracle', async (each) => {
    const world = await RandomWorld.found(each)
    const naive = new NaiveLedger()
    try {
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const manifest = await world.runEpoch()
        const accepted = await acceptedEvents(world.ledger, epoch, naive.all.length)
        naive.settle(accepted, await influenceOf(world.ledger, manifest))
        await expectEqualState(world, naive, epoch)
        await expectEqualPay(world, naive, epoch)
        note(seen, naive)
      }
    } finally {
      world.ledger.close()
    }
  })

  test('and all of it happened: every kind of line, and something in every bucket', () => {
    for (const one of [
      ...['data', 'retrieval', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'treasury', 'sale'],
      ...['held', 'waiting', 'outcomes', 'reserves', 'unattributed', 'carried', 'small'],
    ])
      expect(seen).toContain(one)
  })
})

function note(seen: Set<string>, naive: NaiveLedger): void {
  for (const key of naive.lines.keys()) seen.add(key.split(' ')[2]!)
  for (const bucket of ['held', 'waiting', 'outcomes', 'reserves'] as const)
    if (naive[bucket].length > 0) seen.add(bucket)
  if (naive.unattributed.size > 0) seen.add('unattributed')
  if ([...naive.periods.values()].some(({ carriedIn }) => carriedIn > 0n)) seen.add('carried')
  if ([...naive.accounts.values()].some(({ small }) => small > 0n)) seen.add('small')
}
