import { divide } from './hamilton.ts'

/**
 * Adjustments as docs/formats.md tells them, in the plainest way there is: what every epoch found, earned and held back lies in arrays,
 * claims are rows that are looked through again for every question, and money is handed over one pot after the other. It shares no
 * code with what it is held against.
 */

export interface FoundRow {
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly delta: bigint
}

export interface EarnedRow {
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly amount: bigint
}

export interface ReserveRow {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly until: number
  amount: bigint
}

export interface ClaimRow {
  readonly account: string
  readonly token: string
  readonly model: string
  amount: bigint
}

export interface AdjustedEpoch {
  readonly netted: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[]
  readonly paid: readonly ClaimRow[]
}

export class AdjustmentsOracle {
  claims: ClaimRow[] = []
  reserves: ReserveRow[] = []
  readonly recoveries = new Map<string, bigint>()
  #paid: ClaimRow[] = []

  /** @param made what the epoch held back; what returned in it is left out by its `until` */
  epoch(
    epoch: number,
    found: readonly FoundRow[],
    earned: readonly EarnedRow[],
    made: readonly ReserveRow[],
  ): AdjustedEpoch {
    this.#paid = []
    this.reserves = [...this.reserves.filter(({ until }) => until > epoch), ...made.map((each) => ({ ...each }))]
    for (const { account, token, kind, asset, delta } of found)
      this.#claim(account, token, ['data', 'refund'].includes(kind) ? asset : '').amount += delta
    this.#cancel()
    const netted: { account: string; token: string; amount: bigint }[] = []
    for (const { account, token } of this.#pairs()) {
      const has = sum(earned.filter((row) => row.account === account && row.token === token))
      const taken = this.#take(account, token, has)
      if (taken > 0n) netted.push({ account, token, amount: taken })
    }
    for (const token of this.#tokens()) {
      const pot = this.recoveries.get(token) ?? 0n
      this.recoveries.set(token, pot - this.#give(pot, (claim) => claim.token === token))
    }
    for (const { model, token } of this.reserves.map((each) => ({ ...each }))) {
      const own = this.reserves.filter((each) => each.model === model && each.token === token)
      let given = this.#give(sum(own), (claim) => claim.model === model && claim.token === token)
      for (const reserve of own) {
        const part = given < reserve.amount ? given : reserve.amount
        reserve.amount -= part
        given -= part
      }
    }
    for (const { account, token, amount } of earned.filter(({ kind }) => kind === 'treasury')) {
      const has = sum(earned.filter((row) => row.account === account && row.token === token))
      const own = netted.find((row) => row.account === account && row.token === token)
      const left = has - (own?.amount ?? 0n)
      const given = this.#give(left < amount ? left : amount, (claim) => claim.token === token)
      if (given === 0n) continue
      if (own === undefined) netted.push({ account, token, amount: given })
      else own.amount += given
    }
    this.claims = this.claims.filter(({ amount }) => amount !== 0n)
    this.reserves = this.reserves.filter(({ amount }) => amount !== 0n)
    return { netted, paid: this.#paid }
  }

  #claim(account: string, token: string, model: string): ClaimRow {
    const known = this.claims.find((row) => row.account === account && row.token === token && row.model === model)
    if (known !== undefined) return known
    const row = { account, token, model, amount: 0n }
    this.claims.push(row)
    return row
  }

  #sorted(): ClaimRow[] {
    const bytes = ({ account, token, model }: ClaimRow) => Buffer.from(account + token + model)
    return [...this.claims].sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
  }

  #pairs(): { account: string; token: string }[] {
    const names = new Set(this.#sorted().map(({ account, token }) => `${account} ${token}`))
    return [...names].map((name) => ({ account: name.split(' ')[0]!, token: name.split(' ')[1]! }))
  }

  #tokens(): Set<string> {
    return new Set(this.claims.map(({ token }) => token))
  }

  /** As long as somebody is owed and owes of one token, the first of each sort meet. */
  #cancel(): void {
    for (const { account, token } of this.#pairs()) {
      const own = () => this.#sorted().filter((row) => row.account === account && row.token === token)
      for (;;) {
        const above = own().find(({ amount }) => amount > 0n)
        const below = own().find(({ amount }) => amount < 0n)
        if (above === undefined || below === undefined) break
        const part = above.amount < -below.amount ? above.amount : -below.amount
        above.amount -= part
        below.amount += part
      }
    }
  }

  #take(account: string, token: string, has: bigint): bigint {
    let left = has
    for (const row of this.#sorted().filter((each) => each.account === account && each.token === token)) {
      if (row.amount >= 0n) continue
      const part = left < -row.amount ? left : -row.amount
      row.amount += part
      left -= part
    }
    this.recoveries.set(token, (this.recoveries.get(token) ?? 0n) + has - left)
    return has - left
  }

  #give(pot: bigint, isWanted: (claim: ClaimRow) => boolean): bigint {
    const claims = this.#sorted().filter((claim) => claim.amount > 0n && isWanted(claim))
    if (claims.length === 0) return 0n
    const owed = sum(claims)
    const given = pot < owed ? pot : owed
    for (const [index, part] of divide(
      given,
      claims.map(({ amount }) => amount),
    ).entries()) {
      const { account, token, model } = claims[index]!
      claims[index]!.amount -= part
      const paid = this.#paid.find((row) => row.account === account && row.token === token && row.model === model)
      if (paid !== undefined) paid.amount += part
      else if (part > 0n) this.#paid.push({ account, token, model, amount: part })
    }
    return given
  }
}

function sum(rows: readonly { readonly amount: bigint }[]): bigint {
  return rows.reduce((total, { amount }) => total + amount, 0n)
}
