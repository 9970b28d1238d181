import type { EpochBundle } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { compareText, firstOf } from './order.ts'
import { assertAscending } from './published-shapes.ts'
import { EMPTY_STATE, type State } from './state.ts'
import { addTo } from './sums.ts'

type Channel = State['channels'][number]

/**
 * What channels prove without a record: nobody's fees come to more than they signed for, no promise shrinks, what was funded or held
 * in the epoch, less what went back, is what was taken of the channels in it, and nothing goes back but what was held.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkChannels({ epoch, manifest, state }: EpochBundle, previous: EpochBundle | undefined): void {
  assertAscending('channels', 'state.json channels', state.channels, (a, b) =>
    firstOf(compareText(a.payer, b.payer), compareText(a.model, b.model), compareText(a.token, b.token)),
  )
  for (const [index, { cumulative, spent }] of state.channels.entries()) {
    if (BigInt(spent) > BigInt(cumulative))
      differ('channels', `state.json channels[${index}].spent`, `at most ${cumulative}`, spent)
  }
  if (previous === undefined && epoch > 1) return
  const taken = takenByToken(previous?.state ?? EMPTY_STATE, state)
  for (const [index, { token, funded, outside, refunded }] of manifest.conservation.entries()) {
    const expected = (taken.get(token) ?? 0n) - BigInt(outside) + BigInt(refunded)
    assertSame('channels', `manifest.json conservation[${index}].funded (${token})`, `${expected}`, funded)
    taken.delete(token)
  }
  const without = [...taken].find(([, amount]) => amount !== 0n)
  if (without !== undefined) differ('channels', `manifest.json conservation of ${without[0]}`, 'an entry', undefined)
}

/** What the channels' `spent` grew by, by token. @throws DifferenceFound when one shrank by more than was held of it */
function takenByToken(before: State, after: State): Map<string, bigint> {
  const known = new Map(before.channels.map((channel) => [keyOf(channel), channel]))
  const taken = new Map<string, bigint>()
  const mayGoBack = heldNoMore(before, after)
  for (const [index, channel] of after.channels.entries()) {
    const earlier = known.get(keyOf(channel))
    known.delete(keyOf(channel))
    for (const name of ['cumulative', 'sequence', 'spent'] as const) {
      const least = BigInt(earlier?.[name] ?? 0) - (name === 'spent' ? (mayGoBack.get(keyOf(channel)) ?? 0n) : 0n)
      if (BigInt(channel[name]) < least)
        differ('channels', `state.json channels[${index}].${name}`, `at least ${least}`, channel[name])
    }
    addTo(taken, channel.token, BigInt(channel.spent) - BigInt(earlier?.spent ?? 0))
  }
  const [gone] = known.values()
  if (gone !== undefined)
    differ('channels', 'state.json channels', `the channel of ${gone.payer}, ${gone.model}, ${gone.token}`, undefined)
  return taken
}

/** By channel: what was held of it before the epoch and is not any more. It may have gone back: nobody licensed it, or it was corrected. */
function heldNoMore(before: State, after: State): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const held of before.outside) addTo(sums, keyOf(held), BigInt(held.fees))
  for (const held of after.outside) if (held.epoch < after.epoch) addTo(sums, keyOf(held), -BigInt(held.fees))
  return sums
}

function keyOf({ payer, model, token }: Pick<Channel, 'payer' | 'model' | 'token'>): string {
  return JSON.stringify([payer, model, token])
}
