/**
 * Licences as docs/formats.md tells them, in the plainest way there is: everything that ever happened lies in one array in accept
 * order, and every question is answered by looking through all of it again. It shares no code with what it is held against.
 */

/** What a grant says, or a licence that was bought. */
export interface Terms {
  readonly grant: string
  readonly asset: string
  readonly by: string
  readonly licensee: string
  readonly uses: readonly string[]
  readonly fromMs: bigint
  readonly untilMs: bigint
  readonly list: string
  readonly coversFrom: number
}

/** An offer of licences; see licence-sales.ts. */
export interface LicenceForSale extends Omit<Terms, 'grant' | 'licensee' | 'untilMs'> {
  readonly kind: 'sell'
  readonly offer: string
  readonly token: string
  readonly price: bigint
  readonly durationMs: bigint
  readonly copies: number
  /** Of several offers of one name, which. */
  readonly version: number
}

export interface LicencePurchase {
  readonly kind: 'buy'
  readonly offer: string
  /** Of the offer that the buyer has seen. */
  readonly version: number
  readonly buyer: string
}

export interface LicensedUse {
  readonly kind: 'use'
  readonly payer: string
  readonly model: string
  /** Empty: none. */
  readonly agent: string
  readonly token: string
  readonly fee: bigint
  readonly commercial: boolean
  /** Empty: none. */
  readonly list: string
}

export type LicenceHappening =
  | { readonly kind: 'deposit'; readonly payer: string; readonly token: string; readonly amount: bigint }
  | {
      readonly kind: 'voucher'
      readonly payer: string
      readonly model: string
      readonly token: string
      readonly cumulative: bigint
    }
  | ({ readonly kind: 'grant' } & Terms)
  | { readonly kind: 'revoke'; readonly grant: string; readonly asset: string; readonly by: string }
  | {
      readonly kind: 'transfer'
      readonly asset: string
      readonly from: string
      readonly to: string
      readonly parts: bigint
    }
  /** What policies say from an epoch on, with an epoch's notice. */
  | { readonly kind: 'policy'; readonly outsideWait: number }
  | LicensedUse
  | LicenceForSale
  | LicencePurchase

export type Fate = 'reported' | 'unfunded' | 'funded' | 'held' | 'released' | 'refunded'

export interface Entry<What = LicenceHappening> {
  readonly epoch: number
  readonly atMs: bigint
  readonly what: What
  outcome: string
  /** Of an accepted use. */
  fate?: Fate
  /** In which epoch a held fee ends being held, at the latest. */
  until?: number
  /** In which epoch it was released or given back, and at which place of the array it was released. */
  endedIn?: number
  fundedAt?: number
  /** Of an accepted purchase. */
  status?: string
}

export interface Assets {
  readonly [asset: string]: {
    readonly kind: 'model' | 'agent'
    readonly isLicensed: boolean
    readonly owners: ReadonlyMap<string, bigint>
  }
}

const MILLION = 1_000_000n

export class LicencesOracle {
  readonly entries: Entry[] = []
  readonly #assets: Assets
  /** Price list → its model. */
  readonly #lists: ReadonlyMap<string, string>

  constructor(assets: Assets, lists: ReadonlyMap<string, string>, outsideWait: number) {
    this.#assets = assets
    this.#lists = lists
    this.add(0, 0n, { kind: 'policy', outsideWait })
  }

  add(epoch: number, atMs: bigint, what: LicenceHappening): void {
    this.entries.push({ epoch, atMs, what, outcome: 'undecided' })
  }

  settle(epoch: number): void {
    const own = [...this.entries.entries()].filter(([, entry]) => entry.epoch === epoch)
    // Uses see all of the epoch's registry, each at its place; deposits and vouchers are there before any use.
    for (const [place, entry] of own) entry.outcome = this.#decide(place, entry)
    for (const [place, entry] of own) {
      if (entry.what.kind === 'use') this.#take(place, entry as Entry<LicensedUse>)
      this.trade(place, entry)
    }
    for (const [place, entry] of own) if (this.termsOf(entry) !== undefined) this.#release(place, epoch)
    for (const entry of this.#uses())
      if (entry.fate === 'held' && entry.until! <= epoch) Object.assign(entry, { fate: 'refunded', endedIn: epoch })
  }

  /** What is not of this page: nothing is bought. */
  protected trade(_place: number, _entry: Entry): void {}
  protected decideTrade(_place: number, _entry: Entry): string {
    return 'accepted'
  }
  protected paidFor(_payer: string, _token: string): bigint {
    return 0n
  }

  /** What an entry allows from its place on, if anything. */
  protected termsOf({ what, outcome }: Entry): Terms | undefined {
    return what.kind === 'grant' && outcome === 'accepted' ? what : undefined
  }

  /** What an account owns of an asset at a place: what it had, and all transfers before it. */
  ownersAt(asset: string, place: number): Map<string, bigint> {
    const owners = new Map(this.#assets[asset]!.owners)
    for (const { what, outcome } of this.entries.slice(0, place)) {
      if (what.kind !== 'transfer' || outcome !== 'accepted' || what.asset !== asset) continue
      owners.set(what.from, owners.get(what.from)! - what.parts)
      owners.set(what.to, (owners.get(what.to) ?? 0n) + what.parts)
    }
    return new Map([...owners].filter(([, parts]) => parts > 0n))
  }

  #decide(place: number, { epoch, atMs, what }: Entry): string {
    const before = this.entries.slice(0, place)
    const owns = (asset: string, who: string) => this.ownersAt(asset, place).get(who) ?? 0n
    if (what.kind === 'transfer') return owns(what.asset, what.from) >= what.parts ? 'accepted' : 'SHARES_NOT_OWNED'
    if (what.kind === 'grant') {
      if (owns(what.asset, what.by) === 0n) return 'REGISTRANT_NOT_OWNER'
      const isTaken = before.some(
        (each) => each.what.kind === 'grant' && each.what.grant === what.grant && each.outcome === 'accepted',
      )
      if (isTaken) return 'LICENCE_EXISTS'
      return this.decideTerms(what, epoch, atMs)
    }
    if (what.kind === 'revoke') {
      const isThere = before.some(
        ({ what: each, outcome }) =>
          outcome === 'accepted' && each.kind === 'grant' && each.grant === what.grant && each.asset === what.asset,
      )
      if (!isThere) return 'LICENCE_UNKNOWN'
      if (owns(what.asset, what.by) === 0n) return 'REGISTRANT_NOT_OWNER'
      return this.#revokedAt(what.grant) < place ? 'LICENCE_REVOKED' : 'accepted'
    }
    return this.decideTrade(place, { epoch, atMs, what, outcome: 'undecided' })
  }

  protected decideTerms(
    { asset, fromMs, untilMs, coversFrom, list }: Pick<Terms, 'asset' | 'fromMs' | 'untilMs' | 'coversFrom' | 'list'>,
    epoch: number,
    atMs: bigint,
  ): string {
    const isBackdated = fromMs !== 0n && fromMs < atMs
    const isOver = untilMs !== 0n && untilMs <= atMs
    if (isBackdated || isOver || coversFrom > epoch) return 'LICENCE_WINDOW_INVALID'
    if (list === '') return 'accepted'
    const model = this.#lists.get(list)
    const isOfOther = this.#assets[asset]!.kind === 'model' && model !== asset
    return model === undefined || isOfOther ? 'PRICE_LIST_UNKNOWN' : 'accepted'
  }

  #revokedAt(grant: string): number {
    const found = this.entries.findIndex(
      ({ what, outcome }) => what.kind === 'revoke' && what.grant === grant && outcome === 'accepted',
    )
    return found < 0 ? Number.POSITIVE_INFINITY : found
  }

  #uses(): Entry<LicensedUse>[] {
    return this.entries.filter(
      (entry): entry is Entry<LicensedUse> => entry.what.kind === 'use' && entry.outcome === 'accepted',
    )
  }

  #take(place: number, entry: Entry<LicensedUse>): void {
    const { what, epoch } = entry
    const spent = this.spentOf(what)
    const promised = this.promisedOf(epoch, what)
    if (promised === undefined || spent + what.fee > promised) entry.fate = 'reported'
    else if (what.fee === 0n || what.fee > this.balanceOf(epoch, what.payer, what.token)) entry.fate = 'unfunded'
    else if (this.#isCovered(place, entry)) Object.assign(entry, { fate: 'funded', fundedAt: place })
    else Object.assign(entry, { fate: 'held', until: epoch + this.waitIn(epoch) })
  }

  /** By the policy of the founding, or the last one that was published two epochs ago or earlier. */
  waitIn(epoch: number): number {
    let wait = 0
    for (const { what, epoch: published } of this.entries)
      if (what.kind === 'policy' && (published === 0 || published <= epoch - 2)) wait = what.outsideWait
    return wait
  }

  #assetsOf({ model, agent }: LicensedUse): string[] {
    return [model, agent].filter((asset) => this.#assets[asset]?.isLicensed)
  }

  #isCovered(place: number, { what, atMs }: Entry<LicensedUse>): boolean {
    return this.#assetsOf(what).every((asset) => this.#isAssetCovered(asset, place, what, atMs))
  }

  #isAssetCovered(asset: string, place: number, use: LicensedUse, atMs: bigint): boolean {
    return this.entries.some((entry, at) => {
      const terms = this.termsOf(entry)
      return (
        terms !== undefined &&
        terms.asset === asset &&
        at < place &&
        place < this.#revokedAt(terms.grant) &&
        atMs >= terms.fromMs &&
        (terms.untilMs === 0n || atMs < terms.untilMs) &&
        this.#isMeant(terms, use)
      )
    })
  }

  #isMeant(terms: Terms, use: LicensedUse): boolean {
    if (!terms.uses.includes('infer')) return false
    if (use.commercial && !terms.uses.includes('commercial')) return false
    if (terms.list !== '' && terms.list !== use.list) return false
    return terms.licensee === 'anyone' || terms.licensee === use.payer
  }

  /** At a grant or a purchase, everything that it and those before it reach back to. */
  #release(place: number, epoch: number): void {
    for (const use of this.#uses()) {
      if (use.fate !== 'held') continue
      const usedAt = this.entries.indexOf(use as Entry)
      const isCovered = this.#assetsOf(use.what).every(
        (asset) =>
          this.#isAssetCovered(asset, usedAt, use.what, use.atMs) ||
          this.entries.some((entry, at) => {
            const terms = this.termsOf(entry)
            return (
              terms !== undefined &&
              terms.asset === asset &&
              at > usedAt &&
              at <= place &&
              terms.coversFrom > 0 &&
              terms.coversFrom <= use.epoch &&
              this.#isMeant(terms, use.what)
            )
          }),
      )
      if (isCovered) Object.assign(use, { fate: 'released', endedIn: epoch, fundedAt: place })
    }
  }

  /** The greatest promise up to the end of the epoch. */
  promisedOf(epoch: number, of: { payer: string; model: string; token: string }): bigint | undefined {
    let promised: bigint | undefined
    for (const { what, epoch: presented } of this.entries)
      if (what.kind === 'voucher' && presented <= epoch && isOfChannel(what, of))
        promised = promised === undefined || what.cumulative > promised ? what.cumulative : promised
    return promised
  }

  spentOf(of: { payer: string; model: string; token: string }): bigint {
    return sum(this.#uses().filter(({ what, fate }) => isTaken(fate) && isOfChannel(what, of)))
  }

  balanceOf(epoch: number, payer: string, token: string): bigint {
    let balance = 0n
    for (const { what, epoch: deposited } of this.entries)
      if (what.kind === 'deposit' && deposited <= epoch && what.payer === payer && what.token === token)
        balance += what.amount
    const own = this.#uses().filter(({ what }) => what.payer === payer && what.token === token)
    return balance - sum(own.filter(({ fate }) => isTaken(fate))) - this.paidFor(payer, token)
  }

  /** `epoch model payer token until` → fees that are held. */
  held(): Map<string, bigint> {
    const held = new Map<string, bigint>()
    for (const { what, epoch, until, fate } of this.#uses()) {
      if (fate !== 'held') continue
      const key = `${epoch} ${what.model} ${what.payer} ${what.token} ${until}`
      held.set(key, (held.get(key) ?? 0n) + what.fee)
    }
    return held
  }

  /** What a row of conservation says of an epoch, as it was when the epoch was settled. */
  sumsOf(epoch: number, token: string) {
    const own = this.#uses().filter(({ what }) => what.token === token)
    const of = (matches: (entry: Entry<LicensedUse>) => boolean) => `${sum(own.filter(matches))}`
    const wasHeld = ({ fate }: Entry) => fate === 'held' || fate === 'released' || fate === 'refunded'
    return {
      funded: of((each) => each.epoch === epoch && each.fate === 'funded'),
      outside: of((each) => each.epoch === epoch && wasHeld(each)),
      released: of((each) => each.endedIn === epoch && each.fate === 'released'),
      refunded: of((each) => each.endedIn === epoch && each.fate === 'refunded'),
      unfunded: of((each) => each.epoch === epoch && each.fate === 'unfunded'),
      reported: of((each) => each.epoch === epoch && each.fate === 'reported'),
    }
  }

  /** `account model token` → what its owners are paid in an epoch, when all of a fee is theirs. */
  lines(epoch: number): Map<string, bigint> {
    const sums = new Map<string, Entry<LicensedUse>[]>()
    for (const use of this.#uses()) {
      const isOfEpoch = use.fate === 'funded' ? use.epoch === epoch : use.fate === 'released' && use.endedIn === epoch
      const key = JSON.stringify([use.what.model, use.what.agent, use.what.token])
      if (isOfEpoch) sums.set(key, [...(sums.get(key) ?? []), use])
    }
    const lines = new Map<string, bigint>()
    for (const [key, uses] of sums) {
      const [model, , token] = JSON.parse(key) as [string, string, string]
      const tables = new Map<string, bigint>()
      for (const { fundedAt, what } of uses) {
        const table = JSON.stringify([
          this.#versionAt(model, fundedAt!),
          [...this.ownersAt(model, fundedAt!)].map(([who, parts]) => [who, `${parts}`]),
        ])
        tables.set(table, (tables.get(table) ?? 0n) + what.fee)
      }
      for (const [table, fees] of tables) {
        const owners = (JSON.parse(table) as [number, [string, string][]])[1].map(
          ([who, parts]) => [who, BigInt(parts)] as const,
        )
        for (const [who, amount] of divide(fees, owners)) {
          const line = `${who} ${model} ${token}`
          lines.set(line, (lines.get(line) ?? 0n) + amount)
        }
      }
    }
    return new Map([...lines].filter(([, amount]) => amount > 0n))
  }

  /** How many transfers of an asset stand before a place. */
  #versionAt(asset: string, place: number): number {
    return this.entries
      .slice(0, place)
      .filter(({ what, outcome }) => what.kind === 'transfer' && what.asset === asset && outcome === 'accepted').length
  }
}

/** Largest remainder, one unit after the other to whoever is furthest below what is due; ties by name. */
function divide(pool: bigint, owners: readonly (readonly [string, bigint])[]): [string, bigint][] {
  const shares = [...owners]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([who, parts]) => ({ who, parts, amount: (pool * parts) / MILLION }))
  const due = ({ parts, amount }: { parts: bigint; amount: bigint }) => pool * parts - amount * MILLION
  while (shares.reduce((all, { amount }) => all + amount, 0n) < pool) {
    let most = shares[0]!
    for (const share of shares) if (due(share) > due(most)) most = share
    most.amount += 1n
  }
  return shares.map(({ who, amount }) => [who, amount])
}

function isTaken(fate: Fate | undefined): boolean {
  return fate === 'funded' || fate === 'held' || fate === 'released'
}

function isOfChannel(
  a: { payer: string; model: string; token: string },
  b: { payer: string; model: string; token: string },
): boolean {
  return a.payer === b.payer && a.model === b.model && a.token === b.token
}

function sum(uses: readonly Entry<LicensedUse>[]): bigint {
  return uses.reduce((all, { what }) => all + what.fee, 0n)
}
