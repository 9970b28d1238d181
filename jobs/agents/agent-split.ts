import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { policyInForce } from '../funding/policy.ts'
import { apportion } from '../settlement/apportion.ts'

const agentUses = readSql(new URL('./agent-uses.sql', import.meta.url))

const PARTS = ['data', 'model', 'upstream', 'agent', 'outcome', 'infrastructure', 'treasury'] as const
type Part = (typeof PARTS)[number]

/** Fees for the work of an agent in one token, and how policies divided them. */
export interface AgentSplit {
  readonly token: string
  readonly uses: number
  readonly fees: bigint
  /** Of what goes upstream, what nobody was promised is the model's. */
  readonly parts: Readonly<Record<Part, bigint>>
  /** Of the outcome part, what still waits for ratings. */
  readonly outcomeWaiting: bigint
}

/**
 * Who is paid for what the agent did: the sums of settlement in which it worked, divided as settlement divides them.
 *
 * @param settled the last settled epoch
 * @returns one a token, ascending
 */
export async function splitOfAgent(warehouse: Database, agent: string, settled: number): Promise<AgentSplit[]> {
  const rows = await warehouse.all<{ epoch: number; token: string; uses: bigint; fees: bigint }>(agentUses, {
    agent,
    until: settled,
  })
  const splits = new Map<string, AgentSplit>()
  for (const { epoch, token, uses, fees } of rows) {
    // There was one: without a policy nothing is funded.
    const policy = (await policyInForce(warehouse, epoch))!
    const amounts = apportion(
      fees,
      PARTS.map((part) => BigInt(policy[`${part}Parts`])),
    )
    const before = splits.get(token) ?? { token, uses: 0, fees: 0n, parts: NOTHING, outcomeWaiting: 0n }
    const waits = epoch + policy.outcomeWaitEpochs > settled
    splits.set(token, {
      token,
      uses: before.uses + Number(uses),
      fees: before.fees + fees,
      parts: Object.fromEntries(
        PARTS.map((part, index) => [part, before.parts[part] + amounts[index]!]),
      ) as AgentSplit['parts'],
      outcomeWaiting: before.outcomeWaiting + (waits ? amounts[PARTS.indexOf('outcome')]! : 0n),
    })
  }
  return [...splits.values()].sort((a, b) => (a.token < b.token ? -1 : 1))
}

const NOTHING = Object.fromEntries(PARTS.map((part) => [part, 0n])) as AgentSplit['parts']
