import type { EpochBundle } from './bundle.ts'
import { differ } from './difference.ts'
import type { History } from './history.ts'
import { type BroughtUse, payChannel } from './pay-channels.ts'
import { periodKey, type SettlementLine } from './pools.ts'
import { addTo } from './sums.ts'
import { weighTextUses } from './text-weights.ts'

interface Paid {
  readonly lines: readonly SettlementLine[]
  /** By token. */
  readonly nobodys: ReadonlyMap<string, bigint>
  /** Whether texts that count were erased, so that nobody can weigh some of the uses any more. */
  readonly isIncomplete: boolean
}

/**
 * What the texts behind outputs are paid in an epoch (docs/text.md#in-a-ledger, docs/formats.md#channels). Of a model of which texts that
 * count were erased nobody can weigh again: its lines are taken over as published, and have to fit into what there is to divide.
 *
 * @param parts by {@link periodKey}: what is to be divided
 * @throws DifferenceFound when lines that are taken over come to more than that
 */
export function payTexts(
  uses: readonly BroughtUse[],
  parts: ReadonlyMap<string, bigint>,
  history: History,
  published: Pick<EpochBundle, 'lines'> | undefined,
): Paid {
  const { weights, incomplete } = weighTextUses(
    history,
    uses.map(({ use }) => use.entry),
  )
  const ofUse = new Map(
    uses.map(({ use }, index) => [
      use,
      new Map(weights[index]!.map(({ account, weight }) => [account, BigInt(weight)] as const)),
    ]),
  )
  const erased = new Set<string>()
  if (published !== undefined)
    for (const { use } of uses)
      if (incomplete.has(history.texts.outputOf(use.entry)!.textMap)) erased.add(periodKey(use.model, use.token))
  const whole = new Map([...parts].filter(([key]) => !erased.has(key)))
  const { lines, nobodys } = payChannel('text', uses, whole, (use) => ofUse.get(use)!)
  const sums = new Map(nobodys)
  const all = [...lines]
  for (const key of erased) {
    const own = published!.lines.filter(({ kind, asset, token }) => kind === 'text' && periodKey(asset, token) === key)
    const taken = own.map((line): SettlementLine => ({ ...line, kind: 'text', amount: BigInt(line.amount) }))
    const left = (parts.get(key) ?? 0n) - taken.reduce((sum, { amount }) => sum + amount, 0n)
    if (left < 0n)
      return differ('lines', `public/lines.parquet (text, ${key})`, `at most ${parts.get(key) ?? 0n}`, `${-left} more`)
    all.push(...taken)
    const token = uses.find(({ use }) => periodKey(use.model, use.token) === key)!.use.token
    addTo(sums, token, left)
  }
  return { lines: all, nobodys: sums, isIncomplete: incomplete.size > 0 }
}
