import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { toHex } from '../../schemas/ids.ts'

const agentRuns = readSql(new URL('./agent-runs.sql', import.meta.url))
const agentSteps = readSql(new URL('./agent-steps.sql', import.meta.url))

/** Runs that are shown; the newest. */
const RUNS_MAX = 10
/** Steps that are shown of each; the newest. */
const STEPS_MAX = 20

export interface AgentStepShown {
  readonly step: number
  readonly account: string
  readonly hash: string
  readonly model: string
  readonly inference: { readonly source: string; readonly id: string } | null
  readonly token: string
  /** As the agent says. */
  readonly cost: bigint
  /** Whether that is what its account paid for the inference that it cites; null when it paid for none. */
  readonly isFee: boolean | null
  readonly epoch: number
}

export interface AgentRun {
  readonly run: string
  readonly steps: number
  /** Each step names the hash of the one before, from the first one on. Close refuses others, and an audit checks it again. */
  readonly isLinked: boolean
  readonly firstEpoch: number
  readonly lastEpoch: number
  readonly newest: readonly AgentStepShown[]
}

/** What an agent says that it did: its newest runs, with their newest steps. */
export async function runsOfAgent(warehouse: Database, agent: string): Promise<AgentRun[]> {
  const runs = await warehouse.all(agentRuns, { agent, limit: RUNS_MAX })
  if (runs.length === 0) return []
  const names = runs.map((row) => toHex(fromBlob(row.run)))
  const values = { agent, runs: listValue(names.map((name) => name.slice(2).toUpperCase())) }
  const steps = new Map<string, LinkedStep[]>(names.map((name) => [name, []]))
  for (const row of await warehouse.all(agentSteps, values, { runs: LIST(VARCHAR) }))
    steps.get(toHex(fromBlob(row.run)))!.push(linkedStepOf(row))
  return runs.map((row, index) => {
    const own = steps.get(names[index]!)!
    return {
      run: names[index]!,
      steps: own.length,
      isLinked: own.every(({ previous, shown }, at) => shown.step === at && previous === hashBefore(own, at)),
      firstEpoch: row.first_epoch as number,
      lastEpoch: row.last_epoch as number,
      newest: own.slice(-STEPS_MAX).map(({ shown }) => shown),
    }
  })
}

interface LinkedStep {
  readonly previous: string
  readonly shown: AgentStepShown
}

function hashBefore(steps: readonly LinkedStep[], at: number): string {
  return steps[at - 1]?.shown.hash ?? `0x${'00'.repeat(32)}`
}

function linkedStepOf(row: Readonly<Record<string, unknown>>): LinkedStep {
  const inference = row.id === null ? null : { source: row.source as string, id: row.id as string }
  return {
    previous: toHex(fromBlob(row.previous as never)),
    shown: {
      ...{ step: row.step as number, account: row.account as string, hash: toHex(fromBlob(row.step_hash as never)) },
      ...{ model: row.model as string, inference, token: row.token as string, cost: row.cost as bigint },
      ...{ isFee: row.is_fee as boolean | null, epoch: row.epoch as number },
    },
  }
}
