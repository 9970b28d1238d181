import type { Channels } from './channels.ts'
import type { Corrections } from './corrections.ts'
import type { DecidedEpoch } from './decide.ts'
import { findBatchNumber, type History } from './history.ts'
import { type AskedUse, reachesBack, type Terms, type UsedAs } from './licences.ts'
import { compareText, firstOf } from './order.ts'
import { copyFeatures, type EventFeatures } from './period-events.ts'
import type { RetrievedItem } from './records/use-body.ts'
import type { State } from './state.ts'
import { addTo } from './sums.ts'

/** A use whose fee was taken, and is held because it lies outside the licences of something that it used. */
export interface HeldUse extends AskedUse {
  /** Its entry in the ids of the history. */
  readonly entry: number
  readonly model: string
  readonly infrastructure: string
  readonly agent: string
  readonly token: string
  readonly retrieved: readonly RetrievedItem[]
  /** Less what corrections took back. */
  fee: bigint
  /** Last epoch in which a licence releases it. */
  readonly until: number
  /** Assets of which it had no licence, and got none since. */
  readonly missing: Set<string>
  /** As soon as they have come. */
  features: EventFeatures | undefined
  /** As soon as its payer has rated it. */
  score: number | undefined
}

/** Of the licensed assets that a use used: those that no licence lets it use. */
export function missingLicences(
  { assets, licences }: History,
  licensed: readonly string[],
  use: AskedUse,
  { records }: DecidedEpoch,
): Set<string> {
  const atMs = records.effectiveMs(use.row)
  return new Set(licensed.filter((name) => !licences.cover(name, usedAs(assets, name), use, atMs, records)))
}

/** A dataset is what is retrieved from. */
function usedAs(assets: History['assets'], name: string): UsedAs {
  return assets.get(name)!.kind === 'dataset' ? 'retrieve' : 'infer'
}

/** The licensed assets of a use: its model, its agent, and the datasets of the batches that it retrieved from, as far as these are there. */
export function licensedAssets(
  history: History,
  used: Pick<HeldUse, 'model' | 'agent' | 'retrieved'>,
): readonly string[] {
  const isLicensed = (asset: string) => history.assets.get(asset)?.access === 'licensed'
  const named = [used.model, used.agent].filter(isLicensed)
  if (used.retrieved.length === 0) return named
  const datasets = used.retrieved.map(({ batch }) => history.batches[findBatchNumber(history, batch, 0)]?.dataset)
  const from = datasets.filter((dataset) => dataset !== undefined && isLicensed(dataset)) as string[]
  return [...new Set([...named, ...from])]
}

/**
 * Step 2 of settlement: what corrections take back of held fees.
 *
 * @param held changed in place: of which nothing is left, that is held no more
 */
export function lowerHeldUses(held: HeldUse[], corrections: Corrections): { use: HeldUse; taken: bigint }[] {
  const lowered: { use: HeldUse; taken: bigint }[] = []
  for (const use of held) {
    const { fee } = corrections.standing(use.entry)
    if (fee === use.fee) continue
    lowered.push({ use, taken: use.fee - fee })
    use.fee = fee
  }
  if (lowered.length > 0) held.splice(0, held.length, ...held.filter(({ fee }) => fee > 0n))
  return lowered
}

/** What a licence says, and the row of its grant, or of its acceptance. */
export interface PlacedTerms {
  readonly row: number
  readonly terms: Terms
}

/** What an epoch did to what is held. */
export interface EndedUses {
  /** Each with the row of the grant, or of the acceptance, that was the last one it waited for. */
  readonly released: readonly { readonly use: HeldUse; readonly row: number }[]
  readonly refunded: readonly HeldUse[]
}

/**
 * Step 2 of settlement, the end of it: features and ratings that came for held uses are kept; grants, and licences that were bought,
 * release what they reach back to, in accept order; then whoever waited long enough has the fee back.
 *
 * @param held   changed in place
 * @param bought in the epoch, and covering what was before
 */
export function endHeldUses(
  held: HeldUse[],
  epoch: number,
  { assets }: Pick<History, 'assets'>,
  { records, featuresOf, ratings, grants }: DecidedEpoch,
  bought: readonly PlacedTerms[],
): EndedUses {
  for (const use of held) {
    const row = featuresOf.get(use.entry)
    if (row !== undefined) use.features = copyFeatures(records, row)
    use.score = ratings.get(use.entry) ?? use.score
  }
  const released: { use: HeldUse; row: number }[] = []
  const ended = new Set<HeldUse>()
  const reaching = [...grants, ...bought].sort((a, b) => records.compareRows(a.row, b.row))
  for (const { row, terms } of reaching) {
    for (const use of held) {
      if (ended.has(use) || !use.missing.has(terms.asset)) continue
      if (reachesBack(terms, { epoch, row }, usedAs(assets, terms.asset), use, records)) use.missing.delete(terms.asset)
      if (use.missing.size > 0) continue
      ended.add(use)
      released.push({ use, row })
    }
  }
  const refunded = held.filter((use) => !ended.has(use) && use.until <= epoch)
  for (const use of refunded) ended.add(use)
  let kept = 0
  for (const use of held) if (!ended.has(use)) held[kept++] = use
  held.length = kept
  return { released, refunded }
}

/** So much of the fee is the payer's again, and so is what was promised for it. */
export function giveBack(
  { payer, token, model }: HeldUse,
  fee: bigint,
  { balances, channels }: { readonly balances: Map<string, bigint>; readonly channels: Channels },
): void {
  addTo(balances, payer + token, fee)
  channels.get(payer + token + model)!.spent -= fee
}

type OutsideEntry = State['outside'][number]

/** As state.json has them: sums of (epoch, model, payer, token). */
export function outsideOf(held: readonly HeldUse[]): OutsideEntry[] {
  const sums = new Map<string, OutsideEntry>()
  for (const { epoch, model, payer, token, until, fee } of held) {
    const key = JSON.stringify([epoch, model, payer, token])
    const fees = BigInt(sums.get(key)?.fees ?? 0) + fee
    sums.set(key, { epoch, model, payer, token, until, fees: fees.toString() })
  }
  return [...sums.values()].sort(compareOutside)
}

export function compareOutside(a: OutsideEntry, b: OutsideEntry): number {
  return firstOf(
    a.epoch - b.epoch,
    compareText(a.model, b.model),
    compareText(a.payer, b.payer),
    compareText(a.token, b.token),
  )
}
