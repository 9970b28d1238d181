import type { EventBodies } from '../schemas/events.ts'
import {
  type AdjustmentBooks,
  claimsByToken,
  owedDelta,
  owedOf,
  recoveriesOf,
  settleAdjustments,
  type WeighedDelta,
} from './adjustments.ts'
import { type Channels, channelsOf } from './channels.ts'
import { adjustLines, releaseLowered } from './contested-lines.ts'
import { type Channel, ChannelSums, wayOf } from './data-channels.ts'
import type { DecidedEpoch } from './decide.ts'
import type { PublishedInfluence } from './erased-periods.ts'
import { type FundedUse, type Funding, fundEpoch, hasFeatures, splitPair } from './funding.ts'
import {
  type Dispute,
  type DisputeBooks,
  disputesOf,
  endDisputes,
  holdForDisputes,
  takeOverHeld,
} from './held-disputes.ts'
import type { History } from './history.ts'
import type { Sale } from './market.ts'
import { compareText, firstOf } from './order.ts'
import { copyOutcome, type OutcomeEntry, settleOutcomes } from './outcomes.ts'
import { type HeldUse, outsideOf } from './outside.ts'
import { type BroughtUse, payChannel } from './pay-channels.ts'
import { minimumsOf, payAccounts, smallByToken } from './payouts.ts'
import { copyPeriod, type PeriodBooks, type PublishedPeriods, type SettledPeriod, settlePeriods } from './periods.ts'
import { policyInForce } from './policy.ts'
import { type Pools, type SettlementLine, splitPools } from './pools.ts'
import { addReserves, heldBackOf, type Reserve, reservesOf, takenFrom } from './reserves.ts'
import { weighRetrieved } from './retrieval.ts'
import type { State } from './state.ts'
import { addTo } from './sums.ts'
import { payTexts } from './text-pay.ts'
import { heldOf, settleWaiting, type WaitingEntry } from './waiting.ts'

type Policy = EventBodies['PolicyPublished']

/** What settlement carries from epoch to epoch; changed in place by {@link settleEpoch}. */
export interface Books extends PeriodBooks, DisputeBooks, AdjustmentBooks {
  /** By payer ‖ token. */
  readonly balances: Map<string, bigint>
  readonly channels: Channels
  /** Fees of uses outside their licences, in the order in which they were taken. */
  readonly outside: HeldUse[]
  /** Ascending by (epoch, model, token). */
  readonly waiting: WaitingEntry[]
  /** Ascending by (epoch, payer, token). */
  readonly outcomes: OutcomeEntry[]
  /** Models, in no order. */
  readonly retired: Set<string>
  /** By token, since the first epoch. */
  readonly unattributed: Map<string, bigint>
  /** By account ‖ token: paid out since the first epoch. */
  readonly cumulative: Map<string, bigint>
  /** By account ‖ token, an entry for each that ever earned something: too little to be paid so far. */
  readonly small: Map<string, bigint>
}

export function emptyBooks(): Books {
  return {
    balances: new Map(),
    channels: new Map(),
    outside: [],
    periods: new Map(),
    reserves: [],
    curvatures: new Map(),
    waiting: [],
    outcomes: [],
    retired: new Set(),
    disputes: [],
    disputable: new Map(),
    forfeited: new Map(),
    adjustedLines: new Map(),
    owed: new Map(),
    recoveries: new Map(),
    unattributed: new Map(),
    cumulative: new Map(),
    small: new Map(),
  }
}

/** Books of their own, for epochs that are settled a second time; K is a function of the history, and shared. */
export function copyBooks(books: Books): Books {
  return {
    balances: new Map(),
    channels: new Map(),
    outside: [],
    periods: new Map([...books.periods].map(([key, period]) => [key, copyPeriod(period)])),
    reserves: [...books.reserves],
    curvatures: books.curvatures,
    waiting: books.waiting.map((entry) => ({ ...entry, uses: new Map(entry.uses) })),
    outcomes: books.outcomes.map(copyOutcome),
    disputes: [],
    disputable: new Map(),
    forfeited: new Map(),
    adjustedLines: new Map(),
    // What adjustments found is none of a rerun's business: it is settled in the ledger.
    owed: new Map(),
    recoveries: new Map(),
    retired: new Set(books.retired),
    unattributed: new Map(),
    cumulative: new Map(),
    small: new Map(),
  }
}

interface TokenFlow {
  readonly token: string
  readonly funded: bigint
  readonly outside: bigint
  readonly released: bigint
  readonly refunded: bigint
  readonly unfunded: bigint
  readonly reported: bigint
  readonly sold: bigint
  readonly bonds: bigint
  readonly bondsReturned: bigint
  readonly heldIn: bigint
  readonly out: bigint
  readonly heldOut: bigint
  readonly unattributed: bigint
  readonly owed: bigint
  readonly owing: bigint
  readonly minimumPayout: bigint
}

export interface Settled {
  readonly policy: Policy | undefined
  readonly periods: readonly SettledPeriod[]
  /** One for each (account, token, kind, asset) with an amount above 0, in published order. */
  readonly lines: readonly SettlementLine[]
  readonly flows: readonly TokenFlow[]
  /** In accept order. */
  readonly sales: readonly Sale[]
  /** Open, opened or ended in the epoch, in the order in which they were opened. */
  readonly disputes: readonly Dispute[]
  /** By account ‖ token: taken for disputes. */
  readonly disputed: ReadonlyMap<string, bigint>
  /** Tokens of the inferences accepted in the epoch, funded or not, and of fees that went back in it. */
  readonly tokensUsed: ReadonlySet<string>
  /** By account ‖ token: taken for what it owes. */
  readonly netted: ReadonlyMap<string, bigint>
  /** What adjustments took of reserves. */
  readonly taken: readonly Reserve[]
}

/** What comes of the fees that were funded in an epoch, but for adjustments. */
interface SettledFees {
  readonly policy: Policy | undefined
  readonly periods: readonly SettledPeriod[]
  readonly lines: readonly SettlementLine[]
  /** By token: what this epoch adds. */
  readonly unattributed: Map<string, bigint>
  /** Whether texts that count were erased, so that some of its uses cannot be weighed any more. */
  readonly missesTexts: boolean
}

/** How fees are settled otherwise than by the policy in force and from the records. */
interface Otherwise {
  /** Attribution method instead of the policy's. */
  readonly method?: string
  /** With it nothing is attributed: what each period came to is taken over, and of `data` there are no lines. */
  readonly published?: PublishedPeriods | undefined
  /** Whose scores are taken over, of periods in which erased features took part. */
  readonly influence?: PublishedInfluence | undefined
}

/** Rules 3 to 6 of docs/formats.md#settlement. @param books changed in place */
export function settleFunded(
  books: Books,
  epoch: number,
  { funded: inside, released, sales }: Funding,
  decided: DecidedEpoch,
  history: History,
  { method, published, influence }: Otherwise = {},
): SettledFees {
  const inForce = policyInForce(history, epoch)
  const policy = inForce === undefined || method === undefined ? inForce : { ...inForce, method }
  const funded = [...inside, ...released]
  const hasText = ({ entry }: FundedUse) => history.texts.outputOf(entry) !== undefined
  const ways = funded.map((use) => ({ use, way: wayOf(use, (policy?.featureWaitEpochs ?? 0) > 0, hasText(use)) }))
  const pools: Pools =
    policy === undefined
      ? { lines: [], sums: new ChannelSums(), waiting: [], nobodys: new Map(), outcomes: [] }
      : splitPools(ways, policy, history, decided.records)
  const { sums } = pools
  const added = { uses: ways.filter(({ way }) => way === 'waits').map(({ use }) => use), parts: pools.waiting }
  const waited = settleWaiting(books.waiting, epoch, policy, added, sums, decided, hasText)
  const late = (channel: Channel) => waited.late.filter((each) => each.channel === channel).map(({ use }) => use)
  const own = (channel: Channel) => ways.filter(({ way }) => way === channel).map(({ use }) => use)
  const brought = retrievedUses(funded, [...own('retrieval'), ...late('retrieval')])
  const retrieved = payChannel('retrieval', brought, sums.of('retrieval'), (use) => weighRetrieved(use, history))
  const told = payTexts(restOf([...own('text'), ...late('text')]), sums.of('text'), history, influence)
  const { ratings } = decided
  const outcomes = { policy, funded, parts: pools.outcomes, ratings }
  const rated = settleOutcomes(books.outcomes, epoch, outcomes, history, decided.records)
  const joining = {
    uses: [...own('features'), ...late('features')].filter(hasFeatures),
    records: decided.records,
    parts: sums.of('features'),
    isAwaited: awaiting(books),
  }
  const unattributed = new Map(waited.unattributed)
  const periods =
    policy === undefined
      ? []
      : settlePeriods(books, epoch, policy, joining, history, { givenUp: unattributed, published, influence })
  if (policy !== undefined)
    addReserves(
      books.reserves,
      epoch,
      policy,
      periods.map(({ manifest }) => manifest),
    )
  const paid = [...pools.lines, ...retrieved.lines, ...told.lines, ...rated.lines]
  const lines = mergeLines([...saleLines(sales), ...paid, ...periods.flatMap(dataLines)])

  for (const [token, amount] of [...rated.unattributed, ...pools.nobodys, ...retrieved.nobodys, ...told.nobodys])
    addTo(unattributed, token, amount)
  for (const { manifest, unattributed: givenUp } of periods) addTo(unattributed, manifest.token, givenUp)
  for (const [token, amount] of unattributed) addTo(books.unattributed, token, amount)
  return { policy, periods, lines, unattributed, missesTexts: told.isIncomplete }
}

/**
 * Of every use that is funded now, the part that its retrieved contributions share at once; and of those that retrieval takes the rest.
 */
function retrievedUses(funded: readonly FundedUse[], taken: readonly FundedUse[]): BroughtUse[] {
  const withItems = funded.filter(({ retrieved }) => retrieved.length > 0)
  return [...withItems.map((use) => ({ use, parts: use.terms.retrievalParts })), ...restOf(taken)].filter(
    ({ parts }) => parts > 0,
  )
}

/** What of the data parts of uses is left when what was retrieved for them has had its part at once. */
function restOf(uses: readonly FundedUse[]): BroughtUse[] {
  return uses.map((use) => ({ use, parts: 1_000_000 - (use.retrieved.length > 0 ? use.terms.retrievalParts : 0) }))
}

/** What an epoch is settled with besides its decisions. */
interface SettleOptions extends Pick<Otherwise, 'published' | 'influence'> {
  /** Told what was funded, before anything comes of it. */
  readonly onFunded?: (funding: Funding) => void
  /** What adjustments that were accepted in the epoch found, asked for once its disputes have ended. */
  readonly deltas?: () => readonly WeighedDelta[]
}

/** Settles an epoch after its decisions (docs/formats.md#settlement). */
export function settleEpoch(
  books: Books,
  epoch: number,
  decided: DecidedEpoch,
  history: History,
  { published, influence, onFunded, deltas = () => [] }: SettleOptions = {},
): Settled {
  for (const model of history.retirements.models()) books.retired.add(model)
  const heldIn = heldByToken(books)
  const funding = fundEpoch(books, epoch, decided, history, policyInForce(history, epoch))
  onFunded?.(funding)
  const { released, outside, refunded, unfunded, reported, sales, openings, ...own } = funding
  const fees = settleFunded(books, epoch, funding, decided, history, { published, influence })
  const { policy, periods, unattributed } = fees
  const ends = endDisputes(books, epoch, openings, decided.resolutions, books.balances)
  for (const { dispute, status } of ends.all) if (status !== 'open') history.disputes.close(dispute)
  for (const [token, amount] of ends.unattributed) {
    addTo(unattributed, token, amount)
    addTo(books.unattributed, token, amount)
  }
  const found = deltas()
  const givenBack = releaseLowered(books.disputes, adjustLines(books, found))
  const earned = mergeLines([...fees.lines, ...ends.lines, ...givenBack])
  const reserved = [...books.reserves]
  const adjusted = settleAdjustments(books, found.map(owedDelta), earned)
  const taken = takenFrom(reserved, books.reserves)
  const lines = mergeLines([...earned, ...adjusted.lines])
  const minimumPayout = minimumsOf(policy)
  // Without lines of data nobody knows what could be held.
  const disputed: ReadonlyMap<string, bigint> =
    published === undefined ? holdForDisputes(books.disputes, books.small, lines, adjusted.netted) : new Map()
  if (published !== undefined) takeOverHeld(books.disputes, published.state)
  const out = payAccounts(books, lines, minimumPayout, { netted: adjusted.netted, disputed })

  const fundedByToken = feesByToken(own.funded)
  const heldOut = heldByToken(books)
  const ended = { released: feesByToken(released), refunded }
  const sums = {
    funded: fundedByToken,
    outside,
    ...ended,
    unfunded,
    reported,
    sold: soldByToken(sales),
    bonds: ends.bonds,
    bondsReturned: ends.bondsReturned,
    heldIn,
    out,
    heldOut,
    unattributed,
    ...claimsByToken(books.owed),
  }
  const flows = flowsOf({ ...sums, minimumPayout })
  const tokensUsed = new Set([fundedByToken, outside, refunded, unfunded, reported].flatMap((each) => [...each.keys()]))
  const { netted } = adjusted
  return { policy, periods, lines, flows, sales, disputes: ends.all, disputed, tokensUsed, netted, taken }
}

/** Whether fees of (model, token) are held outside a licence, or parts of them wait for features. */
function awaiting({ outside, waiting }: Books): (model: string, token: string) => boolean {
  return (model, token) => [...outside, ...waiting].some((each) => each.model === model && each.token === token)
}

function feesByToken(uses: readonly { readonly token: string; readonly fee: bigint }[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { token, fee } of uses) addTo(sums, token, fee)
  return sums
}

function heldByToken(books: Books): Map<string, bigint> {
  const { outside, periods, reserves, small, waiting, outcomes, disputes, recoveries } = books
  const held = smallByToken(small)
  for (const { token, amount } of reserves) addTo(held, token, amount)
  for (const { token, fee } of outside) addTo(held, token, fee)
  for (const { token, pool } of periods.values()) addTo(held, token, pool)
  for (const entry of waiting) addTo(held, entry.token, heldOf(entry))
  for (const { token, part } of outcomes) addTo(held, token, part)
  for (const { token, bond, held: amount } of disputes) addTo(held, token, bond + amount)
  for (const [token, amount] of recoveries) addTo(held, token, amount)
  return held
}

/** What is paid for a share is its seller's, for a licence its owners'. */
function saleLines(sales: readonly Sale[]): SettlementLine[] {
  return sales.flatMap(({ published: { kind, token, asset }, paid }) =>
    [...paid].map(([account, amount]): SettlementLine => {
      return { account, token, kind: kind === 'licence' ? 'licence' : 'sale', asset, amount }
    }),
  )
}

function soldByToken(sales: readonly Sale[]): Map<string, bigint> {
  const sold = new Map<string, bigint>()
  for (const { token, amount } of saleLines(sales)) addTo(sold, token, amount)
  return sold
}

function dataLines({ manifest, result, holdBackParts }: SettledPeriod): SettlementLine[] {
  return (result?.accounts ?? []).map(({ account, pay }) => ({
    account,
    token: manifest.token,
    kind: 'data',
    asset: manifest.model,
    amount: pay - heldBackOf(pay, holdBackParts),
  }))
}

/** Step 6: one line for each (account, token, kind, asset), none of 0. */
function mergeLines(parts: readonly SettlementLine[]): SettlementLine[] {
  const merged = new Map<string, SettlementLine>()
  for (const part of parts) {
    const key = JSON.stringify([part.account, part.token, part.kind, part.asset])
    merged.set(key, { ...part, amount: (merged.get(key)?.amount ?? 0n) + part.amount })
  }
  return [...merged.values()].filter(({ amount }) => amount > 0n).sort(compareLines)
}

type LineKey = Pick<SettlementLine, 'account' | 'token' | 'asset'> & { readonly kind: string }

export function compareLines(a: LineKey, b: LineKey): number {
  return firstOf(
    compareText(a.account, b.account),
    compareText(a.token, b.token),
    compareText(a.kind, b.kind),
    compareText(a.asset, b.asset),
  )
}

type Sums = ReadonlyMap<string, bigint>

function flowsOf(sums: Readonly<Record<Exclude<keyof TokenFlow, 'token'>, Sums>>): TokenFlow[] {
  const tokens = new Set(Object.values(sums).flatMap((each) => [...each.keys()]))
  return [...tokens].sort(compareText).map((token) => ({
    token,
    funded: sums.funded.get(token) ?? 0n,
    outside: sums.outside.get(token) ?? 0n,
    released: sums.released.get(token) ?? 0n,
    refunded: sums.refunded.get(token) ?? 0n,
    unfunded: sums.unfunded.get(token) ?? 0n,
    reported: sums.reported.get(token) ?? 0n,
    sold: sums.sold.get(token) ?? 0n,
    bonds: sums.bonds.get(token) ?? 0n,
    bondsReturned: sums.bondsReturned.get(token) ?? 0n,
    heldIn: sums.heldIn.get(token) ?? 0n,
    out: sums.out.get(token) ?? 0n,
    heldOut: sums.heldOut.get(token) ?? 0n,
    unattributed: sums.unattributed.get(token) ?? 0n,
    owed: sums.owed.get(token) ?? 0n,
    owing: sums.owing.get(token) ?? 0n,
    minimumPayout: sums.minimumPayout.get(token) ?? 0n,
  }))
}

/** state.json after the epoch. */
export function stateOf(books: Books, epoch: number): State {
  const byText = (a: readonly string[], b: readonly string[]) =>
    firstOf(...a.map((text, i) => compareText(text, b[i]!)))
  return {
    format: 'tallystick-state/1',
    epoch,
    balances: [...books.balances]
      .filter(([, amount]) => amount > 0n)
      .map(([key, amount]) => {
        const [payer, token] = splitPair(key)
        return { payer, token, amount: amount.toString() }
      })
      .sort((a, b) => byText([a.payer, a.token], [b.payer, b.token])),
    channels: channelsOf(books.channels),
    outside: outsideOf(books.outside),
    periods: [...books.periods.values()]
      .map(({ model, token, epochs, pool, carriedIn, dBarFixed }) => ({
        model,
        token,
        epochs: [...epochs],
        pool: pool.toString(),
        carriedIn: carriedIn.toString(),
        dBarFixed: dBarFixed === null ? null : dBarFixed.toString(),
      }))
      .sort((a, b) => byText([a.model, a.token], [b.model, b.token])),
    reserves: reservesOf(books.reserves),
    unattributed: [...books.unattributed]
      .filter(([, amount]) => amount > 0n)
      .map(([token, amount]) => ({ token, amount: amount.toString() }))
      .sort((a, b) => byText([a.token], [b.token])),
    waiting: books.waiting.map(({ epoch: since, model, token, retrieved, until, part, fees, taken }) => ({
      epoch: since,
      model,
      token,
      retrieved,
      until,
      part: part.toString(),
      fees: fees.toString(),
      taken: taken.toString(),
    })),
    outcomes: books.outcomes.map(({ epoch: since, payer, token, until, part }) => ({
      ...{ epoch: since, payer, token, until, part: part.toString() },
    })),
    recoveries: recoveriesOf(books.recoveries),
    owed: owedOf(books.owed),
    retired: [...books.retired].sort(compareText),
    disputes: disputesOf(books.disputes),
  }
}
