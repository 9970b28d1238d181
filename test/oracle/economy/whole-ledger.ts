import { toHex } from '../../../schemas/ids.ts'
import { AdjustmentsOracle, type FoundRow, type ReserveRow } from './adjustments.ts'
import { Cases } from './cases.ts'
import { type Funded, type Held, type Influence, NaiveLedger, type Sums } from './naive-ledger.ts'
import type { Accepted, AcceptedOf } from './rights.ts'

/**
 * All that docs/formats.md#settlement says of money, disputes and adjustments included: after every epoch these are the books. A rerun
 * is the same rules once more, from what an epoch carried out, with what corrections left of the fees that were funded.
 */

/** What attribution came to in the epochs of an adjustment's rerun, by epoch. */
export type InfluenceAgain = ReadonlyMap<number, readonly Influence[]>

/** What an adjustment found of a line of a past epoch. */
interface Found extends FoundRow {
  readonly adjustment: string
  readonly epoch: number
  /** What of it disputes took before. */
  forfeited: bigint
}

/** An epoch, as reruns ask for it. */
interface Past {
  readonly books: NaiveLedger
  readonly held: readonly Held[]
  /** What adjustments took of reserves in it. */
  readonly taken: readonly ReserveRow[]
}

const RERUN_KINDS = [
  'data',
  'retrieval',
  'text',
  'model',
  'royalty',
  'agent',
  'outcome',
  'infrastructure',
  'treasury',
  'refund',
]

export class WholeLedger {
  readonly fees = new NaiveLedger()
  readonly disputes = new Cases(this.fees.balances)
  readonly adjustments = new AdjustmentsOracle()
  /** Of all epochs. */
  readonly #everFound: Found[] = []
  /** Of the last epoch. */
  found: Found[] = []
  netted: Sums = new Map()
  disputed: Sums = new Map()
  /** Epoch n stands at n. */
  readonly #past: Past[] = [{ books: this.fees.copy(), held: [], taken: [] }]
  /** Epoch n stands at n: the lines that stand for it, of the kinds that a rerun makes. */
  readonly #standing: Sums[] = [new Map()]
  #epoch = 0

  constructor() {
    this.fees.onOpening = (opening) => this.#open(opening)
  }

  /**
   * Takes an epoch: its accepted records in accept order, and what attribution came to in it.
   *
   * @param again what it came to in the reruns of the adjustments that were accepted in it, by name
   */
  settle(
    accepted: readonly Accepted[],
    influence: readonly Influence[],
    again: ReadonlyMap<string, InfluenceAgain> = new Map(),
  ): void {
    this.#epoch++
    this.fees.takeFees(accepted, influence)
    this.#endDisputes()
    const taken = this.#adjust(again)
    const available = this.fees.due()
    for (const [key, amount] of this.netted) available.set(key, available.get(key)! - amount)
    this.disputed = this.disputes.hold(this.#epoch, available)
    this.fees.payOut((key) => (this.netted.get(key) ?? 0n) + (this.disputed.get(key) ?? 0n))
    for (const [key, amount] of this.fees.lines)
      this.disputes.lines.push({ ...namesOf(key), epoch: this.#epoch, amount })
    this.#standing.push(ofFees(this.fees.lines))
    this.#past.push({ books: this.fees.copy(), held: this.fees.held.map((each) => ({ ...each })), taken })
  }

  #own<Type extends Accepted['type']>(type: Type): AcceptedOf<Type>[] {
    return this.fees.rights.of(type).filter(({ epoch }) => epoch === this.#epoch)
  }

  #open({ body }: AcceptedOf<'DisputeOpened'>): void {
    const { dispute, bond, epoch, kind, asset } = body
    const line = { epoch, account: toHex(body.account), token: toHex(body.token), kind, asset }
    const wait = this.fees.policyIn(epoch)!.disputeWaitEpochs
    this.disputes.open({ dispute, opener: toHex(body.opener), line, bond }, this.#epoch, this.#epoch + wait)
  }

  #endDisputes(): void {
    const decisions = this.#own('DisputeResolved').map(({ body: { dispute, upheld, awardParts } }) => ({
      dispute,
      parts: upheld ? BigInt(awardParts) : undefined,
    }))
    this.disputes.end(this.#epoch, decisions, {
      line: (account, token, kind, asset, amount) => this.fees.addLine(account, token, kind, asset, amount),
      unattributed: (token, amount) => add(this.fees.unattributed, token, amount),
    })
  }

  /** @returns what was taken of reserves */
  #adjust(again: ReadonlyMap<string, InfluenceAgain>): ReserveRow[] {
    this.found = []
    for (const each of this.#own('AdjustmentOrdered')) this.#find(each, again.get(each.body.adjustment)!)
    this.#weigh()
    const earned = [...this.fees.lines].map(([key, amount]) => ({ ...namesOf(key), amount }))
    const before = this.fees.reserves.map((each) => ({ ...each }))
    this.adjustments.reserves = this.fees.reserves
    const { netted, paid } = this.adjustments.epoch(this.#epoch, this.found.map(owedOf), earned, [])
    this.fees.reserves = this.adjustments.reserves
    for (const { account, token, model, amount } of paid) this.fees.addLine(account, token, 'adjustment', model, amount)
    this.netted = new Map(netted.map(({ account, token, amount }) => [`${account} ${token}`, amount]))
    return before
      .map((each) => ({ ...each, amount: each.amount - (sameOf(this.fees.reserves, each)?.amount ?? 0n) }))
      .filter(({ amount }) => amount > 0n)
  }

  /** What a rerun has above the lines that stand; from then on its lines stand. */
  #find(
    { body: { adjustment, fromEpoch, toEpoch } }: AcceptedOf<'AdjustmentOrdered'>,
    influence: InfluenceAgain,
  ): void {
    const books = this.#past[fromEpoch - 1]!.books.copy()
    for (let epoch = fromEpoch; epoch <= toEpoch; epoch++) {
      const lines = this.#settleAgain(books, epoch, influence.get(epoch)!)
      const standing = this.#standing[epoch]!
      for (const key of new Set([...standing.keys(), ...lines.keys()])) {
        const delta = (lines.get(key) ?? 0n) - (standing.get(key) ?? 0n)
        if (delta !== 0n) this.found.push({ adjustment, epoch, ...namesOf(key), delta, forfeited: 0n })
      }
      this.#standing[epoch] = lines
    }
  }

  /** What disputes took of a line is not owed again, and what is owed because of it they do not hold any more. */
  #weigh(): void {
    for (const each of this.found) {
      const before = this.#everFound.filter((other) => isSameLine(other, each))
      const counted = before.reduce((sum, { forfeited }) => sum + forfeited, 0n)
      const free = this.disputes.lostOf(each, this.#epoch) - counted
      if (each.delta < 0n) each.forfeited = -each.delta < free ? -each.delta : free
      else each.forfeited = counted < each.delta ? -counted : -each.delta
      this.#everFound.push(each)
    }
    for (const [index, each] of this.found.entries()) {
      if (this.found.findIndex((other) => isSameLine(other, each)) !== index) continue
      const own = this.found.filter((other) => isSameLine(other, each))
      const owes = own.reduce((sum, other) => sum - owedOf(other).delta, 0n)
      if (owes > 0n)
        this.disputes.lower(this.#epoch, each, owes, {
          line: (account, token, kind, asset, amount) => this.fees.addLine(account, token, kind, asset, amount),
        })
    }
  }

  #settleAgain(books: NaiveLedger, epoch: number, influence: readonly Influence[]): Sums {
    const { held, taken } = this.#past[epoch]!
    const refunds: Sums = new Map()
    const funded = this.fees.funded
      .filter((each) => each.epoch === epoch)
      .map((each): Funded => {
        const left = this.fees.rights.standing(each.use, this.#epoch)
        const { payer, token, model } = each.use.body
        if (left >= each.fee) return each
        add(refunds, `${toHex(payer)} ${toHex(token)} refund ${model}`, each.fee - left)
        return { ...each, fee: left }
      })
      .filter(({ fee }) => fee > 0n)
    const accepted = this.fees.all.filter((each) => each.epoch === epoch)
    books.divideAgain(accepted, { funded, held }, influence)
    for (const each of taken) {
      const reserve = sameOf(books.reserves, each)
      if (reserve !== undefined) reserve.amount -= reserve.amount < each.amount ? reserve.amount : each.amount
    }
    books.reserves = books.reserves.filter(({ amount }) => amount > 0n)
    return new Map([...ofFees(books.lines), ...refunds])
  }
}

function owedOf(found: Found): Found {
  return { ...found, delta: found.delta + found.forfeited }
}

function isSameLine(a: Found, b: Found): boolean {
  return (['epoch', 'account', 'token', 'kind', 'asset'] as const).every((name) => a[name] === b[name])
}

function sameOf(reserves: readonly ReserveRow[], { epoch, model, token }: ReserveRow): ReserveRow | undefined {
  return reserves.find((each) => each.epoch === epoch && each.model === model && each.token === token)
}

function ofFees(lines: Sums): Sums {
  return new Map([...lines].filter(([key]) => RERUN_KINDS.includes(namesOf(key).kind)))
}

function namesOf(key: string): { account: string; token: string; kind: string; asset: string } {
  const [account, token, kind, asset] = key.split(' ') as [string, string, string, string]
  return { account, token, kind, asset }
}

function add(sums: Sums, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
