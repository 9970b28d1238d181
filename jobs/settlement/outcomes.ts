import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { OutcomePool } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import { firstUseFunded } from '../funding/held-fees.ts'
import { apportion } from './apportion.ts'
import { addTo, type Lines } from './lines.ts'
import { Owners } from './owners.ts'

const outcomePayers = readSql(new URL('./outcome-payers.sql', import.meta.url))
const ratedFees = readSql(new URL('./rated-fees.sql', import.meta.url))

/** Fees that are split as one sum. */
interface SumKey {
  readonly model: string
  readonly infrastructure: string
  readonly agent: string
  readonly token: string
  readonly channel: string
  readonly retrieved: boolean
}

/** Who paid the fees of a sum, ascending by account. */
type PayersOfSums = ReadonlyMap<string, readonly { readonly payer: string; readonly fees: bigint }[]>

/** Outcome parts of an epoch's fees, gathered by who paid these. */
export class OutcomeParts {
  readonly #payers: PayersOfSums
  readonly #pools = new Map<string, { readonly payer: string; readonly token: string; part: bigint }>()

  private constructor(payers: PayersOfSums) {
    this.#payers = payers
  }

  /** @param outcomeParts of the policy; 0: nobody need be asked for */
  static async load(warehouse: Database, epoch: number, outcomeParts: number): Promise<OutcomeParts> {
    const payers = new Map<string, { payer: string; fees: bigint }[]>()
    if (outcomeParts === 0) return new OutcomeParts(payers)
    const values = { epoch, firstUse: await firstUseFunded(warehouse, epoch) }
    for (const row of await warehouse.all<SumKey & { payer: string; fees: bigint }>(outcomePayers, values)) {
      const own = payers.get(textOf(row)) ?? []
      payers.set(textOf(row), own)
      own.push({ payer: row.payer, fees: row.fees })
    }
    return new OutcomeParts(payers)
  }

  /** Divides the outcome part of a sum over its payers by their fees; they ascend by account. */
  add(sum: SumKey, part: bigint): void {
    if (part === 0n) return
    const payers = this.#payers.get(textOf(sum))!
    const parts = apportion(
      part,
      payers.map(({ fees }) => fees),
    )
    for (const [index, { payer }] of payers.entries()) {
      const pool = this.#pools.get(payer + sum.token) ?? { payer, token: sum.token, part: 0n }
      this.#pools.set(payer + sum.token, pool)
      pool.part += parts[index]!
    }
  }

  /** One a (payer, token) with something in it. */
  pools(epoch: number, until: number): OutcomePool[] {
    return [...this.#pools.values()]
      .filter(({ part }) => part > 0n)
      .map(({ payer, token, part }) => ({ epoch, part: part.toString(), payer, token, until }))
  }
}

/** What became of the outcome pools. */
export interface DividedOutcomes {
  /** Still waiting for ratings; ascending by (epoch, payer, token). */
  readonly outcomes: readonly OutcomePool[]
  /** token → what nobody was rated for. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/**
 * Divides the outcome pools whose time to be rated ends with the epoch (docs/formats.md#outcomes): each over the agents that
 * its payer rated. Lines are added to `lines`.
 */
export async function divideOutcomes(
  warehouse: Database,
  epoch: number,
  pools: readonly OutcomePool[],
  lines: Lines,
): Promise<DividedOutcomes> {
  const ended = pools.filter(({ until }) => until <= epoch)
  const unattributed = new Map<string, bigint>()
  for (const used of new Set(ended.map((pool) => pool.epoch))) {
    const rated = await loadRated(warehouse, used, epoch)
    const agents = [...new Set([...rated.values()].flatMap((byAgent) => [...byAgent.keys()]))]
    const owners = await Owners.load(warehouse, used, agents)
    for (const pool of ended.filter((each) => each.epoch === used)) {
      const byAgent = rated.get(pool.payer + pool.token)
      if (byAgent === undefined) addTo(unattributed, pool.token, BigInt(pool.part))
      else dividePool(pool, byAgent, owners, lines)
    }
  }
  const outcomes = pools
    .filter(({ until }) => until > epoch)
    .sort((a, b) => a.epoch - b.epoch || compareText(a.payer, b.payer) || compareText(a.token, b.token))
  return { outcomes, unattributed }
}

/** Agent → place since which its owners were the same → Σ fee·score, above 0; both ascending. */
type Ratings = ReadonlyMap<string, ReadonlyMap<bigint, bigint>>

/** By payer ‖ token. Scores are multiplied here: a sum of fees has room in the warehouse, a thousand times it may not. */
async function loadRated(warehouse: Database, used: number, epoch: number): Promise<Map<string, Ratings>> {
  const rated = new Map<string, Map<string, Map<bigint, bigint>>>()
  const rows = await warehouse.all<{
    payer: string
    token: string
    agent: string
    since: bigint
    score: number
    fees: bigint
  }>(ratedFees, { used, epoch, firstUse: await firstUseFunded(warehouse, used) })
  for (const { payer, token, agent, since, score, fees } of rows) {
    const byAgent = rated.get(payer + token) ?? new Map<string, Map<bigint, bigint>>()
    rated.set(payer + token, byAgent)
    const byPlace = byAgent.get(agent) ?? new Map<bigint, bigint>()
    byAgent.set(agent, byPlace)
    byPlace.set(since, (byPlace.get(since) ?? 0n) + fees * BigInt(score))
  }
  return rated
}

/** Over the agents by what their ratings weigh, over the versions of an agent's ownership likewise, then over its owners. */
function dividePool({ part, token }: OutcomePool, byAgent: Ratings, owners: Owners, lines: Lines): void {
  const weights = [...byAgent.values()].map((byPlace) => [...byPlace.values()])
  const amounts = apportion(
    BigInt(part),
    weights.map((own) => own.reduce((sum, weight) => sum + weight, 0n)),
  )
  for (const [index, [agent, byPlace]] of [...byAgent].entries()) {
    const shares = apportion(amounts[index]!, weights[index]!)
    let at = 0
    for (const table of owners.in(agent, [...byPlace.keys()])) {
      const paid = apportion(
        shares[at++]!,
        table.map((owner) => owner.parts),
      )
      for (const [own, { account }] of table.entries())
        lines.add({ account, token, kind: 'outcome', asset: agent }, paid[own]!)
    }
  }
}

function textOf({ model, infrastructure, agent, token, channel, retrieved }: SumKey): string {
  return JSON.stringify([model, infrastructure, agent, token, channel, retrieved])
}
