import type { ManifestPeriod } from '../anchor/manifest.ts'
import type { EventBodies } from '../schemas/events.ts'
import { compareText, firstOf } from './order.ts'
import { periodKey } from './pools.ts'
import type { State } from './state.ts'

type Policy = EventBodies['PolicyPublished']

/** What was held back of what the period of (model, token) paid in an epoch. */
export interface Reserve {
  readonly epoch: number
  readonly model: string
  readonly token: string
  /** The epoch in which it returns. */
  readonly until: number
  readonly amount: bigint
}

/** Rule 5 of settlement: of each account's share, whole atoms. */
export function heldBackOf(share: bigint, holdBackParts: number): bigint {
  return (share * BigInt(holdBackParts)) / 1_000_000n
}

/**
 * Takes out of `reserves` what returns in an epoch.
 *
 * @param reserves changed in place
 * @returns        by {@link periodKey}
 */
export function takeReturning(reserves: Reserve[], epoch: number): Map<string, bigint> {
  const returning = new Map<string, bigint>()
  const staying = reserves.splice(0).filter((reserve) => {
    if (reserve.until > epoch) return true
    const key = periodKey(reserve.model, reserve.token)
    returning.set(key, (returning.get(key) ?? 0n) + reserve.amount)
    return false
  })
  reserves.push(...staying)
  return returning
}

/** Adds what an epoch's periods held back. @param reserves changed in place; ascending afterwards */
export function addReserves(
  reserves: Reserve[],
  epoch: number,
  { holdBackEpochs }: Policy,
  periods: readonly ManifestPeriod[],
): void {
  for (const { model, token, heldBack } of periods)
    if (heldBack !== '0')
      reserves.push({ epoch, model, token, until: epoch + holdBackEpochs, amount: BigInt(heldBack) })
  reserves.sort(compareReserves)
}

/** As state.json has them. */
export function reservesOf(reserves: readonly Reserve[]): State['reserves'] {
  return reserves.map(({ amount, ...place }) => ({ ...place, amount: amount.toString() }))
}

/** What is missing of reserves, one by one. */
export function takenFrom(before: readonly Reserve[], after: readonly Reserve[]): Reserve[] {
  return before
    .map((reserve) => {
      const left = after.find((each) => compareReserves(each, reserve) === 0)
      return { ...reserve, amount: reserve.amount - (left?.amount ?? 0n) }
    })
    .filter(({ amount }) => amount > 0n)
}

/** Takes of reserves what was taken of others of the same name, as far as it is there. @param reserves changed in place */
export function takeAgain(reserves: Reserve[], taken: readonly Reserve[]): void {
  for (const each of taken) {
    const index = reserves.findIndex((reserve) => compareReserves(reserve, each) === 0)
    const there = reserves[index]
    if (there === undefined) continue
    if (there.amount <= each.amount) reserves.splice(index, 1)
    else reserves[index] = { ...there, amount: there.amount - each.amount }
  }
}

type ReserveKey = Pick<Reserve, 'epoch' | 'model' | 'token'>

export function compareReserves(a: ReserveKey, b: ReserveKey): number {
  return firstOf(a.epoch - b.epoch, compareText(a.model, b.model), compareText(a.token, b.token))
}
