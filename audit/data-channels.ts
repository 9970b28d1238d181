import type { EventBodies } from '../schemas/events.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** Who divides data parts (docs/formats.md#channels). */
export const CHANNELS = ['features', 'retrieval', 'text'] as const
export type Channel = (typeof CHANNELS)[number]

/** What a policy says of the data parts of a model. */
export interface ChannelTerms {
  readonly channels: readonly string[]
  /** Millionths of the data part of a use with retrieved contributions. */
  readonly retrievalParts: number
  readonly retrievalRule: string
}

/** The terms of each model under a policy; one object for each. */
export function channelTerms({ dataChannels, retrievalParts, retrievalRule }: Policy): (model: string) => ChannelTerms {
  const named = new Map(dataChannels.map(({ model, channels }) => [model, channels]))
  const known = new Map<string, ChannelTerms>()
  return (model) => {
    const channels = named.get(model) ?? named.get('') ?? ['features']
    const terms = known.get(model) ?? { channels, retrievalParts, retrievalRule }
    known.set(model, terms)
    return terms
  }
}

/** A funded use, as far as channels are concerned. */
interface TakenUse {
  readonly terms: ChannelTerms
  readonly retrieved: readonly unknown[]
  readonly featuresRow: number | undefined
  readonly features?: object | undefined
}

/** Which channel takes a use, that it waits for one, or that none will take it. */
export type Way = Channel | 'waits' | 'nobody'

/**
 * @param mayWait whether what a channel needs can come in a later epoch
 * @param hasText whether the text of its output was accepted
 */
export function wayOf(use: TakenUse, mayWait: boolean, hasText: boolean): Way {
  for (const channel of use.terms.channels) {
    if (channel === 'features' && (use.featuresRow !== undefined || use.features !== undefined)) return channel
    if (channel === 'text' && hasText) return channel
    if (channel === 'retrieval' && use.retrieved.length > 0) return channel
    if (channel !== 'retrieval' && mayWait) return 'waits'
  }
  return 'nobody'
}

/** Data parts by channel and {@link periodKey}. */
export class ChannelSums {
  readonly #sums = new Map<Channel, Map<string, bigint>>()

  add(channel: Channel, key: string, amount: bigint): void {
    addTo(this.#of(channel), key, amount)
  }

  of(channel: Channel): ReadonlyMap<string, bigint> {
    return this.#of(channel)
  }

  #of(channel: Channel): Map<string, bigint> {
    const own = this.#sums.get(channel) ?? new Map<string, bigint>()
    this.#sums.set(channel, own)
    return own
  }
}
