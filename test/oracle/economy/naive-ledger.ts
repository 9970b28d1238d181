import type { EventBodies } from '../../../schemas/events.ts'
import { toHex } from '../../../schemas/ids.ts'
import { NaiveChannels } from './channels.ts'
import { divide } from './hamilton.ts'
import { type Accepted, type AcceptedOf, Rights, type Use } from './rights.ts'

/**
 * What docs/formats.md#settlement says of fees and sales, in one plain pass: every rule at once, in the order of the page, over records
 * that close accepted. Only how influence divides a period is given to it. It shares no code with what it is held against. Disputes
 * and adjustments are added by {@link WholeLedger}.
 */

type Policy = EventBodies['PolicyPublished']

/** What attribution came to of an open period. */
export interface Influence {
  readonly model: string
  readonly token: string
  readonly state: 'paid' | 'held' | 'unattributed'
  /** Above 0, ascending by account. */
  readonly scores: readonly { readonly account: string; readonly score: bigint }[]
  /** What nobody gets, beside the scores. */
  readonly rest: bigint
}

interface Period {
  readonly model: string
  readonly token: string
  pool: bigint
  carriedIn: bigint
  epochs: number[]
}

export interface Funded {
  readonly use: Use
  /** That was taken. */
  readonly fee: bigint
  /** Where its fee was taken, or released. */
  readonly place: number
  readonly epoch: number
}

interface Waiting {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly retrieved: boolean
  readonly part: bigint
  readonly fees: bigint
  taken: bigint
  readonly until: number
}

export interface Held {
  readonly use: Use
  fee: bigint
  readonly until: number
}

interface Outcome {
  readonly epoch: number
  readonly payer: string
  readonly token: string
  readonly until: number
  part: bigint
}

/** What a rerun takes over of an epoch. */
interface FundedAgain {
  readonly funded: readonly Funded[]
  readonly held: readonly Held[]
}

/** Sums by a key of several words. */
export type Sums = Map<string, bigint>

function add(sums: Sums, key: string, amount: bigint): void {
  if (amount !== 0n) sums.set(key, (sums.get(key) ?? 0n) + amount)
}

const MILLION = 1_000_000n

export class NaiveLedger {
  readonly all: Accepted[] = []
  /** Places of acceptances that were settled. */
  readonly settled: Set<number>
  readonly rights: Rights
  readonly #dataChannels: NaiveChannels
  /** By payer and token. */
  readonly balances: Sums = new Map()
  readonly channels = new Map<string, { cumulative: bigint; sequence: bigint; spent: bigint }>()
  held: Held[] = []
  readonly funded: Funded[] = []
  waiting: Waiting[] = []
  outcomes: Outcome[] = []
  readonly periods = new Map<string, Period>()
  reserves: { epoch: number; model: string; token: string; until: number; amount: bigint }[] = []
  readonly unattributed: Sums = new Map()
  readonly accounts = new Map<string, { cumulative: bigint; small: bigint }>()
  /** Of the last epoch: account, token, kind, asset. */
  lines: Sums = new Map()
  retired: string[] = []
  /** Told of disputes that are opened, each at its place among the fees. */
  onOpening: (opening: AcceptedOf<'DisputeOpened'>) => void = () => {}
  #epoch = 0
  /** Joined in this epoch, by model and token; an entry of 0 where a use joined without a data part. */
  #joined: Sums = new Map()
  /** What retrieved contributions share in this epoch, by model and token. */
  #toRetrieved: Sums = new Map()

  constructor(settled = new Set<number>()) {
    this.settled = settled
    this.rights = new Rights(this.all, settled)
    this.#dataChannels = new NaiveChannels(this.rights)
  }

  /** Takes an epoch: its accepted records in accept order, and what attribution came to. Leaves its lines. */
  takeFees(accepted: readonly Accepted[], influence: readonly Influence[]): void {
    this.#begin(accepted)
    this.#fund(this.policyIn(this.#epoch))
    this.#divide(influence)
  }

  /** Takes an epoch whose fees were taken before: what was funded in it is given, and what is held when it ends. */
  divideAgain(accepted: readonly Accepted[], { funded, held }: FundedAgain, influence: readonly Influence[]): void {
    this.#begin(accepted)
    this.funded.push(...funded)
    this.held = [...held]
    this.#divide(influence)
  }

  /** Books of their own, as these are now but for balances and accounts; sales are shared. */
  copy(): NaiveLedger {
    const copy = new NaiveLedger(this.settled)
    copy.all.push(...this.all)
    copy.funded.push(...this.funded)
    for (const [key, period] of this.periods) copy.periods.set(key, { ...period, epochs: [...period.epochs] })
    copy.waiting = this.waiting.map((each) => ({ ...each }))
    copy.outcomes = this.outcomes.map((each) => ({ ...each }))
    copy.reserves = this.reserves.map((each) => ({ ...each }))
    copy.#epoch = this.#epoch
    return copy
  }

  #begin(accepted: readonly Accepted[]): void {
    this.#epoch++
    this.all.push(...accepted)
    this.lines = new Map()
    this.#joined = new Map()
    this.#toRetrieved = new Map()
    this.retired = this.rights.of('ModelRetired').map(({ body }) => body.model)
  }

  #divide(influence: readonly Influence[]): void {
    const policy = this.policyIn(this.#epoch)
    if (policy !== undefined) this.#split(policy)
    this.#moveWaiting()
    this.#payRetrieval()
    this.#rate()
    this.#returnReserves()
    this.#giveUp()
    if (policy !== undefined) this.#payPeriods(policy, influence)
  }

  /** Accepted two epochs before or earlier; or the first there was. */
  policyIn(epoch: number): Policy | undefined {
    const all = this.rights.of('PolicyPublished').filter((each) => each.epoch <= epoch)
    return (all.findLast((each) => each.epoch <= epoch - 2) ?? all[0])?.body
  }

  #own(): Accepted[] {
    return this.all.filter(({ epoch }) => epoch === this.#epoch)
  }

  addLine(account: string, token: string, kind: string, asset: string, amount: bigint): void {
    add(this.lines, `${account} ${token} ${kind} ${asset}`, amount)
  }

  // Rule 2
  #fund(policy: Policy | undefined): void {
    for (const { type, body } of this.#own()) {
      if (type === 'Deposited') add(this.balances, `${toHex(body.payer)} ${toHex(body.token)}`, body.amount)
      if (type !== 'VoucherPresented') continue
      const key = `${toHex(body.payer)} ${body.model} ${toHex(body.token)}`
      const channel = this.channels.get(key) ?? { cumulative: 0n, sequence: 0n, spent: 0n }
      this.channels.set(key, channel)
      if (body.cumulative > channel.cumulative) channel.cumulative = body.cumulative
      if (body.sequence > channel.sequence) channel.sequence = body.sequence
    }
    for (const each of this.#own()) {
      if (each.type === 'InferenceRecorded' && policy !== undefined) this.#take(each, policy)
      if (each.type === 'OfferAccepted') this.#sell(each.place, each.body)
      if (each.type === 'DisputeOpened') this.onOpening(each)
    }
    for (const held of this.held) {
      const stands = this.rights.standing(held.use, this.#epoch)
      this.#giveBack(held.use, held.fee - stands)
      held.fee = stands
    }
    this.held = this.held.filter(({ fee }) => fee > 0n)
    for (const { type, place } of this.#own())
      if (type === 'LicenceGranted' || this.settled.has(place)) this.#release(place)
    for (const { use, fee } of this.held.filter(({ until }) => until <= this.#epoch)) this.#giveBack(use, fee)
    this.held = this.held.filter(({ until }) => until > this.#epoch)
  }

  #giveBack({ body: { payer, model, token } }: Use, fee: bigint): void {
    add(this.balances, `${toHex(payer)} ${toHex(token)}`, fee)
    this.channels.get(`${toHex(payer)} ${model} ${toHex(token)}`)!.spent -= fee
  }

  #take(use: Use, policy: Policy): void {
    const { payer, model, token, voucher } = use.body
    const fee = this.rights.standing(use, this.#epoch)
    const purse = `${toHex(payer)} ${toHex(token)}`
    const channel = this.channels.get(`${toHex(payer)} ${model} ${toHex(token)}`)
    if (voucher === 0n || channel === undefined || voucher > channel.sequence) return
    if (channel.spent + fee > channel.cumulative || fee === 0n || fee > (this.balances.get(purse) ?? 0n)) return
    channel.spent += fee
    add(this.balances, purse, -fee)
    if (this.rights.uncovered(use).length > 0)
      this.held.push({ use, fee, until: this.#epoch + policy.outsideWaitEpochs })
    else this.funded.push({ use, fee, place: use.place, epoch: this.#epoch })
  }

  #sell(place: number, { offer: name, buyer }: EventBodies['OfferAccepted']): void {
    const { kind, seller, asset, token, price, licence } = this.rights.offer(name)
    const sold = this.rights
      .of('OfferAccepted')
      .filter((each) => each.body.offer === name && this.settled.has(each.place))
    const copies = kind === 'share' ? 1 : licence[0]!.copies
    if (copies > 0 && sold.length >= copies) return
    const owners = this.rights.owners(asset, place)
    if (kind === 'licence' && !owners.some(([account]) => account === toHex(seller))) return
    const purse = `${toHex(buyer)} ${toHex(token)}`
    if (price > (this.balances.get(purse) ?? 0n)) return
    add(this.balances, purse, -price)
    this.settled.add(place)
    if (kind === 'share') {
      this.addLine(toHex(seller), toHex(token), 'sale', asset, price)
      return
    }
    const parts = owners.map(([, each]) => each)
    for (const [index, share] of divide(price, parts).entries())
      this.addLine(owners[index]![0], toHex(token), 'licence', asset, share)
  }

  #release(place: number): void {
    for (const held of this.held) {
      if (!this.rights.isReleasedAt(held.use, place)) continue
      this.funded.push({ use: held.use, fee: held.fee, place, epoch: this.#epoch })
      this.held = this.held.filter((each) => each !== held)
    }
  }

  // Rule 3
  #split(policy: Policy): void {
    const sums = new Map<string, Funded[]>()
    for (const each of this.funded.filter(({ epoch }) => epoch === this.#epoch)) {
      const { model, infrastructure, agent, token } = each.use.body
      const way = this.#dataChannels.wayIn(each, this.#epoch)
      const isRetrieved = each.use.body.retrieved.length > 0
      const key = JSON.stringify([model, infrastructure, agent, toHex(token), way, isRetrieved])
      sums.set(key, [...(sums.get(key) ?? []), each])
    }
    for (const uses of sums.values()) this.#splitSum(uses, policy)
  }

  /** @param channel that divides it from now on */
  #join(channel: string, key: string, part: bigint): void {
    if (channel === 'features') this.#joined.set(key, (this.#joined.get(key) ?? 0n) + part)
    else add(this.#toRetrieved, key, part)
  }

  #payRetrieval(): void {
    for (const [key, pool] of this.#toRetrieved) {
      const [model, token] = key.split(' ') as [string, string]
      const [paid, lost] = this.#dataChannels.pay(pool, model, token, this.funded, this.#epoch)
      for (const [account, amount] of paid) this.addLine(account, token, 'retrieval', model, amount)
      add(this.unattributed, token, lost)
    }
  }

  #splitSum(uses: readonly Funded[], policy: Policy): void {
    const { model, infrastructure, agent, ...body } = uses[0]!.use.body
    const token = toHex(body.token)
    const fees = sumOf(uses)
    const parts = [policy.dataParts, policy.modelParts, policy.upstreamParts, policy.agentParts]
    const rest = [policy.outcomeParts, policy.infrastructureParts, policy.treasuryParts]
    const divided = divide(fees, [...parts, ...rest].map(BigInt))
    const [data, toModel, upstream, toAgent, outcome, toHost, toTreasury] = divided as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ]
    const ancestors = [...this.#keptAbove(model)].sort(([a], [b]) => (a < b ? -1 : 1))
    const kept = ancestors.map(([, share]) => share)
    const royalties = divide(upstream, [...kept, WHOLE - kept.reduce((sum, share) => sum + share, 0n)])
    for (const [index, [asset]] of ancestors.entries()) this.#payOwners('royalty', asset, uses, royalties[index]!)
    const joins = agent === '' ? toAgent + outcome : 0n
    this.#payOwners('model', model, uses, toModel + royalties.at(-1)! + joins)
    if (agent !== '') {
      this.#payOwners('agent', agent, uses, toAgent)
      this.#keepOutcomes(uses, outcome, policy)
    }
    this.#payOwners('infrastructure', infrastructure, uses, toHost)
    this.addLine(toHex(policy.treasury), token, 'treasury', policy.policy, toTreasury)
    const way = this.#dataChannels.wayIn(uses[0]!, this.#epoch)
    const [atOnce, later] = this.#dataChannels.splitData(data, uses[0]!)
    this.#join('retrieval', `${model} ${token}`, atOnce)
    if (way === 'waits') this.#keepWaiting(uses, token, later, policy)
    else if (way === 'nobody') add(this.unattributed, token, later)
    else this.#join(way, `${model} ${token}`, later)
  }

  /** Shares of what goes upstream, of WHOLE, by walking every path. */
  #keptAbove(model: string, received = WHOLE, kept: Sums = new Map()): Sums {
    for (const { asset, parts } of this.rights.asset(model).parents) {
      const gets = (received * BigInt(parts)) / MILLION
      const passesOn = this.rights.asset(asset).parents.reduce((sum, each) => sum + each.parts, 0)
      kept.set(asset, (kept.get(asset) ?? 0n) + (gets * (MILLION - BigInt(passesOn))) / MILLION)
      this.#keptAbove(asset, gets, kept)
    }
    return kept
  }

  /** Over the tables of owners that the fees found, then over each table. */
  #payOwners(kind: string, asset: string, uses: readonly Funded[], pool: bigint, weights = uses.map(feeOf)): void {
    const versions = new Map<number, { weight: bigint; place: number }>()
    for (const [index, { place }] of uses.entries()) {
      const version = this.rights.version(asset, place)
      versions.set(version, { weight: (versions.get(version)?.weight ?? 0n) + weights[index]!, place })
    }
    const found = [...versions].filter(([, { weight }]) => weight > 0n).sort(([a], [b]) => a - b)
    const token = toHex(uses[0]!.use.body.token)
    const shares = divide(
      pool,
      found.map(([, { weight }]) => weight),
    )
    for (const [index, [, { place }]] of found.entries()) {
      const owners = this.rights.owners(asset, place)
      const amounts = divide(
        shares[index]!,
        owners.map(([, parts]) => parts),
      )
      for (const [at, [account]] of owners.entries()) this.addLine(account, token, kind, asset, amounts[at]!)
    }
  }

  #keepOutcomes(uses: readonly Funded[], outcome: bigint, policy: Policy): void {
    const payers = [...new Set(uses.map(({ use }) => toHex(use.body.payer)))].sort()
    const paid = payers.map((payer) => sumOf(uses.filter(({ use }) => toHex(use.body.payer) === payer)))
    const token = toHex(uses[0]!.use.body.token)
    for (const [index, part] of divide(outcome, paid).entries()) {
      if (part === 0n) continue
      const payer = payers[index]!
      const own = this.outcomes.find(
        (each) => each.epoch === this.#epoch && each.payer === payer && each.token === token,
      )
      if (own !== undefined) own.part += part
      else this.outcomes.push({ epoch: this.#epoch, payer, token, until: this.#epoch + policy.outcomeWaitEpochs, part })
    }
  }

  #keepWaiting(uses: readonly Funded[], token: string, part: bigint, policy: Policy): void {
    const { model, retrieved: items } = uses[0]!.use.body
    const [fees, retrieved] = [sumOf(uses), items.length > 0]
    const own = this.waiting.find(
      (each) =>
        each.epoch === this.#epoch && each.model === model && each.token === token && each.retrieved === retrieved,
    )
    this.waiting = this.waiting.filter((each) => each !== own)
    const until = this.#epoch + policy.featureWaitEpochs
    const sums = { part: part + (own?.part ?? 0n), fees: fees + (own?.fees ?? 0n) }
    this.waiting.push({ epoch: this.#epoch, model, token, retrieved, ...sums, taken: 0n, until })
  }

  // Rule 4
  #moveWaiting(): void {
    for (const entry of this.waiting.filter(({ epoch }) => epoch < this.#epoch)) {
      const own = this.funded.filter(({ use, epoch }) => {
        const { model, token, retrieved } = use.body
        const isOf = model === entry.model && toHex(token) === entry.token
        return epoch === entry.epoch && isOf && retrieved.length > 0 === entry.retrieved
      })
      const late = own.filter((each) => this.#dataChannels.late(each, this.#epoch) !== undefined)
      if (late.length === 0) continue
      const moved = movedOf(entry)
      entry.taken += sumOf(late)
      const found = ['features', 'retrieval'] as const
      const fees = found.map((channel) =>
        sumOf(late.filter((each) => this.#dataChannels.late(each, this.#epoch) === channel)),
      )
      for (const [index, amount] of divide(movedOf(entry) - moved, fees).entries())
        if (fees[index]! > 0n) this.#join(found[index]!, `${entry.model} ${entry.token}`, amount)
    }
    const stays = ({ taken, fees, until }: Waiting) => taken < fees && until > this.#epoch
    for (const entry of this.waiting)
      if (!stays(entry)) add(this.unattributed, entry.token, entry.part - movedOf(entry))
    this.waiting = this.waiting.filter(stays)
  }

  // Outcomes
  #rate(): void {
    for (const { epoch, payer, token, part } of this.outcomes.filter(({ until }) => until === this.#epoch)) {
      const worked = this.funded.filter(
        ({ use, epoch: own }) =>
          own === epoch && use.body.agent !== '' && toHex(use.body.payer) === payer && toHex(use.body.token) === token,
      )
      const weights = worked.map(({ use, fee }) => fee * BigInt(this.#scoreOf(use)))
      const agents = [...new Set(worked.map(({ use }) => use.body.agent))].sort()
      const of = (agent: string) => worked.map(({ use }, index) => (use.body.agent === agent ? weights[index]! : 0n))
      const sums = agents.map((agent) => total(of(agent)))
      if (total(sums) === 0n) add(this.unattributed, token, part)
      else
        for (const [index, amount] of divide(part, sums).entries())
          if (sums[index]! > 0n) this.#payOwners('outcome', agents[index]!, worked, amount, of(agents[index]!))
    }
    this.outcomes = this.outcomes.filter(({ until }) => until !== this.#epoch)
  }

  #scoreOf({ source, id }: Use): number {
    const rating = this.rights
      .of('TaskOutcome')
      .find(({ body }) => body.inferenceSource === source && body.inferenceId === id)
    return rating?.body.score ?? 0
  }

  // Rule 5
  #returnReserves(): void {
    for (const { model, token, until, amount } of this.reserves) {
      if (until > this.#epoch) continue
      const period = this.periods.get(`${model} ${token}`)!
      period.pool += amount
      period.carriedIn += amount
    }
    this.reserves = this.reserves.filter(({ until }) => until > this.#epoch)
  }

  // Retirement
  #giveUp(): void {
    for (const period of this.periods.values()) {
      const isOf = (of: { readonly model: string; readonly token: string }) =>
        of.model === period.model && of.token === period.token
      const joins = this.#joined.has(`${period.model} ${period.token}`)
      if (!this.retired.includes(period.model) || period.epochs.length > 0 || joins) continue
      if (this.held.some(({ use: { body } }) => isOf({ model: body.model, token: toHex(body.token) }))) continue
      if (this.waiting.some(isOf) || this.reserves.some(isOf)) continue
      add(this.unattributed, period.token, period.pool)
      Object.assign(period, { pool: 0n, carriedIn: 0n })
    }
  }

  #payPeriods(policy: Policy, influence: readonly Influence[]): void {
    for (const [key, amount] of this.#joined) {
      const [model, token] = key.split(' ') as [string, string]
      const period = this.periods.get(key) ?? { model, token, pool: 0n, carriedIn: 0n, epochs: [] }
      this.periods.set(key, period)
      period.pool += amount
      if (period.epochs.length === 0) period.epochs = [this.#epoch]
    }
    for (const period of this.periods.values()) {
      if (period.epochs.length === 0) continue
      if (!period.epochs.includes(this.#epoch)) period.epochs.push(this.#epoch)
      const found = influence.find(({ model, token }) => model === period.model && token === period.token)!
      if (found.state !== 'held') this.#close(period, found, policy)
    }
  }

  #close(period: Period, { state, scores, rest }: Influence, policy: Policy): void {
    const { model, token, pool, carriedIn } = period
    const own = pool - carriedIn
    let [left, back] = [pool, 0n]
    if (state === 'paid') {
      const payable = least(pool, own + own / 9n)
      const weights = [...scores.map(({ score }) => score), rest]
      const shares = total(weights) === 0n ? weights.map(() => 0n) : divide(payable, weights)
      for (const [index, { account }] of scores.entries()) {
        const share = shares[index]!
        const heldBack = (share * BigInt(policy.holdBackParts)) / MILLION
        this.addLine(account, token, 'data', model, share - heldBack)
        left -= share
        back += heldBack
      }
    }
    const until = this.#epoch + policy.holdBackEpochs
    if (back > 0n) this.reserves.push({ epoch: this.#epoch, model, token, until, amount: back })
    const carried = state === 'paid' ? least(left, own > carriedIn ? own : carriedIn) : 0n
    add(this.unattributed, token, left - carried)
    Object.assign(period, { pool: carried, carriedIn: carried, epochs: [] })
  }

  /** Rule 7. @param takenOf of what an account could be paid: what is netted, and what disputes hold; by account and token */
  payOut(takenOf: (key: string) => bigint): void {
    for (const [key, due] of this.due()) {
      const token = key.split(' ')[1]
      const minimums = this.policyIn(this.#epoch)?.minimumPayouts ?? []
      const minimum = minimums.find((each) => toHex(each.token) === token)?.amount ?? 0n
      const { cumulative } = this.accounts.get(key) ?? { cumulative: 0n }
      const left = due - takenOf(key)
      if (left < minimum) this.accounts.set(key, { cumulative, small: left })
      else this.accounts.set(key, { cumulative: cumulative + left, small: 0n })
    }
  }

  /** What was small, and what the lines of the epoch are, of every account that ever had a line. */
  due(): Sums {
    const due: Sums = new Map([...this.accounts].map(([key, { small }]) => [key, small]))
    for (const [key, amount] of this.lines) {
      const [account, token] = key.split(' ')
      due.set(`${account} ${token}`, (due.get(`${account} ${token}`) ?? 0n) + amount)
    }
    return due
  }
}

const WHOLE = 10n ** 48n

function feeOf({ fee }: Funded): bigint {
  return fee
}

function sumOf(uses: readonly Funded[]): bigint {
  return total(uses.map(feeOf))
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function movedOf({ part, taken, fees }: Waiting): bigint {
  return (part * taken) / fees
}
