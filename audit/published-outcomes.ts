import type { EpochBundle } from './bundle.ts'
import { differ } from './difference.ts'
import { compareOutcomes } from './outcomes.ts'
import { assertAscending } from './published-shapes.ts'
import { EMPTY_STATE, type State } from './state.ts'
import { addTo } from './sums.ts'

/**
 * What outcome parts prove without a record (docs/formats.md#outcomes): they wait unchanged until their epoch comes, new ones
 * are of this epoch, and agents are paid for outcomes no more than what ended.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkOutcomePools(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  const { epoch, outcomes } = bundle.state
  assertAscending('outcomes', 'state.json outcomes', outcomes, compareOutcomes)
  for (const [index, { epoch: since, until }] of outcomes.entries()) {
    const where = (key: string) => `state.json outcomes[${index}].${key}`
    if (since > epoch) differ('outcomes', where('epoch'), `at most ${epoch}`, `${since}`)
    if (until <= epoch) differ('outcomes', where('until'), `above ${epoch}`, `${until}`)
  }
  if (previous === undefined && epoch > 1) return
  checkUnchanged(bundle, previous?.state ?? EMPTY_STATE)
}

type Pool = State['outcomes'][number]

function keyOf({ epoch, payer, token }: Pool): string {
  return JSON.stringify([epoch, payer, token])
}

function checkUnchanged({ state, lines, manifest }: EpochBundle, before: State): void {
  const after = new Map(state.outcomes.map((pool) => [keyOf(pool), pool]))
  const ended = new Map<string, bigint>()
  for (const pool of before.outcomes) {
    const key = keyOf(pool)
    if (pool.until <= state.epoch) addTo(ended, pool.token, BigInt(pool.part))
    const expected = pool.until > state.epoch ? JSON.stringify(pool) : undefined
    const found = after.get(key)
    if (expected !== (found && JSON.stringify({ ...pool, ...found })))
      differ('outcomes', `state.json outcomes of ${key}`, expected, found && JSON.stringify(found))
    after.delete(key)
  }
  for (const pool of after.values())
    if (pool.epoch !== state.epoch)
      differ('outcomes', `state.json outcomes of ${keyOf(pool)}`, `one of epoch ${state.epoch}`, `${pool.epoch}`)
  // What is paid without having waited came out of the epoch's own fees, or of those that it released.
  for (const { token, funded, released } of manifest.conservation)
    addTo(ended, token, BigInt(funded) + BigInt(released))
  for (const { kind, token, amount } of lines) if (kind === 'outcome') addTo(ended, token, -BigInt(amount))
  const [overpaid] = [...ended].filter(([, left]) => left < 0n)
  if (overpaid !== undefined)
    differ(
      'outcomes',
      `lines of kind outcome of ${overpaid[0]}`,
      'at most what ended, was funded and was released',
      undefined,
    )
}
