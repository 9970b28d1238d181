import type { Database } from '../../pipelines/warehouse/database.ts'

export interface Policy {
  readonly policy: string
  readonly dataParts: number
  readonly modelParts: number
  readonly upstreamParts: number
  readonly agentParts: number
  readonly infrastructureParts: number
  readonly treasuryParts: number
  readonly treasury: string
  readonly method: string
  readonly minEvents: number
  readonly maxPeriodEpochs: number
  /** For so many epochs after its own, features of a use still count. */
  readonly featureWaitEpochs: number
  /** For so many epochs after its own, the fee of a use outside its licences is held. */
  readonly outsideWaitEpochs: number
}

/** The policy in force in `epoch`: a policy takes effect after an epoch of notice, the very first one at once. */
export async function policyInForce(warehouse: Database, epoch: number): Promise<Policy | undefined> {
  const row =
    (await warehouse.one('SELECT * FROM policy WHERE epoch <= $notice ORDER BY epoch DESC, ordinal DESC LIMIT 1', {
      notice: epoch - 2,
    })) ??
    (await warehouse.one('SELECT * FROM policy WHERE epoch <= $epoch ORDER BY epoch, ordinal LIMIT 1', { epoch }))
  if (row === undefined) return undefined
  return {
    policy: row.policy as string,
    dataParts: row.data_parts as number,
    modelParts: row.model_parts as number,
    upstreamParts: row.upstream_parts as number,
    agentParts: row.agent_parts as number,
    infrastructureParts: row.infrastructure_parts as number,
    treasuryParts: row.treasury_parts as number,
    treasury: row.treasury as string,
    method: row.method as string,
    minEvents: row.min_events as number,
    maxPeriodEpochs: row.max_period_epochs as number,
    featureWaitEpochs: row.feature_wait_epochs as number,
    outsideWaitEpochs: row.outside_wait_epochs as number,
  }
}
