import type { PriceRule, UnitQuantity } from '../../schemas/events.ts'

const MILLION = 1_000_000n

export interface PriceList {
  readonly model: string
  readonly token: string
  /** As published: no two of one unit, use and fromQuantity count at once. */
  readonly rules: readonly PriceRule[]
}

export interface PricedUse {
  readonly units: readonly UnitQuantity[]
  readonly commercial: boolean
  /** Effective time, Unix milliseconds. */
  readonly atMs: bigint
}

/**
 * What a use costs by a list: Σ over its units of ⌈quantity · price / 10^6⌉ (docs/formats.md#prices).
 *
 * @param usedBefore what the payer used of the unit, under this list, in earlier epochs
 * @returns          in the token's smallest unit; undefined when no rule prices one of the units
 */
export function priceOf(
  list: PriceList,
  { units, commercial, atMs }: PricedUse,
  usedBefore: (unit: string) => bigint,
): bigint | undefined {
  let price = 0n
  for (const { unit, quantity } of units) {
    const used = isTiered(list, unit) ? usedBefore(unit) : 0n
    const rule = ruleFor(list, unit, commercial ? 'commercial' : '', atMs, used)
    if (rule === undefined) return undefined
    price += (quantity * rule.pricePerMillion + MILLION - 1n) / MILLION
  }
  return price
}

/** Whether the price of the unit depends on what the payer used before. */
export function isTiered(list: PriceList, unit: string): boolean {
  return list.rules.some((rule) => rule.unit === unit && rule.fromQuantity > 0n)
}

/** Rules ascend by fromQuantity: the last that matches has the greatest. */
function ruleFor(list: PriceList, unit: string, use: string, atMs: bigint, used: bigint): PriceRule | undefined {
  return list.rules.findLast(
    (rule) =>
      rule.unit === unit &&
      rule.use === use &&
      rule.fromMs <= atMs &&
      (rule.untilMs === 0n || atMs < rule.untilMs) &&
      rule.fromQuantity <= used,
  )
}
