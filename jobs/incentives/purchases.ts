import type { PeriodEvents } from '../attribution/rows.ts'
import { groupsOf } from '../attribution/rule/payout-rule.ts'
import { bestPaid } from './data-attacks.ts'
import { factored, joinEvents, pickRows } from './event-rows.ts'
import type { FeeReturns, FeeUse } from './fee-returns.ts'
import { attribute, type PaidPeriod, payableOf, payOf } from './paid-period.ts'
import type { SeededDraws } from './seeded-draws.ts'
import { percentOf, type Simulated } from './simulated.ts'
import { useRater } from './use-rater.ts'

/** Of the fees of all others, in thousandths. */
const PURCHASES = [5, 50, 250]
/** Part of the fees for which two ways of searching are compared. */
const PROBE = 50
/** So many different uses are bought. */
const USES = 20
/** Own contributions that are asked about, with every answer; and uses of others that are looked at. */
const OWN_LOOKED_AT = 40
const USES_LOOKED_AT = 300
const P16_MAX = 65_535
const PROBABILITY_WHOLE = 1_000
const MILLION = 1_000_000n

/** Who buys, and what comes back to it otherwise. */
interface Buyer {
  readonly account: string
  /** Among the accounts of the period; none: it has no contributions. */
  readonly indices: readonly number[]
  readonly returns: FeeReturns
  readonly use: FeeUse
}

/**
 * Two contributors, the best paid and one in the middle, buy uses that their own data helps: what is best of a search over their own
 * contributions with every answer and over uses of others. They pay under a name that owns nothing, so that the uses count.
 */
export async function simulateWash(
  period: PaidPeriod,
  of: Pick<Buyer, 'returns' | 'use'>,
  draws: SeededDraws,
): Promise<Simulated[]> {
  const paid = bestPaid(period, period.accounts.length)
  const chosen = [...new Set([paid[0], paid[paid.length >> 1]])].filter((at) => at !== undefined)
  const found: Simulated[] = []
  for (const at of chosen) {
    const buyer = { ...of, account: period.accounts[at]!, indices: [at] }
    const uses = await bestUses(period, buyer, draws)
    for (const thousandths of PURCHASES) {
      const what = `buys uses that its own data helps, for ${thousandths / 10} % of all fees`
      const one = await buy(period, buyer, uses, thousandths, { attack: 'wash', what })
      if (one !== undefined) found.push(one)
    }
  }
  return found
}

/** The largest owner of the model pays for uses of it, like those of others: openly, and under a name that owns nothing. */
export async function simulateSelfDealing(
  period: PaidPeriod,
  of: Pick<Buyer, 'returns' | 'use'>,
  draws: SeededDraws,
): Promise<Simulated[]> {
  const account = of.returns.largestOwnerOf(of.use.model)
  if (account === undefined) return []
  const at = period.accounts.indexOf(account)
  const buyer = { ...of, account, indices: at === -1 ? [] : [at] }
  const usual = pickUses(period.events, drawUses(period.events, USES, draws))
  const found: Simulated[] = []
  for (const own of [1, 0]) {
    const uses = { ...usual, own: usual.own.map(() => own) }
    const what = `owns the model and buys uses of it ${own === 1 ? 'openly' : 'under another name'}, for ${PROBE / 10} % of all fees`
    const one = await buy(period, buyer, uses, PROBE, { attack: 'self-dealing', what })
    if (one !== undefined) found.push(one)
  }
  return found
}

/** Two searches, one reckoning with the cap and one that does not, and the one that brings back more: a rule without a cap is found out. */
async function bestUses(period: PaidPeriod, buyer: Buyer, draws: SeededDraws): Promise<PeriodEvents> {
  const candidates = candidatesOf(period, buyer, draws)
  let best: { readonly uses: PeriodEvents; readonly percent: number } | undefined
  for (const capped of [true, false]) {
    const rate = await useRater({
      ...{ kernels: period.kernels, rows: period.items.rows, account: period.items.account },
      ...{ groups: groupsOf(period.items), curvature: period.curvature, events: period.events },
      ...{ level: period.result, dataParts: period.dataParts, buyers: buyer.indices, aim: 1, capped },
    })
    const moved = await rate(candidates)
    const order = [...moved.keys()].sort((a, b) => moved[b]! - moved[a]! || a - b)
    const uses = pickUses(candidates, order.slice(0, USES))
    const deal = await buy(period, buyer, uses, PROBE, { attack: 'wash', what: '' })
    const percent = deal?.percent ?? Number.NEGATIVE_INFINITY
    if (best === undefined || percent > best.percent) best = { uses, percent }
  }
  return best!.uses
}

/** Uses that ask about the buyer's own contributions, with every answer, and uses of others. */
function candidatesOf(period: PaidPeriod, { indices }: Buyer, draws: SeededDraws): PeriodEvents {
  const { items, result } = period
  const own = [...items.account.keys()].filter((item) => indices.includes(items.account[item]!))
  const asked = own.sort((a, b) => result.values[b]! - result.values[a]! || a - b).slice(0, OWN_LOOKED_AT)
  const others = pickUses(period.events, drawUses(period.events, USES_LOOKED_AT, draws))
  const { classes } = items.rows
  const rows = pickRows(
    items.rows,
    asked.flatMap((item) => Array.from({ length: classes }, () => item)),
  )
  const labels = Uint16Array.from({ length: rows.count }, (_, at) => at % classes)
  const p16 = Uint16Array.from({ length: rows.count }, (_, at) =>
    Math.round((rows.probabilities[at * classes + labels[at]!]! * P16_MAX) / PROBABILITY_WHOLE),
  )
  const mine = {
    ...{ rows: { ...rows, labels }, p16 },
    ...{ fees: new Float64Array(rows.count), own: new Uint8Array(rows.count) },
  }
  return joinEvents(mine, others)
}

function drawUses({ p16 }: PeriodEvents, count: number, draws: SeededDraws): number[] {
  return Array.from({ length: Math.min(count, p16.length) }, () => draws.next(p16.length))
}

function pickUses(events: PeriodEvents, indices: readonly number[]): PeriodEvents {
  return {
    rows: pickRows(factored(events), indices),
    p16: Uint16Array.from(indices, (from) => events.p16[from]!),
    fees: Float64Array.from(indices, (from) => events.fees[from]!),
    own: new Uint8Array(indices.length),
  }
}

/** What buying `uses` for a part of all fees comes to. @returns undefined when there is nothing to pay */
async function buy(
  period: PaidPeriod,
  { account, indices, returns, use }: Buyer,
  uses: PeriodEvents,
  thousandths: number,
  of: Pick<Simulated, 'attack' | 'what'>,
): Promise<Simulated | undefined> {
  const { events, feeShift, dataParts } = period
  const total = events.fees.reduce((sum, fee) => sum + fee, 0)
  const fee = Math.max(1, Math.round((thousandths * total) / 1_000 / uses.p16.length))
  const bought = { ...uses, fees: new Float64Array(uses.p16.length).fill(fee) }
  const result = await attribute(period, { events: joinEvents(events, bought) })
  if (result === undefined) return undefined
  const spent = BigInt(fee * uses.p16.length) << BigInt(feeShift)
  const before = payOf(period.result, indices, payableOf(period))
  const after = payOf(result, indices, payableOf(period, (spent * BigInt(dataParts)) / MILLION))
  const back = returns.to(account, use, spent).reduce((sum, { amount }) => sum + amount, 0n)
  return { ...of, account, before, after, spent, back, percent: percentOf(after - before + back - spent, spent) }
}
