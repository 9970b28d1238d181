import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { type Channels, chargeUse, raiseChannel } from './channels.ts'
import type { DecidedEpoch } from './decide.ts'
import { lineageOf } from './derivation.ts'
import type { History } from './history.ts'
import type { Sale } from './market.ts'
import type { AcceptOrder } from './ownership.ts'
import { addTo } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** An inference whose fee was taken from its payer's balance. */
export interface FundedUse {
  /** Its entry in the ids of the history. */
  readonly entry: number
  readonly model: string
  readonly infrastructure: string
  /** Empty where there was none. */
  readonly agent: string
  readonly token: string
  readonly fee: bigint
  /** Of its record in its epoch. */
  readonly row: number
  /** Whether the payer owned some of what is paid for the use, at its place in accept order. */
  readonly isPayerOwner: boolean
  /** Of the policy in force in its epoch, millionths. */
  readonly dataParts: number
  /** Row of its features when they were accepted at this cut, else undefined. */
  readonly featuresRow: number | undefined
}

/** A funded use that belongs to a period. */
export interface FeaturedUse extends FundedUse {
  readonly featuresRow: number
}

export function hasFeatures(use: FundedUse): use is FeaturedUse {
  return use.featuresRow !== undefined
}

export interface Funding {
  readonly funded: readonly FundedUse[]
  /** By token: fees that a voucher covered and no balance. */
  readonly unfunded: ReadonlyMap<string, bigint>
  /** By token: fees that no voucher covered. */
  readonly reported: ReadonlyMap<string, bigint>
  /** What became of each acceptance of an offer, in accept order. */
  readonly sales: readonly Sale[]
}

/** Length of an address in hex: two of them make a key that splits again. */
const ADDRESS_CHARACTERS = 42

export function splitPair(key: string): [first: string, second: string] {
  return [key.slice(0, ADDRESS_CHARACTERS), key.slice(ADDRESS_CHARACTERS)]
}

/**
 * Step 2 of settlement: deposits are credited and channels raised, then fees are taken in accept order where both cover them, and
 * offers settled where balances cover them.
 *
 * @param books  balances by payer ‖ token, and channels; changed in place
 * @param policy in force; without one nothing is taken
 */
export function fundEpoch(
  { balances, channels }: { readonly balances: Map<string, bigint>; readonly channels: Channels },
  decided: DecidedEpoch,
  history: History,
  policy: Policy | undefined,
): Funding {
  const { records, deposits, vouchers, uses, featuresOf } = decided
  for (const { body } of deposits) addTo(balances, toHex(body.payer) + toHex(body.token), body.amount)
  for (const { body } of vouchers) raiseChannel(channels, body)
  const funded: FundedUse[] = []
  const unfunded = new Map<string, bigint>()
  const reported = new Map<string, bigint>()
  const ownsOneOf = ownership(history, records)
  const sales: Sale[] = []
  const settleBefore = settlingSales(decided, history, balances, sales)
  for (const [index, row] of uses.rows.entries()) {
    settleBefore(row)
    const place = records.bodies[row]!
    const fee = records.uses.fee(place)
    const payer = history.accounts.textOf(records.uses.payer(place))
    const token = history.accounts.textOf(records.uses.token(place))
    const model = history.names.textOf(records.uses.model(place))
    const voucher = records.uses.voucher(place)
    const status = chargeUse(channels, balances, { payer, token, model, fee, voucher }, policy !== undefined)
    if (status !== 'funded') {
      addTo(status === 'unfunded' ? unfunded : reported, token, fee)
      continue
    }
    const entry = uses.entries[index]!
    const infrastructure = history.names.textOf(records.uses.infrastructure(place))
    const agent = history.names.textOf(records.uses.agent(place))
    const isPayerOwner = ownsOneOf({ model, infrastructure, agent }, payer, row)
    const featuresRow = featuresOf.get(entry)
    funded.push({
      ...{ entry, model, infrastructure, agent, token, fee, row, isPayerOwner },
      ...{ dataParts: policy!.dataParts, featuresRow },
    })
  }
  settleBefore(undefined)
  return { funded, unfunded, reported, sales }
}

/** Settles, call by call, the acceptances that come before the record of a row; in the end, without one, the rest. */
function settlingSales(
  { acceptances, records }: DecidedEpoch,
  { market, ownership: owned }: History,
  balances: Map<string, bigint>,
  sales: Sale[],
): (row: number | undefined) => void {
  let at = 0
  return (row) => {
    for (let next = acceptances[at]; next !== undefined; next = acceptances[++at]) {
      if (row !== undefined && records.compareRows(next.row, row) > 0) return
      sales.push(market.settle(next, balances, owned, records))
    }
  }
}

type Used = Pick<FundedUse, 'model' | 'infrastructure' | 'agent'>

/** Says whether the payer of a use owned some of what is paid for it: what it used, and what its model is derived from. */
function ownership(
  { assets, ownership: owned }: History,
  order: AcceptOrder,
): (used: Used, payer: string, row: number) => boolean {
  const lineages = new Map<string, readonly string[]>()
  return ({ model, infrastructure, agent }, payer, row) => {
    const owns = (asset: string) => owned.in(asset, owned.versionAt(asset, row, order)).has(payer)
    const lineage = lineages.get(model) ?? [...lineageOf(assets, model)]
    lineages.set(model, lineage)
    return owns(infrastructure) || (agent !== '' && owns(agent)) || lineage.some(owns)
  }
}
