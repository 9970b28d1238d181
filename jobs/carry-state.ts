import { type CanonicalJson, canonicalJson } from '../anchor/canonical-json.ts'
import type { Database } from '../pipelines/warehouse/database.ts'

/** What an epoch hands to the next one (docs/formats.md, `state.json`). Amounts are decimal text. */
export interface CarryState {
  readonly format: 'tallystick-state/1'
  readonly epoch: number
  readonly balances: readonly { readonly amount: string; readonly payer: string; readonly token: string }[]
  readonly periods: readonly CarriedPeriod[]
  readonly unattributed: readonly { readonly amount: string; readonly token: string }[]
}

export interface CarriedPeriod {
  readonly dBarFixed: string | null
  /** Epochs of the open period; empty when none is open. */
  readonly epochs: readonly number[]
  readonly model: string
  /** Held so far, or carried by the last period. */
  readonly pool: string
  readonly token: string
}

const EMPTY_STATE: CarryState = {
  format: 'tallystick-state/1',
  epoch: 0,
  balances: [],
  periods: [],
  unattributed: [],
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
