import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const concentrationRows = readSql(new URL('./concentration.sql', import.meta.url))

/** An exact fraction, and the same rounded to a millionth. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
  readonly rounded: number
}

/** How unevenly something is divided over those who got anything of it. */
export interface Concentration {
  readonly token: string
  /** Of the lines; `all` for everything. */
  readonly kind: string
  readonly accounts: number
  readonly amount: bigint
  /** 0: all alike, near 1: one has nearly everything. */
  readonly gini: Fraction
  /** Σ of squared shares (Herfindahl and Hirschman): 1/n when n are alike, 1 when one has everything. */
  readonly hhi: Fraction
  readonly top1: Fraction
  readonly top10: Fraction
}

const TOP = 10

/** What the lines of an epoch divide, by token and kind, and by token together. */
export async function concentrationOf(warehouse: Database, epoch: number): Promise<Concentration[]> {
  const rows = await warehouse.all<{ token: string; kind: string; account: string; amount: bigint }>(
    concentrationRows,
    { epoch },
  )
  const groups = new Map<string, { token: string; kind: string; amounts: Map<string, bigint> }>()
  for (const { token, kind, account, amount } of rows)
    for (const name of [kind, 'all']) {
      const key = `${token}/${name}`
      const group = groups.get(key) ?? { token, kind: name, amounts: new Map<string, bigint>() }
      groups.set(key, group)
      group.amounts.set(account, (group.amounts.get(account) ?? 0n) + amount)
    }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { token, kind, amounts }]) => ({ token, kind, ...measure([...amounts.values()]) }))
}

/** @param amounts above 0, at least one */
export function measure(amounts: readonly bigint[]): Omit<Concentration, 'token' | 'kind'> {
  const sorted = [...amounts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const n = BigInt(sorted.length)
  const sum = total(sorted)
  const ranked = total(sorted.map((amount, at) => amount * BigInt(at + 1)))
  return {
    accounts: sorted.length,
    amount: sum,
    // Gini's mean difference, with ranks from 1: (2 Σ i·x − (n + 1) Σ x) / (n Σ x).
    gini: fraction(2n * ranked - (n + 1n) * sum, n * sum),
    hhi: fraction(total(sorted.map((amount) => amount * amount)), sum * sum),
    top1: fraction(sorted.at(-1)!, sum),
    top10: fraction(total(sorted.slice(-TOP)), sum),
  }
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

/** Of two whole numbers, the second above 0. */
export function fraction(numerator: bigint, denominator: bigint): Fraction {
  return { numerator, denominator, rounded: Number((numerator * 1_000_000n) / denominator) / 1_000_000 }
}
