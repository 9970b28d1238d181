import type { EventBodies, MinimumPayout } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, type RangeFault, range } from './ranges.ts'

type Policy = EventBodies['PolicyPublished']

export function minimumAmounts({ minimumPayouts }: Policy): RangeFault | undefined {
  return first(...minimumPayouts.map((minimum) => amount(minimum.amount)))
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
    minimums(minimumPayouts),
  )
}

function minimums(all: readonly MinimumPayout[]): RangeFault | undefined {
  for (const [index, minimum] of all.entries()) {
    const fault = bytes('token', minimum.token, 20)
    if (fault !== undefined) return fault
    if (minimum.amount === 0n) return field('A minimum payout must be above 0; leave the token out instead.')
    const before = all[index - 1]
    if (before !== undefined && Buffer.compare(before.token, minimum.token) >= 0)
      return field('minimumPayouts must be strictly ascending by token.')
  }
  return undefined
}
