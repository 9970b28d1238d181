import type { Channels } from './channels.ts'
import type { Corrections } from './corrections.ts'
import type { DecidedEpoch } from './decide.ts'
import type { History } from './history.ts'
import { type AskedUse, reachesBack } from './licences.ts'
import { compareText, firstOf } from './order.ts'
import { copyFeatures, type EventFeatures } from './period-events.ts'
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
  { licences }: History,
  licensed: readonly string[],
  use: AskedUse,
  { records }: DecidedEpoch,
): Set<string> {
  const atMs = records.effectiveMs(use.row)
  return new Set(licensed.filter((name) => !licences.cover(name, use, atMs, records)))
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

/** What an epoch did to what is held. */
export interface EndedUses {
  /** Each with the row of the grant that was the last one it waited for. */
  readonly released: readonly { readonly use: HeldUse; readonly row: number }[]
  readonly refunded: readonly HeldUse[]
}

/**
 * Step 2 of settlement, the end of it: features and ratings that came for held uses are kept; grants release what they reach back to,
 * in accept order; then whoever waited long enough has the fee back.
 *
 * @param held changed in place
 */
export function endHeldUses(
  held: HeldUse[],
  epoch: number,
  { records, featuresOf, ratings, grants }: DecidedEpoch,
): EndedUses {
  for (const use of held) {
    const row = featuresOf.get(use.entry)
    if (row !== undefined) use.features = copyFeatures(records, row)
    use.score = ratings.get(use.entry) ?? use.score
  }
  const released: { use: HeldUse; row: number }[] = []
  const ended = new Set<HeldUse>()
  for (const { row, terms } of grants) {
    for (const use of held) {
      if (ended.has(use) || !use.missing.has(terms.asset)) continue
      if (reachesBack(terms, { epoch, row }, use, records)) use.missing.delete(terms.asset)
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
