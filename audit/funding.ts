import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { type Channels, chargeUse, raiseChannel } from './channels.ts'
import { type ChannelTerms, channelTerms } from './data-channels.ts'
import type { DecidedEpoch } from './decide.ts'
import { lineageOf } from './derivation.ts'
import { type Dispute, type DisputeBooks, type Opening, placeOpening } from './held-disputes.ts'
import type { History } from './history.ts'
import type { Sale } from './market.ts'
import {
  endHeldUses,
  giveBack,
  type HeldUse,
  licensedAssets,
  lowerHeldUses,
  missingLicences,
  type PlacedTerms,
} from './outside.ts'
import type { AcceptOrder } from './ownership.ts'
import type { EventFeatures } from './period-events.ts'
import type { RetrievedItem } from './records/use-body.ts'
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
  readonly payer: string
  readonly token: string
  readonly fee: bigint
  /** Where its fee counts: its record in its epoch, or the grant that released it. */
  readonly row: number
  /** Whether the payer owned some of what is paid for the use, at that place in accept order. */
  readonly isPayerOwner: boolean
  /** Of the policy in force in its epoch, millionths. */
  readonly dataParts: number
  /** Of that policy: by whom its data part is divided. */
  readonly terms: ChannelTerms
  readonly retrieved: readonly RetrievedItem[]
  /** Row of its features when they were accepted at this cut, else undefined. */
  readonly featuresRow: number | undefined
  /** Those of a use that was held, when they had come by the time of its release. */
  readonly features?: EventFeatures | undefined
  /** That of a use that was held, when it was rated by the time of its release. */
  readonly score?: number | undefined
}

/** A funded use that belongs to a period. */
export type FeaturedUse = FundedUse & ({ readonly featuresRow: number } | { readonly features: EventFeatures })

export function hasFeatures(use: FundedUse): use is FeaturedUse {
  return use.featuresRow !== undefined || use.features !== undefined
}

export interface Funding {
  /** Of the epoch, inside their licences. */
  readonly funded: readonly FundedUse[]
  /** Held until now, in this epoch or since an earlier one. */
  readonly released: readonly FundedUse[]
  /** By token: fees taken and held. */
  readonly outside: ReadonlyMap<string, bigint>
  /** By token: held until now, and the payers' again. */
  readonly refunded: ReadonlyMap<string, bigint>
  /** By token: fees that a voucher covered and no balance. */
  readonly unfunded: ReadonlyMap<string, bigint>
  /** By token: fees that no voucher covered. */
  readonly reported: ReadonlyMap<string, bigint>
  /** What became of each acceptance of an offer, in accept order. */
  readonly sales: readonly Sale[]
  /** What became of each opening of a dispute, in accept order. */
  readonly openings: readonly Dispute[]
}

/** Length of an address in hex: two of them make a key that splits again. */
const ADDRESS_CHARACTERS = 42

export function splitPair(key: string): [first: string, second: string] {
  return [key.slice(0, ADDRESS_CHARACTERS), key.slice(ADDRESS_CHARACTERS)]
}

interface FundingBooks extends DisputeBooks {
  readonly balances: Map<string, bigint>
  readonly channels: Channels
  /** In the order in which they were taken. */
  readonly outside: HeldUse[]
}

/**
 * Step 2 of settlement: deposits are credited and channels raised, then fees are taken in accept order where both cover them, and
 * offers settled and bonds of disputes taken where balances cover them; fees of uses outside their licences are held, released or given back.
 *
 * @param books  balances by payer ‖ token, channels, and what is held; changed in place
 * @param policy in force; without one nothing is taken
 */
export function fundEpoch(
  books: FundingBooks,
  epoch: number,
  decided: DecidedEpoch,
  history: History,
  policy: Policy | undefined,
): Funding {
  const { balances, channels, outside: held } = books
  const { records, deposits, vouchers, uses, featuresOf } = decided
  for (const { body } of deposits) addTo(balances, toHex(body.payer) + toHex(body.token), body.amount)
  for (const { body } of vouchers) raiseChannel(channels, body)
  const funded: FundedUse[] = []
  const unfunded = new Map<string, bigint>()
  const reported = new Map<string, bigint>()
  const outside = new Map<string, bigint>()
  const ownsOneOf = ownership(history, records)
  const termsOf = policy === undefined ? undefined : channelTerms(policy)
  const sales: Sale[] = []
  const openings: Dispute[] = []
  const settleSalesBefore = settlingSales(decided, epoch, history, balances, sales)
  const settleBefore = settlingAmong(decided, settleSalesBefore, (opening) =>
    openings.push(placeOpening(opening, epoch, books, balances, history)),
  )
  for (const [index, row] of uses.rows.entries()) {
    settleBefore(row)
    const place = records.bodies[row]!
    const entry = uses.entries[index]!
    const { fee, isVoid } = history.corrections.standing(entry)
    const payer = history.accounts.textOf(records.uses.payer(place))
    const token = history.accounts.textOf(records.uses.token(place))
    const model = history.names.textOf(records.uses.model(place))
    const voucher = records.uses.voucher(place)
    if (isVoid) {
      addTo(reported, token, 0n)
      continue
    }
    const status = chargeUse(channels, balances, { payer, token, model, fee, voucher }, policy !== undefined)
    if (status !== 'funded') {
      addTo(status === 'unfunded' ? unfunded : reported, token, fee)
      continue
    }
    const infrastructure = history.names.textOf(records.uses.infrastructure(place))
    const agent = history.names.textOf(records.uses.agent(place))
    const retrieved = records.uses.retrieved(place)
    const what = { entry, model, infrastructure, agent, payer, token, fee, row, retrieved }
    const licensed = licensedAssets(history, what)
    if (licensed.length > 0) {
      const asked = { epoch, row, payer, ...records.uses.licensing(place, history) }
      const missing = missingLicences(history, licensed, asked, decided)
      if (missing.size > 0) {
        addTo(outside, token, fee)
        held.push({
          ...what,
          ...asked,
          until: epoch + policy!.outsideWaitEpochs,
          missing,
          features: undefined,
          score: undefined,
        })
        continue
      }
    }
    const isPayerOwner = ownsOneOf(what, payer, row)
    const featuresRow = featuresOf.get(entry)
    funded.push({ ...what, isPayerOwner, dataParts: policy!.dataParts, terms: termsOf!(model), featuresRow })
  }
  settleBefore(undefined)
  const refunded = new Map<string, bigint>()
  const refund = (use: HeldUse, fee: bigint) => {
    giveBack(use, fee, { balances, channels })
    addTo(refunded, use.token, fee)
  }
  for (const { use, taken } of lowerHeldUses(held, history.corrections)) refund(use, taken)
  const ended = endHeldUses(held, epoch, history, decided, sales.flatMap(boughtInRetrospect))
  for (const use of ended.refunded) refund(use, use.fee)
  const released = ended.released.map(({ use, row }) => {
    const { entry, model, infrastructure, agent, payer, token, fee, retrieved, features, score } = use
    const what = { entry, model, infrastructure, agent, payer, token, fee, row, retrieved, features, score }
    // What is held was taken under a policy, and there is one ever since.
    const how = { dataParts: policy!.dataParts, terms: termsOf!(model) }
    return { ...what, isPayerOwner: ownsOneOf(use, payer, row), ...how, featuresRow: undefined }
  })
  return { funded, released, outside, refunded, unfunded, reported, sales, openings }
}

/** Settles, call by call, the acceptances that come before the record of a row; in the end, without one, the rest. */
function settlingSales(
  { acceptances, records }: DecidedEpoch,
  epoch: number,
  { market, ownership: owned, licences }: History,
  balances: Map<string, bigint>,
  sales: Sale[],
): (row: number | undefined) => void {
  let at = 0
  return (row) => {
    for (let next = acceptances[at]; next !== undefined; next = acceptances[++at]) {
      if (row !== undefined && records.compareRows(next.row, row) > 0) return
      const sale = market.settle(next, balances, owned, records)
      sales.push(sale)
      if (sale.licence !== undefined) licences.buy(sale.licence, { epoch, row: sale.row })
    }
  }
}

function boughtInRetrospect({ row, licence }: Sale): PlacedTerms[] {
  return licence === undefined || licence.coversFromEpoch === 0 ? [] : [{ row, terms: licence }]
}

/** As {@link settlingSales}, with the openings of disputes each at its place among them. */
function settlingAmong(
  { openings, records }: DecidedEpoch,
  settleSalesBefore: (row: number | undefined) => void,
  place: (opening: Opening) => void,
): (row: number | undefined) => void {
  let at = 0
  return (row) => {
    for (let next = openings[at]; next !== undefined; next = openings[++at]) {
      if (row !== undefined && records.compareRows(next.row, row) > 0) break
      settleSalesBefore(next.row)
      place(next)
    }
    settleSalesBefore(row)
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
