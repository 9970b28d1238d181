import { describe, expect, test } from '@jest/globals'
import type { PartitionOffset } from '../../pipelines/record-source.ts'
import { fromHex } from '../../schemas/ids.ts'
import { type NaiveEpoch, OutcomesOracle } from '../oracle/economy/outcomes.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 4
const HAPPENINGS = 30
const { seed } = runs(1)
/** Everything that the last test asks for happens in the first three. */
const seeds = [1, 2, 3, seed]

const PAYERS: readonly Name[] = ['payer', 'partner']
const TOKENS = [TOKEN, OTHER_TOKEN] as const
const AGENTS = ['bot', 'helper'] as const
const PEOPLE: readonly Name[] = ['alice', 'bob', 'carol']
const PARTS = [0, 222_222, 11_111, 133_333, 433_334, 100_000, 100_000] as const

/** A ledger and the oracle, side by side. */
class Pair {
  readonly #oracle: OutcomesOracle
  readonly #world: SmallLedger
  readonly #random: (below: number) => number
  /** Agent → who owns it now. A transfer makes another table. */
  readonly #owners = new Map<string, ReadonlyMap<string, number>>()
  readonly #ratings: { position: PartitionOffset; expected: string; epoch: number }[] = []
  /** Decided when the epoch ends: a rating may stand before what it rates. */
  #sent: { position: PartitionOffset; id: string; rater: Name; signer: Name; score: number }[] = []
  #epoch = 0

  constructor(world: SmallLedger, random: (below: number) => number, outcomeWaitEpochs: number) {
    this.#world = world
    this.#random = random
    this.#oracle = new OutcomesOracle({ parts: PARTS, outcomeWaitEpochs })
  }

  async found(outcomeWaitEpochs: number): Promise<void> {
    const { records } = this.#world
    const [dataParts, modelParts, upstreamParts, agentParts, outcomeParts, infrastructureParts, treasuryParts] = PARTS
    await this.#world.found({
      ...{ dataParts, modelParts, upstreamParts, agentParts, outcomeParts, infrastructureParts, treasuryParts },
      outcomeWaitEpochs,
    })
    for (const agent of AGENTS) {
      await this.#world.send(await records.asset(agent, 'agent', { alice: 333_333, bob: 666_667 }))
      this.#owners.set(
        agent,
        new Map([
          [addressOf('alice'), 333_333],
          [addressOf('bob'), 666_667],
        ]),
      )
    }
    for (const payer of PAYERS)
      for (const token of TOKENS)
        await this.#world.send(records.deposit(payer, 1n << 80n, { body: { token: fromHex(token) } }))
  }

  async runEpoch(): Promise<{ expected: NaiveEpoch; epoch: number }> {
    const epoch = ++this.#epoch
    for (let index = 0; index < HAPPENINGS; index++) {
      const kind = this.#random(10)
      if (kind < 5) await this.#use(epoch, index)
      else if (kind < 9) await this.#rate()
      else await this.#transfer()
    }
    await this.#world.runEpoch()
    for (const { position, id, rater, signer, score } of this.#sent) {
      const expected = this.#oracle.rate(epoch, id, addressOf(rater), addressOf(signer), score)
      this.#ratings.push({ position, expected, epoch })
    }
    this.#sent = []
    return { expected: this.#oracle.settle(epoch), epoch }
  }

  async #use(epoch: number, index: number): Promise<void> {
    const id = `use-${epoch}-${index}`
    const payer = this.#pick(PAYERS)
    const token = this.#pick(TOKENS)
    const agent = this.#random(6) === 0 ? '' : this.#pick(AGENTS)
    const hasVoucher = this.#random(8) > 0
    const fee = BigInt([0, this.#random(9), this.#random(10_000), 2 ** 40 + this.#random(1_000)][this.#random(4)]!)
    const body = { agent, token: fromHex(token), voucher: hasVoucher ? 1n : 0n }
    await this.#world.send(this.#world.records.inference(id, fee, { payer, body }))
    this.#oracle.uses.set(id, {
      ...{ epoch, payer: addressOf(payer), token, agent, fee, hasVoucher },
      ...{ isFunded: hasVoucher && fee > 0n, owners: this.#owners.get(agent) ?? new Map() },
    })
  }

  /** Mostly of a use that was not rated yet, by whoever paid for it; else of any use, or none, by anybody. */
  async #rate(): Promise<void> {
    const known = [...this.#oracle.uses.keys()]
    const id = this.#random(12) === 0 ? 'nothing' : (known[this.#random(known.length)] ?? 'nothing')
    const payer = PAYERS.find((name) => addressOf(name) === this.#oracle.uses.get(id)?.payer)
    const rater = this.#random(8) === 0 || payer === undefined ? this.#pick(PAYERS) : payer
    const signer = this.#random(10) === 0 ? 'stranger' : rater
    const score = [0, 1, 500, 999, 1_000][this.#random(5)]!
    const record = await this.#world.records.rating(rater, id, score, { by: signer })
    const [position] = await this.#world.send(record)
    this.#sent.push({ position: position!, id, rater, signer, score })
  }

  /** Of something that is owned, so that it is accepted. */
  async #transfer(): Promise<void> {
    const agent = this.#pick(AGENTS)
    const table = new Map(this.#owners.get(agent))
    const [from, to] = [this.#pick(PEOPLE), this.#pick(PEOPLE)]
    const own = table.get(addressOf(from)) ?? 0
    if (from === to || own === 0) return
    const parts = 1 + this.#random(own)
    await this.#world.send(await this.#world.records.transfer(agent, from, to, parts))
    table.set(addressOf(from), own - parts)
    if (own === parts) table.delete(addressOf(from))
    table.set(addressOf(to), (table.get(addressOf(to)) ?? 0) + parts)
    this.#owners.set(agent, table)
  }

  async expectRatings(): Promise<string[]> {
    for (const [index, { position, expected, epoch }] of this.#ratings.entries())
      expect({ index, epoch, outcome: await this.#world.outcomeOf(position) }).toEqual({
        ...{ index, epoch, outcome: expected },
      })
    return this.#ratings.map(({ expected }) => expected)
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random(values.length)]!
  }
}

async function publishedLines(world: SmallLedger, epoch: number): Promise<[string, bigint][]> {
  const rows = await world.ledger.warehouse.all<{ account: string; token: string; asset: string; amount: bigint }>(
    `SELECT account, token, asset, amount FROM settlement_line WHERE epoch = $epoch AND kind = 'outcome'`,
    { epoch },
  )
  return rows.map(({ account, token, asset, amount }): [string, bigint] => [`${account} ${token} ${asset}`, amount])
}

async function expectEpoch(world: SmallLedger, { expected, epoch }: { expected: NaiveEpoch; epoch: number }) {
  expect((await publishedLines(world, epoch)).sort()).toEqual([...expected.lines].sort())
  const { outcomes } = await world.state(epoch)
  const waiting = outcomes.map((pool): [string, bigint] => [
    `${pool.epoch} ${pool.payer} ${pool.token} ${pool.until}`,
    BigInt(pool.part),
  ])
  expect(waiting.sort()).toEqual([...expected.waiting].sort())
  for (const { token, unattributed } of (await world.manifest(epoch)).conservation)
    expect({ epoch, token, unattributed }).toEqual({
      ...{ epoch, token, unattributed: `${expected.unattributed.get(token) ?? 0n}` },
    })
}

describe('promise 4: an outcome part goes to whom its payer rated, to the atom', () => {
  const seen = new Set<string>()

  test.each(seeds)('seed %i: as a naive oracle has it', async (each) => {
    const random = randomOf(each)
    const world = await SmallLedger.open()
    try {
      const wait = random(3)
      const pair = new Pair(world, random, wait)
      await pair.found(wait)
      for (let run = 0; run < EPOCHS; run++) {
        const result = await pair.runEpoch()
        await expectEpoch(world, result)
        if (result.expected.lines.size > 0) seen.add('paid')
      }
      for (const outcome of await pair.expectRatings()) seen.add(outcome)
      expect((await world.audit()).firstDifference).toBeUndefined()
    } finally {
      world.close()
    }
  })

  test('and all of it happened', () => {
    for (const one of [
      ...['paid', 'accepted', 'INFERENCE_UNKNOWN', 'AGENT_UNKNOWN', 'NOT_THE_PAYER', 'SIGNATURE_INVALID'],
      ...['OUTCOME_EXISTS', 'INFERENCE_UNPAID', 'OUTCOME_TOO_LATE'],
    ])
      expect(seen).toContain(one)
  })
})
