import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import type { DATA_CHANNELS, RETRIEVAL_RULES } from '../../schemas/limits.ts'

/** By what a data part is divided. */
export type DataChannel = (typeof DATA_CHANNELS)[number]
export type RetrievalRule = (typeof RETRIEVAL_RULES)[number]

export interface Policy {
  readonly policy: string
  readonly dataParts: number
  readonly modelParts: number
  readonly upstreamParts: number
  readonly agentParts: number
  readonly outcomeParts: number
  readonly infrastructureParts: number
  readonly treasuryParts: number
  readonly treasury: string
  readonly method: string
  readonly minEvents: number
  readonly maxPeriodEpochs: number
  /** For so many epochs after its own, features of a use still count. */
  readonly featureWaitEpochs: number
  /** By model, empty: every other; a model that no entry covers has features alone. */
  readonly dataChannels: ReadonlyMap<string, readonly DataChannel[]>
  /** Of the data part of a use with retrieved contributions, millionths. */
  readonly retrievalParts: number
  readonly retrievalRule: RetrievalRule
  /** Of what a period pays each account, millionths; 0: nothing is held back. */
  readonly holdBackParts: number
  readonly holdBackEpochs: number
  /** By token; a token that is not there has none. */
  readonly minimumPayouts: ReadonlyMap<string, bigint>
  /** For so many epochs after its own, a use can be rated. */
  readonly outcomeWaitEpochs: number
  /** For so many epochs after its own, the fee of a use outside its licences is held. */
  readonly outsideWaitEpochs: number
  /** For so many epochs after its own, a line can be disputed; 0: none can. */
  readonly disputeWindowEpochs: number
  /** For so many epochs after it was opened, a dispute can be decided. */
  readonly disputeWaitEpochs: number
  /** By token; others' lines of a token that is not there cannot be disputed. */
  readonly disputeBonds: ReadonlyMap<string, bigint>
}

/** The policy in force in `epoch`: a policy takes effect after an epoch of notice, the very first one at once. */
export async function policyInForce(warehouse: Database, epoch: number): Promise<Policy | undefined> {
  const row =
    (await warehouse.one('SELECT * FROM policy WHERE epoch <= $notice ORDER BY epoch DESC, ordinal DESC LIMIT 1', {
      notice: epoch - 2,
    })) ??
    (await warehouse.one('SELECT * FROM policy WHERE epoch <= $epoch ORDER BY epoch, ordinal LIMIT 1', { epoch }))
  return row === undefined ? undefined : toPolicy(warehouse, row)
}

async function toPolicy(warehouse: Database, row: Row): Promise<Policy> {
  const policy = row.policy as string
  const rule = await warehouse.one('SELECT * FROM payout_rule WHERE policy = $policy', { policy })
  const disputes = await warehouse.one('SELECT * FROM dispute_rule WHERE policy = $policy', { policy })
  const amountsIn = async (table: 'minimum_payout' | 'dispute_bond') => {
    const rows = await warehouse.all<{ token: string; amount: bigint }>(
      `SELECT token, amount FROM ${table} WHERE policy = $policy`,
      { policy },
    )
    return new Map(rows.map(({ token, amount }) => [token, amount]))
  }
  const channels = await warehouse.all<{ model: string; channels: { items: DataChannel[] } }>(
    'SELECT model, channels FROM model_channels WHERE policy = $policy',
    { policy },
  )
  return {
    policy,
    dataParts: row.data_parts as number,
    modelParts: row.model_parts as number,
    upstreamParts: row.upstream_parts as number,
    agentParts: row.agent_parts as number,
    outcomeParts: row.outcome_parts as number,
    infrastructureParts: row.infrastructure_parts as number,
    treasuryParts: row.treasury_parts as number,
    treasury: row.treasury as string,
    method: row.method as string,
    minEvents: row.min_events as number,
    maxPeriodEpochs: row.max_period_epochs as number,
    featureWaitEpochs: row.feature_wait_epochs as number,
    dataChannels: new Map(channels.map((row) => [row.model, row.channels.items])),
    retrievalParts: row.retrieval_parts as number,
    retrievalRule: row.retrieval_rule as RetrievalRule,
    holdBackParts: rule!.hold_back_parts as number,
    holdBackEpochs: rule!.hold_back_epochs as number,
    minimumPayouts: await amountsIn('minimum_payout'),
    outcomeWaitEpochs: row.outcome_wait_epochs as number,
    outsideWaitEpochs: row.outside_wait_epochs as number,
    disputeWindowEpochs: disputes!.window_epochs as number,
    disputeWaitEpochs: disputes!.wait_epochs as number,
    disputeBonds: await amountsIn('dispute_bond'),
  }
}
