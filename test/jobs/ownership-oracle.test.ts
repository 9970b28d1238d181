import { describe, expect, test } from '@jest/globals'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { divide } from '../oracle/economy/hamilton.ts'
import { addressOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { keptByPaths, type Parents } from '../support/ledger/naive-upstream.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = 3
const EPOCHS = 3
const { seed } = runs(WORLDS)
const seeds = Array.from({ length: WORLDS }, (_, index) => (seed + index) % 2 ** 32)

const PEOPLE: readonly Name[] = ['modeller', 'partner', 'host', 'operator', 'alice', 'bob']
const MODELS = ['reader', 'tuned', 'merged']
const PARENTS: Parents = new Map([
  ['tuned', new Map([['reader', 333_333]])],
  [
    'merged',
    new Map([
      ['digits', 7],
      ['reader', 100_001],
      ['tuned', 399_992],
    ]),
  ],
])
const POLICY = {
  ...{ dataParts: 333_333, modelParts: 222_222, upstreamParts: 211_111 },
  ...{ agentParts: 111_111, infrastructureParts: 77_777, treasuryParts: 44_446 },
}

type Table = ReadonlyMap<string, number>

/** Fees that are one sum: what each asset's owners are to share of it, by the table that was in force at each fee. */
interface Sum {
  readonly model: string
  readonly agent: string
  fees: bigint
  /** Asset → each table of its owners, with the fees that found it. */
  readonly found: Map<string, Map<Table, bigint>>
}

/** Walks an epoch record by record and keeps every table of owners that a fee finds. */
class NaiveEpoch {
  readonly #tables: Map<string, Table>
  readonly #sums = new Map<string, Sum>()

  constructor(tables: Map<string, Table>) {
    this.#tables = tables
  }

  /** @returns whether it was there to give */
  transfer(asset: string, from: string, to: string, parts: number): boolean {
    const table = new Map(this.#tables.get(asset))
    const own = table.get(from) ?? 0
    if (own < parts) return false
    table.set(from, own - parts)
    if (own === parts) table.delete(from)
    table.set(to, (table.get(to) ?? 0) + parts)
    this.#tables.set(asset, table)
    return true
  }

  use(model: string, agent: string, fee: bigint): void {
    const key = `${model}/${agent}`
    const sum = this.#sums.get(key) ?? { model, agent, fees: 0n, found: new Map() }
    this.#sums.set(key, sum)
    sum.fees += fee
    const paid = [model, 'gateway', ...keptByPaths(PARENTS, model).kept.keys(), ...(agent === '' ? [] : [agent])]
    for (const asset of new Set(paid)) {
      const tables = sum.found.get(asset) ?? new Map<Table, bigint>()
      const table = this.#tables.get(asset)!
      sum.found.set(asset, tables.set(table, (tables.get(table) ?? 0n) + fee))
    }
  }

  /** `account kind asset` → amount. */
  lines(): Map<string, bigint> {
    const lines = new Map<string, bigint>()
    const add = (key: string, amount: bigint) => {
      if (amount > 0n) lines.set(key, (lines.get(key) ?? 0n) + amount)
    }
    for (const { model, agent, fees, found } of this.#sums.values()) {
      const pay = (kind: string, asset: string, pool: bigint) => {
        const tables = [...found.get(asset)!]
        const shares = divide(
          pool,
          tables.map(([, own]) => own),
        )
        for (const [index, [table]] of tables.entries()) {
          const owners = [...table].sort(([a], [b]) => (a < b ? -1 : 1))
          const amounts = divide(
            shares[index]!,
            owners.map(([, parts]) => BigInt(parts)),
          )
          for (const [at, [account]] of owners.entries()) add(`${account} ${kind} ${asset}`, amounts[at]!)
        }
      }
      const parts = Object.values(POLICY).map(BigInt)
      const [, toModel, above, toAgent, toHost, toTreasury] = divide(fees, parts) as [bigint, ...bigint[]]
      const { of, kept } = keptByPaths(PARENTS, model)
      const ancestors = [...kept].sort(([a], [b]) => (a < b ? -1 : 1))
      const promised = ancestors.reduce((sum, [, share]) => sum + share, 0n)
      const royalties = divide(above!, [...ancestors.map(([, share]) => share), of - promised])
      for (const [index, [ancestor]] of ancestors.entries()) pay('royalty', ancestor, royalties[index]!)
      pay('model', model, toModel! + royalties.at(-1)! + (agent === '' ? toAgent! : 0n))
      if (agent !== '') pay('agent', agent, toAgent!)
      pay('infrastructure', 'gateway', toHost!)
      add(`${addressOf('treasury')} treasury policy-1`, toTreasury!)
    }
    return lines
  }
}

async function found(world: SmallLedger): Promise<Map<string, Table>> {
  const { records } = world
  await world.found(POLICY)
  await world.send(
    ...(await records.vouchers('tuned')),
    ...(await records.vouchers('merged')),
    await records.derived('tuned', 'model', 'alice', { reader: { by: 'modeller', parts: 333_333 } }),
    await records.derived('merged', 'model', 'bob', {
      digits: { by: 'operator', parts: 7 },
      reader: { by: 'partner', parts: 100_001 },
      tuned: { by: 'alice', parts: 399_992 },
    }),
    await records.asset('bot', 'agent', { partner: 333_334, host: 333_333, bob: 333_333 }),
    records.deposit('payer', 1n << 95n),
  )
  const table = (owners: Partial<Record<Name, number>>): Table =>
    new Map(Object.entries(owners).map(([name, parts]) => [addressOf(name as Name), parts]))
  return new Map([
    ['digits', table({ operator: 1_000_000 })],
    ['reader', table({ modeller: 333_333, partner: 666_667 })],
    ['gateway', table({ host: 1_000_000 })],
    ['tuned', table({ alice: 1_000_000 })],
    ['merged', table({ bob: 1_000_000 })],
    ['bot', table({ partner: 333_334, host: 333_333, bob: 333_333 })],
  ])
}

async function publishedLines(world: SmallLedger, epoch: number): Promise<Map<string, bigint>> {
  const rows = await world.ledger.warehouse.all<{ account: string; kind: string; asset: string; amount: bigint }>(
    'SELECT account, kind, asset, amount FROM settlement_line WHERE epoch = $epoch AND token = $token',
    { epoch, token: TOKEN },
  )
  return new Map(rows.map(({ account, kind, asset, amount }) => [`${account} ${kind} ${asset}`, amount]))
}

describe('who is paid for each fee, to the atom', () => {
  test.each(seeds)('seed %i: as walking fee by fee and summing has it', async (each) => {
    const random = randomOf(each)
    const world = await SmallLedger.open()
    try {
      const tables = await found(world)
      const sent: { position: PartitionOffset; accepted: boolean }[] = []
      const give = async (naive: NaiveEpoch, asset: string, from: Name, to: Name, parts: number) => {
        const [position] = await world.send(await world.records.transfer(asset, from, to, parts))
        sent.push({ position: position!, accepted: naive.transfer(asset, addressOf(from), addressOf(to), parts) })
      }
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const naive = new NaiveEpoch(tables)
        const events = 10 + random(20)
        for (let event = 0; event < events; event++) {
          const asset = [...tables.keys()][random(tables.size)]!
          const [from, to] = [PEOPLE[random(PEOPLE.length)]!, PEOPLE[random(PEOPLE.length)]!]
          // Chance alone may find nobody who has anything to give.
          if (sent.length === 0) await give(naive, 'reader', 'partner', 'alice', 333_333)
          else if (random(2) === 0 && from !== to)
            await give(naive, asset, from, to, [1, 250_000, 333_333, 1_000_000][random(4)]!)
          else {
            const [model, agent] = [MODELS[random(MODELS.length)]!, random(2) === 0 ? 'bot' : '']
            const fee = BigInt([1 + random(9), 1 + random(10_000), 2 ** 40 + random(1_000)][random(3)]!)
            await world.send(world.records.inference(`use-${epoch}-${event}`, fee, { body: { model, agent } }))
            naive.use(model, agent, fee)
          }
        }
        await world.runEpoch()
        expect([...(await publishedLines(world, epoch))].sort()).toEqual([...naive.lines()].sort())
      }
      for (const { position, accepted } of sent)
        expect(await world.outcomeOf(position)).toBe(accepted ? 'accepted' : 'SHARES_NOT_OWNED')
      expect(sent.some(({ accepted }) => accepted)).toBe(true)
      expect((await world.audit()).firstDifference).toBeUndefined()
    } finally {
      world.close()
    }
  })
})
