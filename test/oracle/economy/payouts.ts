/**
 * Hold-back and small payouts as docs/formats.md tells them, in the plainest way there is: what happened in every epoch lies in one
 * array, nothing is carried from one to the next, and every question is answered by going through all of it from the beginning. It
 * shares no code with what it is held against.
 */

export interface PayoutPolicy {
  readonly holdBackParts: bigint
  readonly holdBackEpochs: number
  /** Token → amount. */
  readonly minimums: Readonly<Record<string, bigint>>
}

/** A period in an epoch in which it is open. */
export interface PeriodPart {
  readonly model: string
  readonly token: string
  readonly state: 'paid' | 'held' | 'unattributed'
  /** Data parts of its own fees so far. */
  readonly own: bigint
  /** Of each account, in their order; not below 0. */
  readonly weights: readonly { readonly account: string; readonly weight: bigint }[]
  /** What nobody gets, beside the weights. */
  readonly rest: bigint
}

export interface EpochPart {
  readonly policy: PayoutPolicy
  readonly periods: readonly PeriodPart[]
  /** Of every kind but data. */
  readonly lines: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[]
}

export interface PeriodBooks {
  readonly pool: bigint
  readonly carriedIn: bigint
  readonly paid: bigint
  readonly heldBack: bigint
  readonly carried: bigint
  readonly unattributed: bigint
  readonly shares: readonly { readonly account: string; readonly pay: bigint; readonly heldBack: bigint }[]
}

export class PayoutsOracle {
  /** Epoch n stands at n − 1. */
  readonly epochs: EpochPart[] = []

  /** What became of the pool of (model, token) in an epoch in which its period was open. */
  booksOf(epoch: number, model: string, token: string): PeriodBooks {
    const period = this.#period(epoch, model, token)!
    const carriedIn = this.#carriedInto(epoch, model, token)
    const pool = carriedIn + period.own
    const none = { paid: 0n, heldBack: 0n, carried: 0n, unattributed: 0n, shares: [] }
    if (period.state === 'held') return { ...none, pool, carriedIn }
    if (period.state === 'unattributed') return { ...none, pool, carriedIn, unattributed: pool }
    const tenNinths = (period.own * 10n) / 9n
    const payable = pool < tenNinths ? pool : tenNinths
    const shares = this.#shares(epoch, period, payable)
    const paid = shares.reduce((sum, share) => sum + share.pay, 0n)
    const heldBack = shares.reduce((sum, share) => sum + share.heldBack, 0n)
    const left = pool - paid - heldBack
    const limit = period.own > carriedIn ? period.own : carriedIn
    const carried = left > limit ? limit : left
    return { pool, carriedIn, paid, heldBack, carried, unattributed: left - carried, shares }
  }

  #period(epoch: number, model: string, token: string): PeriodPart | undefined {
    return this.epochs[epoch - 1]?.periods.find((each) => each.model === model && each.token === token)
  }

  /** What the last period left, and all that returned since it closed. */
  #carriedInto(epoch: number, model: string, token: string): bigint {
    let [closed, carried] = [0, 0n]
    for (let earlier = epoch - 1; earlier >= 1 && closed === 0; earlier--) {
      const period = this.#period(earlier, model, token)
      if (period === undefined || period.state === 'held') continue
      closed = earlier
      carried = this.booksOf(earlier, model, token).carried
    }
    for (let earlier = 1; earlier < epoch; earlier++) {
      const reserve = this.reserveOf(earlier, model, token)
      if (reserve.until > closed && reserve.until <= epoch) carried += reserve.amount
    }
    return carried
  }

  #shares(epoch: number, { weights, rest }: PeriodPart, payable: bigint): PeriodBooks['shares'] {
    const parts = this.epochs[epoch - 1]!.policy.holdBackParts
    const amounts = largestRemainder(payable, [...weights.map(({ weight }) => weight), rest])
    return weights.map(({ account }, index) => {
      const share = amounts[index]!
      // As many whole atoms as fit into the part.
      const heldBack = (share * parts - ((share * parts) % 1_000_000n)) / 1_000_000n
      return { account, pay: share - heldBack, heldBack }
    })
  }

  /** What the period of (model, token) held back in an epoch, and when it returns. */
  reserveOf(epoch: number, model: string, token: string): { amount: bigint; until: number } {
    const period = this.#period(epoch, model, token)
    const until = epoch + (this.epochs[epoch - 1]?.policy.holdBackEpochs ?? 0)
    if (period?.state !== 'paid') return { amount: 0n, until }
    return { amount: this.booksOf(epoch, model, token).heldBack, until }
  }

  /** What an account earned of a token in an epoch, after what was held back. */
  earnedOf(epoch: number, account: string, token: string): bigint {
    let sum = 0n
    const part = this.epochs[epoch - 1]!
    for (const line of part.lines) if (line.account === account && line.token === token) sum += line.amount
    for (const { model, token: of, state } of part.periods) {
      if (of !== token || state !== 'paid') continue
      for (const share of this.booksOf(epoch, model, of).shares) if (share.account === account) sum += share.pay
    }
    return sum
  }

  /** What an account had been paid and what it was owed after an epoch, going through its life. */
  accountAfter(epoch: number, account: string, token: string): { cumulative: bigint; small: bigint } {
    let [cumulative, small] = [0n, 0n]
    for (let each = 1; each <= epoch; each++) {
      const minimum = this.epochs[each - 1]!.policy.minimums[token] ?? 0n
      small += this.earnedOf(each, account, token)
      if (small < minimum) continue
      cumulative += small
      small = 0n
    }
    return { cumulative, small }
  }
}

/** One unit after the other, each to whoever is furthest below their quota; ties to the first. */
function largestRemainder(pool: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map(() => 0n)
  const amounts = weights.map((weight) => (pool * weight) / total)
  let left = pool - amounts.reduce((sum, amount) => sum + amount, 0n)
  for (; left > 0n; left--) {
    let best = 0
    for (const [index, weight] of weights.entries()) {
      const missing = pool * weight - amounts[index]! * total
      const most = pool * weights[best]! - amounts[best]! * total
      if (missing > most) best = index
    }
    amounts[best]! += 1n
  }
  return amounts
}
