import type { EpochBundle } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { compareOutside } from './outside.ts'
import { assertAscending } from './published-shapes.ts'
import { EMPTY_STATE, type State } from './state.ts'
import { addTo } from './sums.ts'

/**
 * What is held of fees outside a licence, without a record (docs/formats.md#settlement rule 2): nothing stays longer than its wait,
 * nothing is added to what was held before, and what is no longer held was released or went back.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkOutside({ epoch, manifest, state }: EpochBundle, previous: EpochBundle | undefined): void {
  assertAscending('outside', 'state.json outside', state.outside, compareOutside)
  const before = previous?.state ?? EMPTY_STATE
  const isKnown = previous !== undefined || epoch === 1
  const earlierOf = new Map(before.outside.map((entry) => [keyOf(entry), entry]))
  for (const [index, entry] of state.outside.entries()) {
    const where = (key: string) => `state.json outside[${index}].${key}`
    if (entry.epoch > epoch) differ('outside', where('epoch'), `at most ${epoch}`, `${entry.epoch}`)
    if (entry.until <= epoch) differ('outside', where('until'), `above ${epoch}`, `${entry.until}`)
    if (!isKnown || entry.epoch === epoch) continue
    const earlier = earlierOf.get(keyOf(entry))
    assertSame('outside', where('until'), earlier?.until, entry.until)
    if (BigInt(entry.fees) > BigInt(earlier!.fees))
      differ('outside', where('fees'), `at most ${earlier!.fees}`, entry.fees)
  }
  if (!isKnown) return
  const ended = feesOf(before)
  for (const { token, outside } of manifest.conservation) addTo(ended, token, BigInt(outside))
  for (const [token, fees] of feesOf(state)) addTo(ended, token, -fees)
  for (const [index, { token, released, refunded }] of manifest.conservation.entries()) {
    const where = `manifest.json conservation[${index}] released + refunded (${token})`
    assertSame('outside', where, `${ended.get(token) ?? 0n}`, `${BigInt(released) + BigInt(refunded)}`)
    ended.delete(token)
  }
  const without = [...ended].find(([, amount]) => amount !== 0n)
  if (without !== undefined) differ('outside', `manifest.json conservation of ${without[0]}`, 'an entry', undefined)
}

function keyOf({ epoch, model, payer, token }: State['outside'][number]): string {
  return JSON.stringify([epoch, model, payer, token])
}

function feesOf({ outside }: State): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { token, fees } of outside) addTo(sums, token, BigInt(fees))
  return sums
}
