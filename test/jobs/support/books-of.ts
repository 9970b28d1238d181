import { toHex } from '../../../schemas/ids.ts'
import type { Sums } from '../../oracle/economy/naive-ledger.ts'
import type { WholeLedger } from '../../oracle/economy/whole-ledger.ts'
import type { SmallLedger } from '../../support/ledger/small-ledger.ts'

/** Everything that an epoch left, as lines of text in order: what it carries, what it paid, what became of disputes, what adjustments found. */
export type Books = Readonly<Record<string, readonly string[]>>

/** As the ledger has it. */
export async function booksOf(world: SmallLedger, epoch: number): Promise<Books> {
  const state = await world.state(epoch)
  const rows = async (sql: string) =>
    (await world.ledger.warehouse.all<Record<string, unknown>>(sql, { epoch })).map((row) => textOf(Object.values(row)))
  return sorted({
    balances: state.balances.map(({ payer, token, amount }) => textOf([payer, token, amount])),
    channels: state.channels.map((each) =>
      textOf([each.payer, each.model, each.token, each.cumulative, each.sequence, each.spent]),
    ),
    outside: state.outside.map((each) =>
      textOf([each.epoch, each.model, each.payer, each.token, each.until, each.fees]),
    ),
    periods: state.periods.map(periodText),
    reserves: state.reserves.map(reserveText),
    unattributed: state.unattributed.map(({ token, amount }) => textOf([token, amount])),
    waiting: state.waiting.map(waitingText),
    retired: state.retired,
    outcomes: state.outcomes.map(outcomeText),
    recoveries: state.recoveries.map(({ token, amount }) => textOf([token, amount])),
    owed: state.owed.map(owedText),
    disputes: state.disputes.map(({ dispute, wanted, held, until }) => textOf([dispute, wanted, held, until])),
    lines: await rows('SELECT account, token, kind, asset, amount FROM settlement_line WHERE epoch = $epoch'),
    accounts: await rows(
      'SELECT account, token, cumulative, small, netted, disputed FROM account_total WHERE epoch = $epoch',
    ),
    standings: await rows('SELECT dispute, status, held, award FROM dispute_standing WHERE epoch = $epoch'),
    found: await rows(
      'SELECT adjustment, for_epoch, account, token, kind, asset, delta, forfeited FROM adjustment_delta WHERE epoch = $epoch',
    ),
  })
}

/** As the oracle has it. */
export function naiveBooksOf(
  { fees, disputes, adjustments, found, netted, disputed }: WholeLedger,
  epoch: number,
): Books {
  const held: Sums = new Map()
  for (const { use, fee, until } of fees.held) {
    const { model, payer, token } = use.body
    const key = textOf([use.epoch, model, toHex(payer), toHex(token), until])
    held.set(key, (held.get(key) ?? 0n) + fee)
  }
  const live = disputes.all.filter(
    ({ status, ended, opened }) => status === 'open' || ended === epoch || opened === epoch,
  )
  return sorted({
    balances: sumsText(fees.balances),
    channels: [...fees.channels].map(([key, { cumulative, sequence, spent }]) =>
      textOf([key, cumulative, sequence, spent]),
    ),
    outside: sumsText(held),
    periods: [...fees.periods.values()].map(periodText),
    reserves: fees.reserves.map(reserveText),
    unattributed: sumsText(fees.unattributed),
    waiting: fees.waiting.map(waitingText),
    retired: fees.retired,
    outcomes: fees.outcomes.map(outcomeText),
    recoveries: sumsText(adjustments.recoveries),
    owed: adjustments.claims.map(owedText),
    disputes: live
      .filter(({ status }) => status === 'open')
      .map((each) => {
        const wanted = each.opener === each.line.account ? 0n : disputes.leftOf(each.line, epoch)
        return textOf([each.dispute, wanted, each.held, each.until])
      }),
    lines: sumsText(fees.lines),
    accounts: [...fees.accounts].map(([key, { cumulative, small }]) =>
      textOf([key, cumulative, small, netted.get(key) ?? 0n, disputed.get(key) ?? 0n]),
    ),
    standings: live.map((each) => textOf([each.dispute, each.status, each.held, each.award])),
    found: found.map((each) =>
      textOf([
        each.adjustment,
        each.epoch,
        each.account,
        each.token,
        each.kind,
        each.asset,
        each.delta,
        each.forfeited,
      ]),
    ),
  })
}

function textOf(values: readonly unknown[]): string {
  return values.join(' ')
}

/** Without what is 0. */
function sumsText(sums: Sums): string[] {
  return [...sums].filter(([, amount]) => amount > 0n).map(([key, amount]) => textOf([key, amount]))
}

function sorted(books: Record<string, readonly string[]>): Books {
  return Object.fromEntries(Object.entries(books).map(([name, rows]) => [name, [...rows].sort()]))
}

type Amount = bigint | string

interface AnyPeriod {
  readonly model: string
  readonly token: string
  readonly pool: Amount
  readonly carriedIn: Amount
  readonly epochs: readonly number[]
}

function periodText({ model, token, pool, carriedIn, epochs }: AnyPeriod): string {
  return textOf([model, token, pool, carriedIn, `[${epochs}]`])
}

interface AnyWaiting {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly part: Amount
  readonly fees: Amount
  readonly retrieved: boolean
  readonly taken: Amount
  readonly until: number
}

function waitingText({ epoch, model, token, retrieved, part, fees, taken, until }: AnyWaiting): string {
  return textOf([epoch, model, token, retrieved, part, fees, taken, until])
}

interface AnyReserve {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly until: number
  readonly amount: Amount
}

function reserveText({ epoch, model, token, until, amount }: AnyReserve): string {
  return textOf([epoch, model, token, until, amount])
}

interface AnyOutcome {
  readonly epoch: number
  readonly payer: string
  readonly token: string
  readonly until: number
  readonly part: Amount
}

function outcomeText({ epoch, payer, token, until, part }: AnyOutcome): string {
  return textOf([epoch, payer, token, until, part])
}

interface AnyClaim {
  readonly account: string
  readonly token: string
  readonly model: string
  readonly amount: Amount
}

function owedText({ account, token, model, amount }: AnyClaim): string {
  return textOf([account, token, model, amount])
}
