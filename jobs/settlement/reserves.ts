import type { CarriedPeriod, CarryState, Reserve } from '../carry-state.ts'
import { compareText } from '../funding/channels.ts'
import type { Policy } from '../funding/policy.ts'

const MILLIONTHS = 1_000_000n

/** Of what a period pays an account, the atoms that are held back: whole ones, rounded down. */
export function heldBackOf(share: bigint, { holdBackParts }: Policy): bigint {
  return (share * BigInt(holdBackParts)) / MILLIONTHS
}

/**
 * Gives what was held back long enough to the pool of its (model, token), as something carried in: a period pays of it no faster
 * than of what any other period left (docs/formats.md#settlement rule 5).
 *
 * @returns the periods as the epoch finds them, and the reserves that stay
 */
export function returnReserves(
  { periods, reserves }: CarryState,
  epoch: number,
): { readonly periods: readonly CarriedPeriod[]; readonly reserves: readonly Reserve[] } {
  const returned = new Map<string, bigint>()
  for (const { model, token, until, amount } of reserves) {
    const key = `${model}/${token}`
    if (until <= epoch) returned.set(key, (returned.get(key) ?? 0n) + BigInt(amount))
  }
  return {
    periods: periods.map((period) => {
      const more = returned.get(`${period.model}/${period.token}`) ?? 0n
      const [pool, carriedIn] = [BigInt(period.pool) + more, BigInt(period.carriedIn) + more]
      return { ...period, pool: pool.toString(), carriedIn: carriedIn.toString() }
    }),
    reserves: reserves.filter(({ until }) => until > epoch),
  }
}

/** Those that stay and those of this epoch, ascending by (epoch, model, token), without any of 0. */
export function addReserves(staying: readonly Reserve[], made: readonly Reserve[]): Reserve[] {
  return [...staying, ...made.filter(({ amount }) => amount !== '0')].sort(
    (a, b) => a.epoch - b.epoch || compareText(a.model, b.model) || compareText(a.token, b.token),
  )
}
