import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { weighTexts } from '../text/ledger/weigh-texts.ts'
import { weighRetrieved } from './weigh-retrieved.ts'
import type { AccountWeights, ChannelUse } from './weights.ts'

/** In the order of the uses; a function of the records accepted by the cut of the epoch alone. */
type Weigh = (warehouse: Database, epoch: number, uses: readonly ChannelUse[]) => Promise<AccountWeights[]>

const weighTold: Weigh = (warehouse, epoch, uses) =>
  weighTexts(
    warehouse,
    epoch,
    uses.map(({ inference }) => fromBlob(inference)),
  )

const WEIGHERS = { retrieval: weighRetrieved, text: weighTold } satisfies Record<string, Weigh>

/** A channel that pays in the epoch in which it takes a use, by weights of its own for each use. */
export type PaidChannel = keyof typeof WEIGHERS
export const PAID_CHANNELS = Object.keys(WEIGHERS) as PaidChannel[]

/** The one place at which the weights of a channel are asked for. */
export function weightsOf(channel: PaidChannel, ...asked: Parameters<Weigh>): Promise<AccountWeights[]> {
  return WEIGHERS[channel](...asked)
}
