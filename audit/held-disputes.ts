import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { lineKey } from './disputes.ts'
import type { History } from './history.ts'
import { policyInForce } from './policy.ts'
import type { State } from './state.ts'
import { addTo } from './sums.ts'

const MILLIONTHS = 1_000_000n

/** An accepted DisputeOpened, with the row of its record in the epoch. */
export interface Opening {
  readonly row: number
  readonly source: string
  readonly id: string
  readonly body: EventBodies['DisputeOpened']
}

export interface Dispute {
  readonly dispute: string
  readonly source: string
  readonly id: string
  readonly opener: string
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly lineEpoch: number
  readonly claim: string
  /** In which it was opened. */
  readonly epoch: number
  readonly until: number
  readonly bond: bigint
  wanted: bigint
  held: bigint
  award: bigint
  status: 'open' | 'void' | 'unfunded' | 'upheld' | 'rejected' | 'lapsed'
}

/** What adjustments did to a line of an earlier epoch. */
interface AdjustedLine {
  /** What disputes took and adjustments did not take once more. */
  counted: bigint
  /** What its account was made to owe because of it: in each epoch by itself, and none of it is undone. */
  lowered: bigint
}

/** What disputes carry from epoch to epoch. */
export interface DisputeBooks {
  /** Open ones, in the order in which they were opened. */
  disputes: Dispute[]
  /** By epoch: the lines that can still be disputed. */
  readonly disputable: Map<number, ReadonlyMap<string, bigint>>
  /** By line: what disputes that were upheld took of it. */
  readonly forfeited: Map<string, bigint>
  /** By line, of those that adjustments changed. */
  readonly adjustedLines: Map<string, AdjustedLine>
}

/** Lines of an epoch can be disputed for as long as the policy in force in it says. Those of whom that is over are let go. */
export function rememberLines(
  { disputable }: DisputeBooks,
  epoch: number,
  lines: readonly Readonly<Record<'account' | 'token' | 'kind' | 'asset', string> & { amount: bigint | string }>[],
  history: History,
): void {
  const windowOf = (each: number) => policyInForce(history, each)?.disputeWindowEpochs ?? 0
  for (const each of disputable.keys()) if (each + windowOf(each) <= epoch) disputable.delete(each)
  if (windowOf(epoch) === 0) return
  disputable.set(epoch, new Map(lines.map((line) => [lineKey({ ...line, lineEpoch: epoch }), BigInt(line.amount)])))
}

/**
 * Step 2 of settlement for one opening; called in accept order, with the fees.
 *
 * @param balances by payer ‖ token; changed in place
 */
export function placeOpening(
  { source, id, body }: Opening,
  epoch: number,
  { disputable, forfeited, adjustedLines }: DisputeBooks,
  balances: Map<string, bigint>,
  history: History,
): Dispute {
  const { dispute, kind, asset, claim, bond, epoch: lineEpoch } = body
  const [opener, account, token] = [toHex(body.opener), toHex(body.account), toHex(body.token)]
  const line = lineKey({ lineEpoch, account, token, kind, asset })
  const amount = disputable.get(lineEpoch)?.get(line)
  const until = epoch + policyInForce(history, lineEpoch)!.disputeWaitEpochs
  const opened = { dispute, source, id, opener, account, token, kind, asset, lineEpoch, claim, epoch, until, bond }
  const refused = (status: Dispute['status']): Dispute => ({ ...opened, wanted: 0n, held: 0n, award: 0n, status })
  if (amount === undefined) return refused('void')
  const gone = (forfeited.get(line) ?? 0n) + (adjustedLines.get(line)?.lowered ?? 0n)
  const wanted = opener === account || gone > amount ? 0n : amount - gone
  if (opener !== account && wanted === 0n) return refused('void')
  const balance = balances.get(opener + token) ?? 0n
  if (balance < bond) return refused('unfunded')
  balances.set(opener + token, balance - bond)
  return { ...opened, wanted, held: 0n, award: 0n, status: 'open' }
}

/** A line of a dispute that ended. */
interface EndLine {
  readonly account: string
  readonly token: string
  readonly kind: 'released' | 'award' | 'bond'
  readonly asset: string
  readonly amount: bigint
}

/** What an epoch did to the disputes. */
export interface EndedDisputes {
  readonly lines: readonly EndLine[]
  /** By token: what awards left. */
  readonly unattributed: ReadonlyMap<string, bigint>
  /** By token. */
  readonly bonds: ReadonlyMap<string, bigint>
  readonly bondsReturned: ReadonlyMap<string, bigint>
  /** All that were open or opened, in the order in which they were opened. */
  readonly all: readonly Dispute[]
}

/**
 * docs/formats.md#disputes: what was decided, or has waited long enough, ends. What is held and the bond go where that says.
 *
 * @param openings    of the epoch, placed
 * @param resolutions of the epoch, by name
 * @param balances    by payer ‖ token; changed in place
 */
export function endDisputes(
  books: DisputeBooks,
  epoch: number,
  openings: readonly Dispute[],
  resolutions: ReadonlyMap<string, EventBodies['DisputeResolved']>,
  balances: Map<string, bigint>,
): EndedDisputes {
  const lines: EndLine[] = []
  const [unattributed, bonds, bondsReturned] = [new Map(), new Map(), new Map()] as Map<string, bigint>[]
  const all = [...books.disputes, ...openings]
  for (const { status, token, bond } of openings) if (status === 'open' && bond > 0n) addTo(bonds!, token, bond)
  for (const each of all) {
    const { status, account, opener, token, asset, held, bond, until } = each
    const resolution = resolutions.get(each.dispute)
    if (status !== 'open' || (resolution === undefined && until > epoch)) continue
    each.status = resolution === undefined ? 'lapsed' : resolution.upheld ? 'upheld' : 'rejected'
    if (each.status === 'upheld') {
      each.award = (held * BigInt(resolution!.awardParts)) / MILLIONTHS
      lines.push({ account: opener, token, kind: 'award', asset, amount: each.award })
      if (held > each.award) addTo(unattributed!, token, held - each.award)
    } else lines.push({ account, token, kind: 'released', asset, amount: held })
    if (each.status === 'rejected') lines.push({ account, token, kind: 'bond', asset, amount: bond })
    else if (bond > 0n) {
      addTo(balances, opener + token, bond)
      addTo(bondsReturned!, token, bond)
    }
  }
  books.disputes = all.filter(({ status }) => status === 'open')
  for (const each of all) if (each.status === 'upheld' && each.held > 0n) forfeit(books, each)
  return { lines, unattributed: unattributed!, bonds: bonds!, bondsReturned: bondsReturned!, all }
}

/** The account has lost it for good: nobody else can have it held. */
function forfeit({ disputes, forfeited }: DisputeBooks, upheld: Dispute): void {
  const line = lineKey(upheld)
  addTo(forfeited, line, upheld.held)
  for (const other of disputes)
    if (other.opener !== other.account && lineKey(other) === line) other.wanted -= upheld.held
}

/**
 * Rule 7 of settlement: what accounts could be paid goes to the disputes of their lines first, the oldest before the others.
 *
 * @param small by account ‖ token: carried from before
 * @param lines of the epoch
 * @returns     by account ‖ token: what was taken
 */
export function holdForDisputes(
  disputes: readonly Dispute[],
  small: ReadonlyMap<string, bigint>,
  lines: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[],
  netted: ReadonlyMap<string, bigint>,
): Map<string, bigint> {
  const disputed = new Map<string, bigint>()
  if (disputes.length === 0) return disputed
  const left = new Map(small)
  for (const { account, token, amount } of lines) addTo(left, account + token, amount)
  for (const [key, amount] of netted) addTo(left, key, -amount)
  const heldOf = new Map<string, bigint>()
  for (const dispute of disputes) addTo(heldOf, lineKey(dispute), dispute.held)
  for (const dispute of disputes) {
    const key = dispute.account + dispute.token
    const missing = dispute.wanted - heldOf.get(lineKey(dispute))!
    const there = left.get(key) ?? 0n
    const taken = missing < there ? missing : there
    if (taken <= 0n) continue
    dispute.held += taken
    addTo(heldOf, lineKey(dispute), taken)
    left.set(key, there - taken)
    addTo(disputed, key, taken)
  }
  return disputed
}

/** Of an epoch whose influence is taken over: what disputes hold, as its state says. */
export function takeOverHeld(disputes: readonly Dispute[], state: State): void {
  const held = new Map(state.disputes.map((each) => [each.dispute, BigInt(each.held)]))
  for (const dispute of disputes) dispute.held = held.get(dispute.dispute) ?? 0n
}

/** `disputes` of state.json. */
export function disputesOf(disputes: readonly Dispute[]): State['disputes'] {
  return disputes.map(
    ({ dispute, opener, account, token, kind, asset, lineEpoch, epoch, until, bond, wanted, held }) => ({
      ...{ dispute, opener, account, token, kind, asset, lineEpoch, epoch, until },
      ...{ bond: `${bond}`, wanted: `${wanted}`, held: `${held}` },
    }),
  )
}
