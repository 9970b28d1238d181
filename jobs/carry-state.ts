import { type CanonicalJson, canonicalJson } from '../anchor/canonical-json.ts'
import type { Database } from '../pipelines/warehouse/database.ts'
import type { Channel } from './funding/channels.ts'
import type { HeldFees } from './funding/held-fees.ts'

/** What an epoch hands to the next one (docs/formats.md, `state.json`). Amounts are decimal text. */
export interface CarryState {
  readonly format: 'tallystick-state/1'
  readonly epoch: number
  readonly balances: readonly { readonly amount: string; readonly payer: string; readonly token: string }[]
  readonly channels: readonly Channel[]
  readonly outside: readonly HeldFees[]
  readonly periods: readonly CarriedPeriod[]
  readonly reserves: readonly Reserve[]
  readonly unattributed: readonly TokenAmount[]
  readonly waiting: readonly WaitingPart[]
  readonly outcomes: readonly OutcomePool[]
  /** Netted from who was paid too much, and not yet paid to who was paid too little. */
  readonly recoveries: readonly TokenAmount[]
  /** What adjustments found and nobody has paid yet: a claim, no atom. */
  readonly owed: readonly OwedAmount[]
  /** Models that are used no more, ascending. */
  readonly retired: readonly string[]
  readonly disputes: readonly OpenDispute[]
}

export interface TokenAmount {
  readonly amount: string
  readonly token: string
}

/** Of one account and token all have the same sign. */
export interface OwedAmount {
  readonly account: string
  /** Above 0: owed to the account; below: by it. */
  readonly amount: string
  /** Whose contributors or users it is about; empty: of no model. */
  readonly model: string
  readonly token: string
}

export interface CarriedPeriod {
  /** Of the pool: what the period before left. */
  readonly carriedIn: string
  readonly dBarFixed: string | null
  /** Epochs of the open period; empty when none is open. */
  readonly epochs: readonly number[]
  readonly model: string
  /** Held so far, or carried by the last period. */
  readonly pool: string
  readonly token: string
}

/** Data part of the uses of an epoch that no channel had taken at its cut. */
export interface WaitingPart {
  readonly epoch: number
  /** Σ fee of all of them. */
  readonly fees: string
  readonly model: string
  /** Of all of them. */
  readonly part: string
  /** Whether something was retrieved for them: another part of their fees waits then. */
  readonly retrieved: boolean
  /** Σ fee of those that a channel has taken since. */
  readonly taken: string
  readonly token: string
  /** Last epoch in which features, or texts, still count. */
  readonly until: number
}

/** What was held back of what a period paid in an epoch. */
export interface Reserve {
  readonly amount: string
  readonly epoch: number
  readonly model: string
  readonly token: string
  /** In this epoch it returns to the pool of (model, token). */
  readonly until: number
}

/** Outcome parts of what a payer paid for the work of agents in an epoch, until the payer has rated it. */
export interface OutcomePool {
  readonly epoch: number
  readonly part: string
  readonly payer: string
  readonly token: string
  /** Last epoch in which ratings still count. */
  readonly until: number
}

/** A dispute that is neither decided nor ended, in the order in which they were opened. */
export interface OpenDispute {
  /** Of the line, as are asset, kind, lineEpoch and token. */
  readonly account: string
  readonly asset: string
  readonly bond: string
  readonly dispute: string
  /** In which it was opened. */
  readonly epoch: number
  /** Taken from the account so far. */
  readonly held: string
  readonly kind: string
  readonly lineEpoch: number
  readonly opener: string
  readonly token: string
  /** Last epoch in which it can be decided. */
  readonly until: number
  /** Most that all disputes of the line together may hold; 0 of one's own line. */
  readonly wanted: string
}

const EMPTY_STATE: CarryState = {
  format: 'tallystick-state/1',
  epoch: 0,
  balances: [],
  channels: [],
  outside: [],
  periods: [],
  reserves: [],
  unattributed: [],
  waiting: [],
  outcomes: [],
  recoveries: [],
  owed: [],
  retired: [],
  disputes: [],
}

/** Bytes of `state.json`. */
export function encodeState(state: CarryState): Uint8Array {
  return canonicalJson(state as unknown as CanonicalJson)
}

/** State after `epoch`; the empty one for epoch 0. */
export async function loadState(warehouse: Database, epoch: number): Promise<CarryState> {
  if (epoch === 0) return EMPTY_STATE
  const row = await warehouse.one<{ state_json: string }>('SELECT state_json FROM epoch WHERE epoch = $epoch', {
    epoch,
  })
  return JSON.parse(row!.state_json) as CarryState
}

/** Of what waits, the part of those uses that a channel has taken: it has moved there. */
export function movedOf({ part, taken, fees }: Pick<WaitingPart, 'part' | 'taken' | 'fees'>): bigint {
  return (BigInt(part) * BigInt(taken)) / BigInt(fees)
}

/**
 * Everything that is held and belongs to no account: fees outside a licence, pools of periods, what was carried included, what
 * was held back, all that waits, what disputes hold, bonds included, and what was recovered and not yet paid on. One token may come several
 * times.
 */
export function heldAmounts(state: CarryState): { token: string; amount: bigint }[] {
  const { outside, periods, reserves, waiting, outcomes, disputes, recoveries } = state
  return [
    ...outside.map(({ token, fees }) => ({ token, amount: BigInt(fees) })),
    ...periods.map(({ token, pool }) => ({ token, amount: BigInt(pool) })),
    ...reserves.map(({ token, amount }) => ({ token, amount: BigInt(amount) })),
    ...waiting.map((each) => ({ token: each.token, amount: BigInt(each.part) - movedOf(each) })),
    ...outcomes.map(({ token, part }) => ({ token, amount: BigInt(part) })),
    ...disputes.map(({ token, bond, held }) => ({ token, amount: BigInt(bond) + BigInt(held) })),
    ...recoveries.map(({ token, amount }) => ({ token, amount: BigInt(amount) })),
  ]
}
