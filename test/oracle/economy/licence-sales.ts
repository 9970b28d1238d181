import { divide } from './hamilton.ts'
import { type Entry, type LicenceForSale, type LicencePurchase, LicencesOracle, type Terms } from './licences.ts'

type Purchase = Entry<LicencePurchase>

/** Licences that are sold, as docs/formats.md tells it: beside those that are granted, in the same array, and as plainly. */
export class LicenceSalesOracle extends LicencesOracle {
  protected override decideTrade(place: number, { epoch, atMs, what }: Entry): string {
    if (what.kind === 'sell') {
      if (this.#offer(what.offer, place) !== undefined) return 'OFFER_EXISTS'
      if ((this.ownersAt(what.asset, place).get(what.by) ?? 0n) === 0n) return 'REGISTRANT_NOT_OWNER'
      return this.decideTerms({ ...what, untilMs: 0n }, epoch, atMs)
    }
    if (what.kind !== 'buy') return 'accepted'
    const offer = this.#offer(what.offer, place)
    if (offer === undefined) return 'OFFER_UNKNOWN'
    if (offer.version !== what.version) return 'OFFER_MISMATCH'
    return offer.by === what.buyer ? 'BUYER_IS_SELLER' : 'accepted'
  }

  #offer(name: string, before: number): LicenceForSale | undefined {
    return this.entries
      .slice(0, before)
      .flatMap(({ what, outcome }) => (what.kind === 'sell' && outcome === 'accepted' ? [what] : []))
      .find(({ offer }) => offer === name)
  }

  /** Of a purchase that was accepted. */
  #bought({ what }: Purchase): LicenceForSale {
    return this.#offer(what.offer, this.entries.length)!
  }

  protected override trade(place: number, entry: Entry): void {
    if (entry.what.kind !== 'buy' || entry.outcome !== 'accepted') return
    const offer = this.#bought(entry as Purchase)
    const sold = this.#settled().filter(({ what }) => what.offer === offer.offer).length
    const owned = this.ownersAt(offer.asset, place).get(offer.by) ?? 0n
    if (offer.copies > 0 && sold >= offer.copies) entry.status = 'taken'
    else if (owned === 0n) entry.status = 'lapsed'
    else if (offer.price > this.balanceOf(entry.epoch, entry.what.buyer, offer.token)) entry.status = 'unfunded'
    else entry.status = 'settled'
  }

  #settled(): Purchase[] {
    return this.entries.filter((entry): entry is Purchase => entry.what.kind === 'buy' && entry.status === 'settled')
  }

  protected override termsOf(entry: Entry): Terms | undefined {
    if (entry.what.kind !== 'buy') return super.termsOf(entry)
    if (entry.status !== 'settled') return undefined
    const { durationMs, ...offer } = this.#bought(entry as Purchase)
    const untilMs = durationMs === 0n ? 0n : entry.atMs + durationMs
    return { ...offer, untilMs, grant: 'has no name', licensee: entry.what.buyer }
  }

  protected override paidFor(payer: string, token: string): bigint {
    return this.#settled()
      .filter((entry) => entry.what.buyer === payer && this.#bought(entry).token === token)
      .reduce((sum, entry) => sum + this.#bought(entry).price, 0n)
  }

  soldIn(epoch: number, token: string): bigint {
    return this.#settled()
      .filter((entry) => entry.epoch === epoch && this.#bought(entry).token === token)
      .reduce((sum, entry) => sum + this.#bought(entry).price, 0n)
  }

  /** What of all that can become of things did, in words. */
  happened(): Set<string> {
    const seen = new Set<string>()
    for (const [place, { outcome, status, fate, epoch, what, atMs, fundedAt }] of this.entries.entries()) {
      for (const one of [outcome, status, fate]) if (one !== undefined) seen.add(one)
      if (what.kind !== 'use' || fundedAt === undefined) continue
      if (fate === 'released' && this.entries[fundedAt]!.what.kind === 'buy') seen.add('released by a purchase')
      for (const bought of this.#settled().filter((each) => this.entries.indexOf(each) < place)) {
        const { untilMs, fromMs, asset, uses, licensee } = this.termsOf(bought)!
        const isMeant = asset === what.model && licensee === what.payer && uses.includes('infer') && fate === 'funded'
        if (!isMeant || atMs < fromMs || (untilMs !== 0n && atMs >= untilMs)) continue
        seen.add(bought.epoch === epoch ? 'covered by a purchase of its epoch' : 'covered by an earlier purchase')
      }
    }
    return seen
  }

  statusesIn(epoch: number): string[] {
    return this.entries.flatMap((entry) => (entry.epoch === epoch && entry.status !== undefined ? [entry.status] : []))
  }

  /** `account asset token` → what owners are paid for licences in an epoch, one price after the other. */
  licenceLines(epoch: number): Map<string, bigint> {
    const lines = new Map<string, bigint>()
    for (const [place, entry] of this.entries.entries()) {
      if (entry.epoch !== epoch || entry.what.kind !== 'buy' || entry.status !== 'settled') continue
      const { asset, token, price } = this.#bought(entry as Purchase)
      const owners = [...this.ownersAt(asset, place)].sort(([a], [b]) => (a < b ? -1 : 1))
      const amounts = divide(
        price,
        owners.map(([, parts]) => parts),
      )
      for (const [index, [account]] of owners.entries()) {
        const line = `${account} ${asset} ${token}`
        lines.set(line, (lines.get(line) ?? 0n) + amounts[index]!)
      }
    }
    return new Map([...lines].filter(([, amount]) => amount > 0n))
  }
}
