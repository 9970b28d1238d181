import type { EventBodies } from '../schemas/events.ts'
import { apportion } from './apportion.ts'
import { CHANNELS, type Channel, type ChannelSums, wayOf } from './data-channels.ts'
import type { DecidedEpoch } from './decide.ts'
import type { FundedUse } from './funding.ts'
import { compareText, firstOf } from './order.ts'
import { copyFeatures } from './period-events.ts'
import { type DataPart, periodKey } from './pools.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** What waits of the uses of one epoch, of one (model, token), with retrieved contributions or without. */
export interface WaitingEntry {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly retrieved: boolean
  /** Last epoch in which features or texts still count. */
  readonly until: number
  part: bigint
  fees: bigint
  taken: bigint
  /** By entry in the ids of the history: those that no channel has taken so far. */
  readonly uses: Map<number, FundedUse>
}

/** What this epoch did to what waits. */
export interface Waited {
  /** Uses of earlier epochs that a channel took in this one. */
  readonly late: readonly { readonly channel: Channel; readonly use: FundedUse }[]
  /** By token: what waited in vain. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/** Part of an entry that is with the channels of its uses. */
function movedOf({ part, taken, fees }: WaitingEntry): bigint {
  return (part * taken) / fees
}

export function heldOf(entry: WaitingEntry): bigint {
  return entry.part - movedOf(entry)
}

/**
 * Step 4 of settlement: channels take uses that waited, which moves their part, and what has waited long enough is given up.
 *
 * @param waiting changed in place; ascending by (epoch, model, token, retrieved) afterwards
 * @param added   uses of this epoch that wait, and their data parts
 * @param sums    gets what moves
 */
export function settleWaiting(
  waiting: WaitingEntry[],
  epoch: number,
  policy: Policy | undefined,
  added: { readonly uses: readonly FundedUse[]; readonly parts: readonly DataPart[] },
  sums: ChannelSums,
  decided: DecidedEpoch,
  hasText: (use: FundedUse) => boolean,
): Waited {
  noteFeatures(waiting, decided)
  const late: { channel: Channel; use: FundedUse }[] = []
  const unattributed = new Map<string, bigint>()
  for (const entry of waiting) {
    const taken = takeFrom(entry, epoch, hasText)
    const before = movedOf(entry)
    for (const { use } of taken) entry.taken += use.fee
    const fees = CHANNELS.map((channel) =>
      taken.filter((each) => each.channel === channel).reduce((sum, { use }) => sum + use.fee, 0n),
    )
    const amounts = apportion(movedOf(entry) - before, fees)
    for (const [index, channel] of CHANNELS.entries())
      if (amounts[index]! > 0n) sums.add(channel, periodKey(entry.model, entry.token), amounts[index]!)
    late.push(...taken)
  }
  if (policy !== undefined) waiting.push(...newEntries(epoch, policy, added, decided))
  const left = waiting.splice(0).filter((entry) => {
    if (entry.until <= epoch) addTo(unattributed, entry.token, heldOf(entry))
    return entry.until > epoch && entry.taken < entry.fees
  })
  waiting.push(...left.sort(compareEntries))
  return { late, unattributed }
}

/** Features that came in this epoch stay with their use, be it taken now or later. */
function noteFeatures(waiting: readonly WaitingEntry[], { featuresOf, records }: DecidedEpoch): void {
  if (waiting.length === 0) return
  const entryOf = new Map(waiting.flatMap((entry) => [...entry.uses.keys()].map((key) => [key, entry] as const)))
  for (const [inference, row] of featuresOf) {
    const entry = entryOf.get(inference)
    entry?.uses.set(inference, { ...entry.uses.get(inference)!, features: copyFeatures(records, row) })
  }
}

/** The uses that a channel takes in this epoch; they wait no more. */
function takeFrom(
  { uses, until }: WaitingEntry,
  epoch: number,
  hasText: (use: FundedUse) => boolean,
): { channel: Channel; use: FundedUse }[] {
  const taken: { channel: Channel; use: FundedUse }[] = []
  for (const [key, use] of uses) {
    const way = wayOf(use, until > epoch, hasText(use))
    if (way === 'waits' || way === 'nobody') continue
    taken.push({ channel: way, use })
    uses.delete(key)
  }
  return taken
}

function newEntries(
  epoch: number,
  { featureWaitEpochs }: Policy,
  { uses, parts }: { readonly uses: readonly FundedUse[]; readonly parts: readonly DataPart[] },
  { records }: DecidedEpoch,
): WaitingEntry[] {
  const entries = new Map<string, WaitingEntry>()
  const until = epoch + featureWaitEpochs
  for (const { model, token, isRetrieved: retrieved, part } of parts) {
    const key = `${periodKey(model, token)} ${retrieved}`
    const empty = { part: 0n, fees: 0n, taken: 0n, uses: new Map<number, FundedUse>() }
    const entry = entries.get(key) ?? { epoch, model, token, retrieved, until, ...empty }
    entry.part += part
    entries.set(key, entry)
  }
  for (const use of uses) {
    const entry = entries.get(`${periodKey(use.model, use.token)} ${use.retrieved.length > 0}`)!
    entry.fees += use.fee
    // The records of its epoch are let go; a channel that is tried before may keep it waiting.
    const features = use.featuresRow === undefined ? use.features : copyFeatures(records, use.featuresRow)
    entry.uses.set(use.entry, { ...use, featuresRow: undefined, features })
  }
  return [...entries.values()]
}

type EntryKey = Pick<WaitingEntry, 'epoch' | 'model' | 'token' | 'retrieved'>

export function compareEntries(a: EntryKey, b: EntryKey): number {
  return firstOf(
    a.epoch - b.epoch,
    compareText(a.model, b.model),
    compareText(a.token, b.token),
    Number(a.retrieved) - Number(b.retrieved),
  )
}
