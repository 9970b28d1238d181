/** What can happen in these ledgers. Names are of accounts, ids of uses; everything is in one token, and all of a fee is the model's. */
export type CorrectionHappening =
  | { readonly kind: 'deposit'; readonly payer: string; readonly amount: bigint }
  | {
      readonly kind: 'use'
      readonly id: string
      readonly source: string
      readonly model: string
      readonly payer: string
      readonly fee: bigint
      /** Whether it cites a voucher; all of them are without an end. */
      readonly isPromised: boolean
      /** Of its producer's clock. */
      readonly timeMs: bigint
    }
  | { readonly kind: 'correct'; readonly id: string; readonly of: string; readonly source: string; readonly now: Now }
  /** To anyone, for what was used before it since an epoch, and for nothing behind it. */
  | { readonly kind: 'grant'; readonly coversFrom: number }
  | { readonly kind: 'retire'; readonly model: string; readonly by: string }

/** What is to stand of a fee. */
export type Now = bigint | 'void'

type Use = Extract<CorrectionHappening, { kind: 'use' }>
type Correction = Extract<CorrectionHappening, { kind: 'correct' }>

interface Entry<What extends CorrectionHappening = CorrectionHappening> {
  readonly epoch: number
  readonly what: What
  outcome: string
}

/** What an epoch came to. */
export interface EpochSums {
  readonly statuses: Map<string, string>
  readonly sums: Record<'funded' | 'outside' | 'released' | 'refunded' | 'unfunded' | 'reported', bigint>
  /** By model: what its owners are paid. */
  readonly paid: Map<string, bigint>
  /** By epoch of the uses. */
  readonly held: Map<number, bigint>
  readonly balances: Map<string, bigint>
  readonly late: number
}

interface HeldFee {
  readonly entry: Entry<Use>
  fee: bigint
}

/** Begins anew with every question, and looks through everything that ever happened. */
export class CorrectionsOracle {
  readonly entries: Entry[] = []
  /** By epoch. */
  readonly cuts = new Map<number, bigint>()
  readonly #licensed: string
  readonly #majority: ReadonlyMap<string, string>
  readonly #wait: number

  /** @param licensed the one model that needs a licence @param majority model → who owns more than half of it */
  constructor(licensed: string, majority: ReadonlyMap<string, string>, wait: number) {
    this.#licensed = licensed
    this.#majority = majority
    this.#wait = wait
  }

  add(epoch: number, what: CorrectionHappening): void {
    this.entries.push({ epoch, what, outcome: 'undecided' })
  }

  /** Type by type, as a cut is decided. */
  decide(epoch: number): void {
    const own = this.entries.filter((each) => each.epoch === epoch)
    for (const entry of own) if (entry.what.kind === 'retire') entry.outcome = this.#ofRetirement(entry)
    for (const entry of own) if (entry.what.kind === 'use') entry.outcome = this.#ofUse(entry)
    for (const entry of own) if (entry.what.kind === 'correct') entry.outcome = this.#ofCorrection(entry, entry.what)
    for (const entry of own) if (entry.outcome === 'undecided') entry.outcome = 'accepted'
  }

  #before(entry: Entry): Entry[] {
    return this.entries.slice(0, this.entries.indexOf(entry)).filter(({ outcome }) => outcome === 'accepted')
  }

  #ofRetirement(entry: Entry): string {
    const { model, by } = entry.what as Extract<CorrectionHappening, { kind: 'retire' }>
    if (this.#majority.get(model) !== by) return 'NOT_MAJORITY_OWNER'
    const isAgain = this.#before(entry).some(({ what }) => what.kind === 'retire' && what.model === model)
    return isAgain ? 'MODEL_RETIRED' : 'accepted'
  }

  #ofUse(entry: Entry): string {
    const { model } = entry.what as Use
    const isOver = this.#before(entry).some(({ what }) => what.kind === 'retire' && what.model === model)
    return isOver ? 'MODEL_RETIRED' : 'accepted'
  }

  #ofCorrection(entry: Entry, { id, of, source, now }: Correction): string {
    const use = this.entries.find(
      ({ what, outcome }) => what.kind === 'use' && what.id === id && what.source === of && outcome === 'accepted',
    )
    if (use === undefined) return 'INFERENCE_UNKNOWN'
    if (of !== source) return 'CORRECTION_FOREIGN'
    const present = this.#standing(use as Entry<Use>, this.#before(entry))
    if (present === 'void') return 'INFERENCE_VOID'
    return now !== 'void' && now > present ? 'CORRECTION_ABOVE' : 'accepted'
  }

  #standing({ what: use }: Entry<Use>, among: readonly Entry[]): Now {
    const last = among.findLast(
      ({ what, outcome }) =>
        what.kind === 'correct' && what.id === use.id && what.of === use.source && outcome === 'accepted',
    )
    return last === undefined ? use.fee : (last.what as Correction).now
  }

  #standingAt(entry: Entry<Use>, epoch: number): Now {
    return this.#standing(
      entry,
      this.entries.filter((each) => each.epoch <= epoch),
    )
  }

  /** Of the last epoch that was decided, all epochs before it settled on the way. */
  settled(last: number): EpochSums {
    const balances = new Map<string, bigint>()
    const add = (payer: string, amount: bigint) => balances.set(payer, (balances.get(payer) ?? 0n) + amount)
    const statuses = new Map<string, string>()
    let held: HeldFee[] = []
    let sums = noSums()
    let paid = new Map<string, bigint>()
    for (let epoch = 1; epoch <= last; epoch++) {
      sums = noSums()
      paid = new Map()
      const own = this.entries.filter((each) => each.epoch === epoch && each.outcome === 'accepted')
      for (const { what } of own) if (what.kind === 'deposit') add(what.payer, what.amount)
      const fresh: HeldFee[] = []
      for (const entry of own) {
        if (entry.what.kind !== 'use') continue
        const status = this.#take(entry as Entry<Use>, epoch, balances)
        const fee = this.#standingAt(entry as Entry<Use>, epoch)
        statuses.set(keyOf(entry.what), status)
        if (status === 'void' || fee === 'void') continue
        sums[status as keyof typeof sums] += fee
        if (status === 'funded') paid.set(entry.what.model, (paid.get(entry.what.model) ?? 0n) + fee)
        if (status === 'outside') fresh.push({ entry: entry as Entry<Use>, fee })
      }
      for (const each of held) {
        const now = this.#standingAt(each.entry, epoch)
        const left = now === 'void' ? 0n : now
        sums.refunded += each.fee - left
        add(each.entry.what.payer, each.fee - left)
        each.fee = left
        if (left === 0n) statuses.set(keyOf(each.entry.what), 'corrected')
      }
      held = [...held.filter(({ fee }) => fee > 0n), ...fresh]
      for (const grant of own) {
        if (grant.what.kind !== 'grant') continue
        const { coversFrom } = grant.what
        const released = held.filter(
          ({ entry }) => coversFrom <= entry.epoch && this.entries.indexOf(entry) < this.entries.indexOf(grant),
        )
        for (const { entry, fee } of released) {
          sums.released += fee
          paid.set(entry.what.model, (paid.get(entry.what.model) ?? 0n) + fee)
          statuses.set(keyOf(entry.what), 'funded')
        }
        held = held.filter((each) => !released.includes(each))
      }
      for (const { entry, fee } of held.filter(({ entry: { epoch: since } }) => since + this.#wait <= epoch)) {
        sums.refunded += fee
        add(entry.what.payer, fee)
        statuses.set(keyOf(entry.what), 'refunded')
      }
      held = held.filter(({ entry: { epoch: since } }) => since + this.#wait > epoch)
    }
    const heldBy = new Map<number, bigint>()
    for (const { entry, fee } of held) heldBy.set(entry.epoch, (heldBy.get(entry.epoch) ?? 0n) + fee)
    return { statuses, sums, paid, held: heldBy, balances, late: this.#lateIn(last) }
  }

  #take(entry: Entry<Use>, epoch: number, balances: Map<string, bigint>): string {
    const { payer, isPromised, model } = entry.what
    const fee = this.#standingAt(entry, epoch)
    if (fee === 'void') return 'void'
    if (!isPromised) return 'reported'
    const balance = balances.get(payer) ?? 0n
    if (fee === 0n || fee > balance) return 'unfunded'
    balances.set(payer, balance - fee)
    return model === this.#licensed ? 'outside' : 'funded'
  }

  #lateIn(epoch: number): number {
    const cut = this.cuts.get(epoch - 1)
    return this.entries.filter(
      ({ what, outcome, epoch: own }) =>
        what.kind === 'use' && outcome === 'accepted' && own === epoch && cut !== undefined && what.timeMs < cut,
    ).length
  }
}

export function keyOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return `${source} ${id}`
}

function noSums(): EpochSums['sums'] {
  return { funded: 0n, outside: 0n, released: 0n, refunded: 0n, unfunded: 0n, reported: 0n }
}
