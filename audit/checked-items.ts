import { decodeRecord } from '../schemas/decode-record.ts'
import type { DisputedItem } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { OUTCOMES } from '../schemas/rejection.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Contribution, ContributionPlace } from './attribution/period.ts'
import type { RecomputedLedger } from './audit.ts'
import { openRecords } from './bundle.ts'
import { findBatch, type History } from './history.ts'
import { compareItem } from './re-extract/compare.ts'
import { ExtractorDiffersError } from './re-extract/errors.ts'
import { readPayload } from './re-extract/payload-folder.ts'
import { findPublishedItems, wantedKey } from './re-extract/published-items.ts'
import { COMMITMENTS, type Extractor, type FieldDifference, type ItemOutcome } from './re-extract/re-extraction.ts'
import { readRecordsOfCut } from './records.ts'

/** With what features are extracted anew. */
export interface FeaturesToCheck {
  /** A folder of payloads (docs/features.md#payloads). */
  readonly payloads: string
  readonly extractor: Extractor
}

/** A contribution that equals the item, or is near it, under some feature map. */
interface AlikeItem extends DisputedItem {
  readonly account: string
  readonly how: 'equals' | 'is near'
  /** By priority (docs/formats.md#commitments). */
  readonly isEarlier: boolean
}

export interface CheckedItem extends DisputedItem {
  /** Whose it is. */
  readonly account: string
  readonly verdict: 'holds' | 'does not hold' | 'undecided'
  /** Of other accounts; for a claim of duplicates. */
  readonly alike: readonly AlikeItem[]
  /** For a claim of features. */
  readonly features: readonly {
    readonly featureMap: string
    readonly outcome: ItemOutcome | 'not looked at'
    readonly differences: readonly FieldDifference[]
  }[]
}

/** Found for one item; of one that is alike under several maps only the first is told. */
const ALIKE_SHOWN_MAX = 16

/** Whether each item equals, or is near, an earlier one of another account, under any feature map. */
export async function checkDuplicates(
  items: readonly DisputedItem[],
  ledger: RecomputedLedger,
): Promise<CheckedItem[]> {
  const found = items.map((item) => ({ item, ...alikeOf(item, ledger.history) }))
  const ranks = new Set(found.flatMap(({ alike }) => alike.map(({ place }) => place.batchRank)))
  const names = await nameBatches(ranks, ledger)
  return found.map(({ item, alike, isSeen }) => {
    const named = alike.map(({ place, ...rest }) => ({ ...names.get(place.batchRank)!, index: place.index, ...rest }))
    const isCopy = named.some(({ isEarlier }) => isEarlier)
    const { account } = findBatch(ledger.history, item.batchSource, item.batchId)!
    const verdict = isCopy ? 'holds' : isSeen ? 'does not hold' : 'undecided'
    return { ...item, account, verdict, alike: named, features: [] }
  })
}

type Found = Omit<AlikeItem, keyof DisputedItem> & { readonly place: ContributionPlace }

/** `isSeen`: it has features under some map, that were not erased. */
function alikeOf(item: DisputedItem, history: History): { readonly alike: Found[]; readonly isSeen: boolean } {
  const { rank, account } = findBatch(history, item.batchSource, item.batchId)!
  const found = new Map<string, Found>()
  let isSeen = false
  const add = (own: Contribution, other: Contribution, how: AlikeItem['how']) => {
    const place = { batchRank: other.batchRank, index: other.index }
    const key = `${place.batchRank}/${place.index}`
    if (other.account === account || found.has(key)) return
    found.set(key, { place, account: other.account, how, isEarlier: comparePriority(other, own) < 0 })
  }
  for (const { all } of history.contributions.values()) {
    const own = all.find((each) => each.batchRank === rank && each.index === item.index)
    if (own === undefined) continue
    isSeen = true
    for (const other of all) if (other !== own && other.fingerprint === own.fingerprint) add(own, other, 'equals')
    for (const other of all) if (isNear(own, other) || isNear(other, own)) add(own, other, 'is near')
  }
  const ordered = [...found.values()].sort((a, b) => Number(b.isEarlier) - Number(a.isEarlier))
  return { alike: ordered.slice(0, ALIKE_SHOWN_MAX), isSeen }
}

function isNear(a: Contribution, b: Contribution): boolean {
  return a.near.some(({ batchRank, index }) => batchRank === b.batchRank && index === b.index)
}

/** docs/formats.md#commitments: priority, then the earlier batch, then the lower index. */
function comparePriority(a: Contribution, b: Contribution): number {
  return a.priority - b.priority || a.batchRank - b.batchRank || a.index - b.index
}

/** What batches are called; the recomputation remembers them by their places only. */
async function nameBatches(
  ranks: ReadonlySet<number>,
  { epochs, history }: RecomputedLedger,
): Promise<Map<number, { readonly batchSource: string; readonly batchId: string }>> {
  const names = new Map<number, { batchSource: string; batchId: string }>()
  for (const { folder, manifest } of epochs) {
    if (names.size === ranks.size) break
    const table = await openRecords(folder)
    try {
      await readRecordsOfCut(table, manifest, (record) => {
        if (record.topic !== TOPICS.contributions || record.outcome !== OUTCOMES.accepted) return
        const decoded = decodeRecord(record.raw(), history.schemas)
        if (decoded.outcome !== 'decoded' || decoded.event.type !== 'ContributionBatch') return
        const { source, id } = decoded.event
        const rank = findBatch(history, source, id)?.rank
        if (rank !== undefined && ranks.has(rank)) names.set(rank, { batchSource: source, batchId: id })
      })
    } finally {
      await table.close()
    }
  }
  return names
}

/**
 * Whether what was published of each item comes out of its payload again, under every feature map of this extractor.
 *
 * @throws ExtractorDiffersError when no map of the items is of this extractor
 */
export async function checkFeatures(
  items: readonly DisputedItem[],
  { history, epochs }: RecomputedLedger,
  given: FeaturesToCheck | undefined,
): Promise<CheckedItem[]> {
  const placed = items.map((item) => {
    const { rank, account } = findBatch(history, item.batchSource, item.batchId)!
    const maps = [...history.contributions]
      .filter(([, { all }]) => all.some((each) => each.batchRank === rank && each.index === item.index))
      .map(([featureMap]) => featureMap)
    return { item, account, rank, maps }
  })
  const mine =
    given === undefined
      ? []
      : mapsOf(
          given.extractor,
          history,
          placed.flatMap(({ maps }) => maps),
        )
  const wanted = placed.flatMap(({ item, rank, maps }) =>
    maps
      .filter((featureMap) => mine.includes(featureMap))
      .map((featureMap) => ({ featureMap, batchRank: rank, index: item.index })),
  )
  const rankOf = (source: string, id: string) => findBatch(history, source, id)?.rank
  const published = await findPublishedItems(wanted, epochs, history.schemas, rankOf)
  const checked: CheckedItem[] = []
  for (const { item, account, rank, maps } of placed) {
    const features: CheckedItem['features'][number][] = []
    for (const featureMap of maps) {
      const entry = published.get(wantedKey({ featureMap, batchRank: rank, index: item.index }))
      if (entry === undefined) {
        features.push({ featureMap, outcome: 'not looked at', differences: [] })
        continue
      }
      const { fingerprintSalt } = history.featureMaps.get(featureMap)!
      const payload = await readPayload(given!.payloads, entry.item.contentHash)
      features.push({ featureMap, ...compareItem(entry, payload, { extractor: given!.extractor, fingerprintSalt }) })
    }
    checked.push({ ...item, account, verdict: verdictOf(features), alike: [], features })
  }
  return checked
}

function mapsOf({ hashes }: Extractor, { featureMaps }: History, used: readonly string[]): string[] {
  const differsIn = (featureMap: string) =>
    COMMITMENTS.filter((name) => toHex(featureMaps.get(featureMap)![name]) !== toHex(hashes[name]))
  const mine = used.filter((featureMap) => differsIn(featureMap).length === 0)
  const [first] = used
  if (mine.length === 0 && first !== undefined)
    throw new ExtractorDiffersError({ featureMap: first, differs: differsIn(first).join(', ') })
  return mine
}

function verdictOf(features: CheckedItem['features']): CheckedItem['verdict'] {
  if (features.some(({ outcome }) => outcome === 'differs')) return 'holds'
  const isSeen = features.some(({ outcome }) => outcome === 'same' || outcome === 'within tolerance')
  return isSeen ? 'does not hold' : 'undecided'
}
