import type { DisputeBond, EventBodies, MinimumPayout } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

type Policy = EventBodies['PolicyPublished']
type AmountOfToken = MinimumPayout | DisputeBond

export function minimumAmounts({ minimumPayouts }: Policy): RangeFault | undefined {
  return first(...minimumPayouts.map((minimum) => amount(minimum.amount)))
}

export function bondAmounts({ disputeBonds }: Policy): RangeFault | undefined {
  return first(...disputeBonds.map((bond) => amount(bond.amount)))
}

/** What a policy says of disputes: with an end for each, or none at all. */
export function disputeRules({ disputeWindowEpochs, disputeWaitEpochs, disputeBonds }: Policy): RangeFault | undefined {
  const isOpen = disputeWindowEpochs > 0
  return first(
    range('disputeWindowEpochs', disputeWindowEpochs, 0, limits.DISPUTE_WINDOW_EPOCHS_MAX),
    range('disputeWaitEpochs', disputeWaitEpochs, 0, limits.DISPUTE_WAIT_EPOCHS_MAX),
    isOpen === disputeWaitEpochs > 0
      ? undefined
      : field('disputeWindowEpochs and disputeWaitEpochs must both be 0, or neither.'),
    range('disputeBonds', disputeBonds.length, 0, isOpen ? limits.DISPUTE_BONDS_MAX : 0),
    amountsByToken('disputeBonds', disputeBonds),
  )
}

/** What a policy says of when and how much of it is paid out. */
export function payoutRules({ holdBackParts, holdBackEpochs, minimumPayouts }: Policy): RangeFault | undefined {
  return first(
    range('holdBackParts', holdBackParts, 0, limits.HOLD_BACK_PARTS_MAX),
    range('holdBackEpochs', holdBackEpochs, 0, limits.HOLD_BACK_EPOCHS_MAX),
    holdBackParts > 0 === holdBackEpochs > 0
      ? undefined
      : field('holdBackParts and holdBackEpochs must both be 0, or neither.'),
    range('minimumPayouts', minimumPayouts.length, 0, limits.MINIMUM_PAYOUTS_MAX),
    amountsByToken('minimumPayouts', minimumPayouts),
  )
}

/** What a policy says of who divides data parts: every model has a channel, and none is tried twice. */
export function channelRules({ dataChannels, retrievalParts, retrievalRule }: Policy): RangeFault | undefined {
  const tooMany = range('dataChannels', dataChannels.length, 0, limits.MODEL_CHANNELS_MAX)
  if (tooMany !== undefined) return tooMany
  for (const [index, { model, channels }] of dataChannels.entries()) {
    const before = dataChannels[index - 1]
    const fault = first(
      model === '' ? undefined : identifier('model of dataChannels', model),
      before === undefined || Buffer.compare(Buffer.from(before.model), Buffer.from(model)) < 0
        ? undefined
        : field('dataChannels must be strictly ascending by the bytes of the models.'),
      channels.length > 0 ? undefined : field('A model of dataChannels needs at least one channel.'),
      channels.every((channel) => limits.DATA_CHANNELS.some((known) => known === channel))
        ? undefined
        : field(`A channel is none of ${limits.DATA_CHANNELS.join(', ')}.`),
      new Set(channels).size === channels.length ? undefined : field('A model of dataChannels names a channel twice.'),
    )
    if (fault !== undefined) return fault
  }
  return first(
    range('retrievalParts', retrievalParts, 0, limits.MILLIONTHS),
    limits.RETRIEVAL_RULES.some((rule) => rule === retrievalRule)
      ? undefined
      : field(`retrievalRule is none of ${limits.RETRIEVAL_RULES.join(', ')}.`),
  )
}

function amountsByToken(name: string, all: readonly AmountOfToken[]): RangeFault | undefined {
  for (const [index, each] of all.entries()) {
    const fault = bytes('token', each.token, 20)
    if (fault !== undefined) return fault
    if (each.amount === 0n) return field(`An amount of ${name} must be above 0; leave the token out instead.`)
    const before = all[index - 1]
    if (before !== undefined && Buffer.compare(before.token, each.token) >= 0)
      return field(`${name} must be strictly ascending by token.`)
  }
  return undefined
}
