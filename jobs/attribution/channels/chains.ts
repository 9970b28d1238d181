import { INTEGER, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import type { DataChannel, Policy } from '../../funding/policy.ts'

/** Of every model, when a policy says nothing of it. */
const USUAL_CHAIN: readonly DataChannel[] = ['features']

/** What these need comes with a record of its own, so it may still come; what was retrieved stands in the use. */
const AWAITED: readonly DataChannel[] = ['features', 'text']

/** The channels of a model's data parts, in the order in which they are tried. */
function chainOf({ dataChannels }: Pick<Policy, 'dataChannels'>, model: string): readonly DataChannel[] {
  return dataChannels.get(model) ?? dataChannels.get('') ?? USUAL_CHAIN
}

/** Whether a use that no channel took in its own epoch waits for one. */
export function waitsForChannel(policy: Pick<Policy, 'dataChannels' | 'featureWaitEpochs'>, model: string): boolean {
  return policy.featureWaitEpochs > 0 && chainOf(policy, model).some((channel) => AWAITED.includes(channel))
}

/** Writes down what the policy in force says of the uses that are funded in the epoch: a later policy changes none of them. */
export async function writeChains(warehouse: Database, epoch: number, policy: Policy): Promise<void> {
  const models = new Set(['', ...policy.dataChannels.keys()])
  await warehouse.append(
    'data_chain',
    [INTEGER, VARCHAR, LIST(VARCHAR), INTEGER, INTEGER, VARCHAR],
    [...models].map((model) => [
      ...[epoch, model, listValue([...chainOf(policy, model)])],
      ...[policy.dataParts, policy.retrievalParts, policy.retrievalRule],
    ]),
  )
}
