import { type GradientRows, itemGradients } from '../bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../bilinear/leverage.ts'
import type { LoadedItems } from '../features/load-period.ts'
import { groupsOf } from '../rule/payout-rule.ts'

/** Where a contribution comes from. */
export interface ItemPlace {
  readonly batch: Uint8Array
  readonly index: number
}

/** The kept contributions of one cut, as a pass over all of them wants them; wherever they lie, the same numbers. */
export interface ExplainedItems {
  readonly count: number
  readonly shape: Pick<GradientRows, 'rank' | 'errorSumMax'>
  /** Their gradients in order. A block is good until the one after the next is asked for. */
  blocks(): AsyncIterable<GradientRows>
  /** u of each item (docs/attribution.md step 2). */
  multipliers(): Promise<Uint32Array>
  /** 2 · index of each item's account among `accounts`, and 1 more when it was withdrawn. */
  groupOf(): Promise<Uint32Array>
  /** Ascending by bytes. */
  accounts(): Promise<readonly string[]>
  placeOf(item: number): Promise<ItemPlace>
}

/** Items that are in memory already. */
export class LoadedExplainedItems implements ExplainedItems {
  readonly shape: GradientRows
  readonly #loaded: LoadedItems

  constructor(loaded: LoadedItems) {
    this.#loaded = loaded
    this.shape = itemGradients(loaded.items.rows)
  }

  get count(): number {
    return this.shape.count
  }

  async *blocks(): AsyncGenerator<GradientRows> {
    yield this.shape
  }

  async multipliers(): Promise<Uint32Array> {
    return cappedMultipliers(this.#loaded.items.rows)
  }

  async groupOf(): Promise<Uint32Array> {
    return groupsOf(this.#loaded.items)
  }

  async accounts(): Promise<readonly string[]> {
    return this.#loaded.accounts.map(({ account }) => account)
  }

  async placeOf(item: number): Promise<ItemPlace> {
    return this.#loaded.places[item]!
  }
}
