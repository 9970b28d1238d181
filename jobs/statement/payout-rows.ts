import type { LineKind } from '../settlement/lines.ts'

/** What is taken of what an account earned before it is paid: columns of the accounts table, in the order of settlement. */
export const DEDUCTIONS = ['netted', 'disputed'] as const
export type Deduction = (typeof DEDUCTIONS)[number]

/**
 * One thing that an account was paid of, or less. Kinds are those of lines, what is deducted, and
 * - `carried-in`: earned before, and too little to be paid then;
 * - `carried-on`: all that is due, since it is too little to be paid now.
 */
export interface PayoutRow {
  readonly kind: LineKind | Deduction | 'carried-in' | 'carried-on'
  /** Of a line; null: of no asset. */
  readonly asset: string | null
  /** With its sign. */
  readonly amount: bigint
  /** The index of the line; null: it is none. */
  readonly line: number | null
}

/** A line of the account, with its place among those of the epoch and token. */
interface PlacedLine {
  readonly kind: LineKind
  readonly asset: string
  readonly amount: bigint
  readonly index: number
}

interface Books {
  readonly smallBefore: bigint
  readonly deducted: readonly { readonly deduction: Deduction; readonly amount: bigint }[]
  readonly small: bigint
}

/**
 * What an account was paid of a token in an epoch, row by row, without rows of 0: Σ amount = paid, exactly
 * (docs/formats.md#settlement rule 7).
 *
 * @param lines of the account, the epoch and the token
 */
export function payoutRows({ smallBefore, deducted, small }: Books, lines: readonly PlacedLine[]): PayoutRow[] {
  const apart = (kind: PayoutRow['kind'], amount: bigint): PayoutRow => ({ kind, asset: null, amount, line: null })
  return [
    apart('carried-in', smallBefore),
    ...lines.map(({ kind, asset, amount, index }): PayoutRow => ({ kind, asset, amount, line: index })),
    ...deducted.map(({ deduction, amount }) => apart(deduction, -amount)),
    apart('carried-on', -small),
  ].filter(({ amount }) => amount !== 0n)
}
