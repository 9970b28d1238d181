import { median } from '../statistics.ts'
import type { Lab } from './lab.ts'

/** What a measured number has to keep to. The median over the seeds obeys `limit`, every single seed `worst`. */
export interface Bound {
  readonly kind: 'at most' | 'at least'
  readonly limit: number
  readonly worst: number
}

/** One number that a gate measured in one world. */
export interface Measurement {
  readonly setting: string
  readonly measured: number
}

/** A promise of the payout rule, measured in a world of digits (docs/gates/README.md tells what each does). */
export interface Gate {
  readonly name: string
  readonly bound: Bound
  /** @returns one number a setting; none when the gate says nothing about this world */
  measure(lab: Lab): Promise<readonly Measurement[]>
}

/** A gate over all seeds. */
export interface GateRow {
  readonly name: string
  readonly setting: string
  readonly bound: string
  /** Median over the seeds. */
  readonly measured: number
  readonly worst: number
  readonly worstBound: number
  /** One a seed, ascending. */
  readonly values: readonly number[]
  readonly pass: boolean
}

/** Attacker's share over the mean of the honest, and the like: the worst seed may exceed the bound by half. */
export function atMost(limit: number, worst = rounded(1.5 * limit)): Bound {
  return { kind: 'at most', limit, worst }
}

/** Gains: an account that does something in place of nothing. The worst seed may gain three times as much (1.05: 1.15). */
export function gainAtMost(limit: number): Bound {
  return { kind: 'at most', limit, worst: rounded(1 + 3 * (limit - 1)) }
}

/** Correlations: the worst seed may miss 1 by half more. */
export function correlationAtLeast(limit: number): Bound {
  return { kind: 'at least', limit, worst: rounded(1 - 1.5 * (1 - limit)) }
}

/** 1.15 and not 1.1500000000000001. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}

/** @param measurements one a seed, at least one */
export function summarise(
  { name, bound }: Pick<Gate, 'name' | 'bound'>,
  setting: string,
  measurements: readonly number[],
): GateRow {
  const sorted = [...measurements].sort((a, b) => a - b)
  const measured = median(sorted)
  const worst = bound.kind === 'at most' ? sorted.at(-1)! : sorted[0]!
  return {
    name,
    setting,
    bound: `${bound.kind === 'at most' ? '≤' : '≥'} ${bound.limit}`,
    measured,
    worst,
    worstBound: bound.worst,
    values: sorted,
    pass: keeps(bound.kind, measured, bound.limit) && keeps(bound.kind, worst, bound.worst),
  }
}

/** NaN keeps to nothing. */
function keeps(kind: Bound['kind'], value: number, limit: number): boolean {
  return kind === 'at most' ? value <= limit : value >= limit
}
