import type { EventBodies } from '../schemas/events.ts'
import { apportion } from './apportion.ts'
import type { FundedUse } from './funding.ts'
import type { History } from './history.ts'
import { compareText, firstOf } from './order.ts'
import type { AcceptOrder } from './ownership.ts'
import type { PayerPart, SettlementLine } from './pools.ts'
import { addTo, sumOf } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** A funded use of an agent that its payer may rate. */
interface RatableUse {
  readonly agent: string
  readonly fee: bigint
  /** Of the agent's ownership in the epoch of the use, and who owned it then. */
  readonly version: number
  readonly owners: ReadonlyMap<string, number>
  score: number
}

/** Outcome parts of what one payer paid in one epoch, while the payer may still rate. */
export interface OutcomeEntry {
  readonly epoch: number
  readonly payer: string
  readonly token: string
  /** Last epoch in which ratings still count. */
  readonly until: number
  readonly part: bigint
  /** By entry in the ids of the history. */
  readonly uses: ReadonlyMap<number, RatableUse>
}

/** With scores of its own. */
export function copyOutcome(entry: OutcomeEntry): OutcomeEntry {
  return { ...entry, uses: new Map([...entry.uses].map(([id, use]) => [id, { ...use }])) }
}

/** What this epoch did to the outcome parts. */
export interface DividedOutcomes {
  readonly lines: readonly SettlementLine[]
  /** By token: what nobody was rated for. */
  readonly unattributed: ReadonlyMap<string, bigint>
}

/** What an epoch adds to the entries, and to their uses. */
interface Added {
  readonly policy: Policy | undefined
  readonly funded: readonly FundedUse[]
  readonly parts: readonly PayerPart[]
  /** Accepted in the epoch: entry of the inference → score. */
  readonly ratings: ReadonlyMap<number, number>
}

/**
 * docs/formats.md#outcomes: what is paid for the work of agents waits for its payer's ratings, and is divided by them.
 *
 * @param entries changed in place; ascending by (epoch, payer, token) afterwards
 */
export function settleOutcomes(
  entries: OutcomeEntry[],
  epoch: number,
  { policy, funded, parts, ratings }: Added,
  history: History,
  order: AcceptOrder,
): DividedOutcomes {
  if (policy !== undefined) entries.push(...newEntries(epoch, policy, funded, parts, history, order))
  for (const { uses } of ratings.size === 0 ? [] : entries)
    for (const [entry, use] of uses) use.score = ratings.get(entry) ?? use.score
  const lines: SettlementLine[] = []
  const unattributed = new Map<string, bigint>()
  const left: OutcomeEntry[] = []
  for (const entry of entries.splice(0)) {
    if (entry.until > epoch) left.push(entry)
    else if (ratedUses(entry).length === 0) addTo(unattributed, entry.token, entry.part)
    else lines.push(...divide(entry))
  }
  entries.push(...left.sort(compareOutcomes))
  return { lines, unattributed }
}

function newEntries(
  epoch: number,
  { outcomeWaitEpochs }: Policy,
  funded: readonly FundedUse[],
  parts: readonly PayerPart[],
  { ownership }: History,
  order: AcceptOrder,
): OutcomeEntry[] {
  const sums = new Map<string, bigint>()
  for (const { payer, token, part } of parts) addTo(sums, JSON.stringify([payer, token]), part)
  const usesOf = new Map([...sums].filter(([, part]) => part > 0n).map(([key]) => [key, new Map<number, RatableUse>()]))
  if (usesOf.size === 0) return []
  for (const { entry, payer, token, agent, fee, row, score = 0 } of funded) {
    if (agent === '') continue
    const version = ownership.versionAt(agent, row, order)
    const use = { agent, fee, version, owners: ownership.in(agent, version), score }
    usesOf.get(JSON.stringify([payer, token]))?.set(entry, use)
  }
  return [...usesOf].map(([key, uses]) => {
    const [payer, token] = JSON.parse(key) as [string, string]
    return { epoch, payer, token, until: epoch + outcomeWaitEpochs, part: sums.get(key)!, uses }
  })
}

function ratedUses({ uses }: OutcomeEntry): RatableUse[] {
  return [...uses.values()].filter(({ score }) => score > 0)
}

/** By Σ fee·score over the agents, likewise over each one's owners as they changed, and over these by what they owned. */
function divide(entry: OutcomeEntry): SettlementLine[] {
  const agents = [...groupsOf(ratedUses(entry), ({ agent }) => agent)].sort(([a], [b]) => compareText(a, b))
  const amounts = apportion(
    entry.part,
    agents.map(([, uses]) => weightOf(uses)),
  )
  return agents.flatMap(([agent, uses], index) => {
    const versions = [...groupsOf(uses, ({ version }) => version)].sort(([a], [b]) => a - b)
    const shares = apportion(
      amounts[index]!,
      versions.map(([, own]) => weightOf(own)),
    )
    return versions.flatMap(([, [use]], at) => {
      const owners = [...use!.owners].sort(([a], [b]) => compareText(a, b))
      const paid = apportion(
        shares[at]!,
        owners.map(([, parts]) => BigInt(parts)),
      )
      return owners.map(([account], own) => ({
        ...{ account, token: entry.token, kind: 'outcome' as const },
        ...{ asset: agent, amount: paid[own]! },
      }))
    })
  })
}

function groupsOf<Key>(uses: readonly RatableUse[], keyOf: (use: RatableUse) => Key): Map<Key, RatableUse[]> {
  const groups = new Map<Key, RatableUse[]>()
  for (const use of uses) {
    const group = groups.get(keyOf(use))
    if (group === undefined) groups.set(keyOf(use), [use])
    else group.push(use)
  }
  return groups
}

function weightOf(uses: readonly RatableUse[]): bigint {
  return sumOf(uses.map(({ fee, score }) => fee * BigInt(score)))
}

type EntryKey = Pick<OutcomeEntry, 'epoch' | 'payer' | 'token'>

export function compareOutcomes(a: EntryKey, b: EntryKey): number {
  return firstOf(a.epoch - b.epoch, compareText(a.payer, b.payer), compareText(a.token, b.token))
}
