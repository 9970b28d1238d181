import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { FeeStatus } from '../funding/fund-fees.ts'
import { type AgentSplit, splitOfAgent } from './agent-split.ts'
import { type AgentRun, runsOfAgent } from './agent-steps.ts'
import { NoAgentError } from './errors.ts'

const earnedRows = readSql(new URL('./agent-earned.sql', import.meta.url))
const ratingRows = readSql(new URL('./agent-ratings.sql', import.meta.url))
const ratedUses = readSql(new URL('./rated-uses.sql', import.meta.url))
const memoryRows = readSql(new URL('./agent-memory.sql', import.meta.url))
const retrievedRows = readSql(new URL('./agent-retrieved.sql', import.meta.url))

/** Ratings that are shown; the newest. */
const RATINGS_MAX = 20

export interface AgentRating {
  readonly source: string
  readonly id: string
  readonly rater: string
  /** 0 to 1000. */
  readonly score: number
  readonly epoch: number
  readonly token: string
  readonly fee: bigint
  /** What became of the fee: only a rating of a funded one counts. */
  readonly status: FeeStatus | 'refunded' | 'corrected' | 'undecided'
}

/** What there is to know of an agent. Amounts in the token's smallest unit, shares in millionths. */
export interface AgentPage {
  readonly agent: string
  readonly title: string
  readonly licence: string
  readonly registeredIn: number
  /** An ERC-8004 id as its registrant gave it; empty: none. */
  readonly identity: string
  /** As of the last closed epoch. */
  readonly owners: readonly { readonly account: string; readonly parts: number }[]
  /** Who was paid for what it did. */
  readonly paid: readonly AgentSplit[]
  /** What its owners were paid, over all epochs. */
  readonly earned: readonly {
    readonly account: string
    readonly token: string
    readonly byWork: bigint
    readonly byOutcome: bigint
  }[]
  readonly outcomes: {
    readonly uses: number
    readonly rated: number
    /** Of those that were rated; null: none was. */
    readonly meanScore: number | null
    readonly newest: readonly AgentRating[]
  }
  readonly runs: readonly AgentRun[]
  /** Datasets of which its owners own some; `ownItems`: contributed by them. */
  readonly memory: readonly {
    readonly dataset: string
    readonly parts: number
    readonly items: number
    readonly ownItems: number
    /** Paid uses that retrieved from it, whoever contributed what. */
    readonly reads: number
  }[]
  /**
   * What its owners were paid for contributions of theirs that were retrieved: all of it by their memory, unless something of theirs
   * in another dataset was retrieved too. Lines are of an account and a model, so how much of it cannot be told apart then.
   */
  readonly remembered: readonly {
    readonly account: string
    readonly token: string
    readonly amount: bigint
    readonly elsewhere: boolean
  }[]
}

/** @throws NoAgentError */
export async function agentPage(warehouse: Database, agent: string): Promise<AgentPage> {
  const row = await warehouse.one("SELECT * FROM asset WHERE asset = $agent AND kind = 'agent'", { agent })
  if (row === undefined) throw new NoAgentError({ agent })
  const last = await warehouse.one<{ epoch: number | null }>(
    'SELECT max(epoch) AS epoch FROM epoch WHERE settlement_json IS NOT NULL',
  )
  const owners = await warehouse.all<{ account: string; parts: number }>(
    `SELECT account, sum(delta)::INTEGER AS parts FROM ownership_change WHERE asset = $agent
     GROUP BY account HAVING sum(delta) > 0 ORDER BY account`,
    { agent },
  )
  return {
    agent,
    title: row.title as string,
    licence: row.licence as string,
    registeredIn: row.epoch as number,
    identity: row.identity as string,
    owners,
    paid: await splitOfAgent(warehouse, agent, last?.epoch ?? 0),
    earned: await earnedBy(warehouse, agent),
    outcomes: await outcomesOf(warehouse, agent),
    runs: await runsOfAgent(warehouse, agent),
    memory: await memoryOf(warehouse, agent),
    remembered: await warehouse.all<AgentPage['remembered'][number]>(retrievedRows, { agent }),
  }
}

async function earnedBy(warehouse: Database, agent: string): Promise<AgentPage['earned']> {
  const rows = await warehouse.all<{ account: string; token: string; by_work: bigint; by_outcome: bigint }>(
    earnedRows,
    { agent },
  )
  return rows.map(({ by_work: byWork, by_outcome: byOutcome, ...of }) => ({ ...of, byWork, byOutcome }))
}

async function outcomesOf(warehouse: Database, agent: string): Promise<AgentPage['outcomes']> {
  const sums = (await warehouse.one<{ uses: bigint; rated: bigint; mean_score: number | null }>(ratedUses, { agent }))!
  const rows = await warehouse.all<Omit<AgentRating, 'status'> & { status: AgentRating['status'] | null }>(ratingRows, {
    agent,
    limit: RATINGS_MAX,
  })
  return {
    uses: Number(sums.uses),
    rated: Number(sums.rated),
    meanScore: sums.mean_score,
    newest: rows.map((rating) => ({ ...rating, status: rating.status ?? 'undecided' })),
  }
}

async function memoryOf(warehouse: Database, agent: string): Promise<AgentPage['memory']> {
  const rows = await warehouse.all<{ dataset: string; parts: number; items: bigint; own_items: bigint; reads: bigint }>(
    memoryRows,
    { agent },
  )
  return rows.map(({ dataset, parts, items, own_items, reads }) => ({
    ...{ dataset, parts, items: Number(items), ownItems: Number(own_items), reads: Number(reads) },
  }))
}
