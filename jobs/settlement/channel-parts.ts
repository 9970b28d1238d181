import { DATA_CHANNELS } from '../../schemas/limits.ts'
import type { DataChannel } from '../funding/policy.ts'
import { addTo } from './lines.ts'

/** Data parts that channels divide in an epoch. */
export class ChannelParts {
  readonly #parts = new Map<DataChannel, Map<string, bigint>>(DATA_CHANNELS.map((channel) => [channel, new Map()]))

  add(channel: DataChannel, { model, token }: { readonly model: string; readonly token: string }, part: bigint): void {
    addTo(this.#parts.get(channel)!, `${model}/${token}`, part)
  }

  /** `model/token` → what the channel divides of it. */
  of(channel: DataChannel): ReadonlyMap<string, bigint> {
    return this.#parts.get(channel)!
  }
}
