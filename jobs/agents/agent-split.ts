import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type DataChannel, type Policy, policyInForce } from '../funding/policy.ts'
import { apportion } from '../settlement/apportion.ts'
import { splitData, splitSum } from '../settlement/pools.ts'
import { loadUpstream, type Upstream } from '../settlement/upstream.ts'
import { ToldPeriods } from '../statement/told-periods.ts'

const agentData = readSql(new URL('./agent-data.sql', import.meta.url))
const channelPay = readSql(new URL('./channel-pay.sql', import.meta.url))
const periodPay = readSql(new URL('./period-pay.sql', import.meta.url))

/** Of the accounts that were paid for data, the most that are named. */
const CONTRIBUTORS_MAX = 20

/** Where the data part of some fees went: Σ of all but `contributors` = the part. */
export interface DataPart {
  /** To contributors. */
  readonly paid: bigint
  /** Of `paid`, the largest first. */
  readonly contributors: readonly { readonly account: string; readonly amount: bigint }[]
  /** Stays with the model's contributors: held back for corrections, or carried into their next pool. */
  readonly kept: bigint
  /** In pools that are still open. */
  readonly open: bigint
  /** Waits to learn what the model saw. */
  readonly waiting: bigint
  /** Nobody's. */
  readonly unattributed: bigint
}

/** Fees for the work of an agent in one token, and what became of them: Σ of all parts = fees. */
export interface AgentSplit {
  readonly token: string
  readonly uses: number
  readonly fees: bigint
  /** To owners, by kind and asset: `model`, `royalty`, `agent`, `infrastructure`, and `treasury` by policy. */
  readonly owners: readonly { readonly kind: string; readonly asset: string; readonly amount: bigint }[]
  readonly data: DataPart
  /** For agents, by how they are rated: what still waits, and what was divided over all agents of the same payers. */
  readonly outcome: { readonly waiting: bigint; readonly divided: bigint }
}

/** Fees that settlement divides as one sum are those with the same first seven. */
interface DataRow {
  readonly epoch: number
  readonly policy: string
  readonly model: string
  readonly infrastructure: string
  readonly token: string
  readonly channel: DataChannel | ''
  readonly retrieved: boolean
  readonly agent: string
  readonly took: DataChannel | null
  readonly taken: number | null
  readonly until: number
  readonly uses: bigint
  readonly fees: bigint
}

/**
 * Who was paid for what the agent did: its fees, divided as settlement divided them; of the data part what its periods did with their
 * pools, by its part of them.
 *
 * @param settled the last settled epoch
 * @returns one a token, ascending
 */
export async function splitOfAgent(warehouse: Database, agent: string, settled: number): Promise<AgentSplit[]> {
  const rows = await warehouse.all<DataRow>(agentData, { agent, settled })
  const terms = new Terms(warehouse)
  const fates = new Fates(warehouse, settled)
  const books = new Map<string, Books>()
  for (const sum of sumsOf(rows)) {
    const first = sum[0]!
    const book = books.get(first.token) ?? new Books()
    books.set(first.token, book)
    const fees = sum.reduce((total, row) => total + row.fees, 0n)
    const policy = await terms.policy(first)
    const divided = splitSum(first, fees, policy, await terms.upstream(first))
    book.uses += sum.reduce((total, row) => total + Number(row.uses), 0)
    book.fees += fees
    for (const { kind, asset, amount } of divided.pools) book.add(kind, asset, amount)
    book.add('treasury', policy.policy, divided.treasury)
    if (first.epoch + policy.outcomeWaitEpochs > settled) book.outcomeWaiting += divided.outcome
    else book.outcomeDivided += divided.outcome
    const { atOnce, rest } = splitData(divided.data, first.retrieved, policy)
    if (atOnce > 0n) await fates.addChannel(book, { ...first, channel: 'retrieval' }, atOnce)
    const parts = apportion(
      rest,
      sum.map((row) => row.fees),
    )
    for (const [index, row] of sum.entries()) await fates.add(book, row, parts[index]!)
  }
  return [...books].map(([token, book]) => book.told(token)).sort((a, b) => (a.token < b.token ? -1 : 1))
}

/** Rows come in the order of what they are summed up by. */
function sumsOf(rows: readonly DataRow[]): DataRow[][] {
  const sums = new Map<string, DataRow[]>()
  for (const row of rows) {
    const { epoch, model, infrastructure, token, channel, retrieved } = row
    const key = JSON.stringify([epoch, model, infrastructure, token, channel, retrieved])
    sums.set(key, [...(sums.get(key) ?? []), row])
  }
  return [...sums.values()]
}

/** Policies, and what models are derived from. */
class Terms {
  readonly #warehouse: Database
  readonly #policies = new Map<string, Policy>()
  readonly #upstream = new Map<string, Upstream>()

  constructor(warehouse: Database) {
    this.#warehouse = warehouse
  }

  async policy({ epoch, policy }: DataRow): Promise<Policy> {
    // There was one: without a policy nothing is funded.
    const found = this.#policies.get(policy) ?? (await policyInForce(this.#warehouse, epoch))!
    this.#policies.set(policy, found)
    return found
  }

  /** It never changes. */
  async upstream({ epoch, model }: DataRow): Promise<Upstream> {
    const found = this.#upstream.get(model) ?? (await loadUpstream(this.#warehouse, epoch))
    this.#upstream.set(model, found)
    return found
  }
}

type DataEnd = 'paid' | 'kept' | 'open' | 'waiting' | 'unattributed'

class Books {
  uses = 0
  fees = 0n
  outcomeWaiting = 0n
  outcomeDivided = 0n
  readonly owners = new Map<string, { kind: string; asset: string; amount: bigint }>()
  readonly data: Record<DataEnd, bigint> = { paid: 0n, kept: 0n, open: 0n, waiting: 0n, unattributed: 0n }
  readonly contributors = new Map<string, bigint>()

  add(kind: string, asset: string, amount: bigint): void {
    if (amount === 0n) return
    const key = JSON.stringify([kind, asset])
    const before = this.owners.get(key)?.amount ?? 0n
    this.owners.set(key, { kind, asset, amount: before + amount })
  }

  told(token: string): AgentSplit {
    const contributors = [...this.contributors]
      .map(([account, amount]) => ({ account, amount }))
      .filter(({ amount }) => amount > 0n)
      .sort((a, b) => (a.amount === b.amount ? (a.account < b.account ? -1 : 1) : a.amount > b.amount ? -1 : 1))
    return {
      ...{ token, uses: this.uses, fees: this.fees, owners: [...this.owners.values()] },
      data: { ...this.data, contributors: contributors.slice(0, CONTRIBUTORS_MAX) },
      outcome: { waiting: this.outcomeWaiting, divided: this.outcomeDivided },
    }
  }
}

interface ChannelPool {
  readonly model: string
  readonly token: string
  readonly epoch: number
  readonly channel: DataChannel | ''
}

/** What became of data parts. Sums of a period are not told apart: each has its part, by its size, of what the whole pool became. */
class Fates {
  readonly #warehouse: Database
  readonly #settled: number
  readonly #periods: ToldPeriods

  constructor(warehouse: Database, settled: number) {
    this.#warehouse = warehouse
    this.#settled = settled
    this.#periods = new ToldPeriods(warehouse)
  }

  async add(books: Books, { model, token, took, taken, until }: DataRow, part: bigint): Promise<void> {
    if (took === null || taken === null) {
      books.data[until > this.#settled ? 'waiting' : 'unattributed'] += part
      return
    }
    if (took !== 'features') return this.addChannel(books, { model, token, epoch: taken, channel: took }, part)
    const period = await this.#periods.ofUse({ model, token }, taken)
    if (period === undefined || period.state === 'held') books.data.open += part
    else if (period.state === 'unattributed') books.data.unattributed += part
    else {
      const kept = BigInt(period.heldBack) + BigInt(period.carried)
      const ends = apportion(part, [BigInt(period.paid), kept, BigInt(period.unattributed)])
      books.data.paid += ends[0]!
      books.data.kept += ends[1]!
      books.data.unattributed += ends[2]!
      await this.#pay(books, periodPay, { model, token, epoch: period.toldIn }, ends[0]!)
    }
  }

  /** A part of what a channel divided at once, in an epoch, over all uses of a model. */
  async addChannel(books: Books, { model, token, epoch, channel }: ChannelPool, part: bigint): Promise<void> {
    const of = { model, token, epoch, channel }
    // Of so little that no atom came of it there is no pool.
    const pool = (await this.#warehouse.one<{ own: bigint; unattributed: bigint }>(
      `SELECT own, unattributed FROM channel_pool WHERE epoch = $epoch AND channel = $channel AND model = $model AND token = $token`,
      of,
    )) ?? { own: 1n, unattributed: 1n }
    const [paid, unattributed] = apportion(part, [pool.own - pool.unattributed, pool.unattributed])
    books.data.paid += paid!
    books.data.unattributed += unattributed!
    await this.#pay(books, channelPay, of, paid!)
  }

  async #pay(books: Books, sql: string, of: Readonly<Record<string, string | number>>, amount: bigint): Promise<void> {
    if (amount === 0n) return
    const accounts = await this.#warehouse.all<{ account: string; pay: bigint }>(sql, of)
    const shares = apportion(
      amount,
      accounts.map(({ pay }) => pay),
    )
    for (const [index, { account }] of accounts.entries())
      books.contributors.set(account, (books.contributors.get(account) ?? 0n) + shares[index]!)
  }
}
