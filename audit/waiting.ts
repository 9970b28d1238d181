import type { EventBodies } from '../schemas/events.ts'
import type { DecidedEpoch } from './decide.ts'
import { type FeaturedUse, type FundedUse, hasFeatures } from './funding.ts'
import { compareText, firstOf } from './order.ts'
import { type DataPart, periodKey } from './pools.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** What waits of the uses of one epoch, of one (model, token). */
export interface WaitingEntry {
  readonly epoch: number
  readonly model: string
  readonly token: string
  /** Last epoch in which features still count. */
  readonly until: number
  part: bigint
  fees: bigint
  featured: bigint
  /** By entry in the ids of the history: those without features so far. */
  readonly uses: Map<number, FundedUse>
}

/** What this epoch did to what waits. */
export interface Waited {
  /** Uses of earlier epochs whose features came in this one. */
  readonly late: readonly FeaturedUse[]
  /** By period: what moved with them. */
  readonly moved: ReadonlyMap<string, bigint>
  /** By token: what waited in vain. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/** Part of an entry that is with the periods of its uses. */
function movedOf({ part, featured, fees }: WaitingEntry): bigint {
  return (part * featured) / fees
}

export function heldOf(entry: WaitingEntry): bigint {
  return entry.part - movedOf(entry)
}

/**
 * Step 4 of settlement: features of uses that waited move their part, and what has waited long enough is given up.
 *
 * @param waiting changed in place; ascending by (epoch, model, token) afterwards
 */
export function settleWaiting(
  waiting: WaitingEntry[],
  epoch: number,
  policy: Policy | undefined,
  funded: readonly FundedUse[],
  unfeatured: readonly DataPart[],
  decided: DecidedEpoch,
): Waited {
  const late: FeaturedUse[] = []
  const moved = new Map<string, bigint>()
  const unattributed = new Map<string, bigint>()
  const entryOf = new Map(waiting.flatMap((entry) => [...entry.uses.keys()].map((key) => [key, entry] as const)))
  for (const [inference, featuresRow] of decided.featuresOf) {
    const entry = entryOf.get(inference)
    if (entry === undefined) continue
    const use = { ...entry.uses.get(inference)!, featuresRow }
    const before = movedOf(entry)
    entry.featured += use.fee
    entry.uses.delete(inference)
    late.push(use)
    addTo(moved, periodKey(entry.model, entry.token), movedOf(entry) - before)
  }
  if (policy !== undefined) waiting.push(...newEntries(epoch, policy, funded, unfeatured))
  const left = waiting.splice(0).filter((entry) => {
    if (entry.until <= epoch) addTo(unattributed, entry.token, heldOf(entry))
    return entry.until > epoch && entry.featured < entry.fees
  })
  waiting.push(...left.sort(compareEntries))
  return { late, moved, unattributed }
}

function newEntries(
  epoch: number,
  { featureWaitEpochs }: Policy,
  funded: readonly FundedUse[],
  unfeatured: readonly DataPart[],
): WaitingEntry[] {
  const entries = new Map<string, WaitingEntry>()
  for (const { model, token, part } of unfeatured) {
    const key = periodKey(model, token)
    const until = epoch + featureWaitEpochs
    const entry = entries.get(key) ?? { epoch, model, token, until, part: 0n, fees: 0n, featured: 0n, uses: new Map() }
    entry.part += part
    entries.set(key, entry)
  }
  for (const use of funded) {
    if (hasFeatures(use)) continue
    const entry = entries.get(periodKey(use.model, use.token))!
    entry.fees += use.fee
    entry.uses.set(use.entry, use)
  }
  return [...entries.values()]
}

type EntryKey = Pick<WaitingEntry, 'epoch' | 'model' | 'token'>

export function compareEntries(a: EntryKey, b: EntryKey): number {
  return firstOf(a.epoch - b.epoch, compareText(a.model, b.model), compareText(a.token, b.token))
}
