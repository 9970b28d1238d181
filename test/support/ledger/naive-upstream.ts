/** Royalties of each asset's parents, millionths of what is paid upstream for uses of it. */
export type Parents = ReadonlyMap<string, ReadonlyMap<string, number>>

const WHOLE = 1_000_000n

interface Fraction {
  readonly of: bigint
  readonly parts: bigint
}

/**
 * What each ancestor of a model keeps, by walking every path to it: exact fractions, of a common denominator at the end. The
 * slow way, for tests to hold the others to.
 *
 * @returns name → parts of `of`, which is the same for all
 */
export function keptByPaths(parents: Parents, model: string): { of: bigint; kept: Map<string, bigint> } {
  const paths = pathsAbove(parents, model, { of: 1n, parts: 1n })
  const of = paths.reduce((most, [, fraction]) => (fraction.of > most ? fraction.of : most), 1n)
  const kept = new Map<string, bigint>()
  // Every denominator is a power of a million, so the greatest is a multiple of each.
  for (const [name, fraction] of paths) kept.set(name, (kept.get(name) ?? 0n) + fraction.parts * (of / fraction.of))
  return { of, kept }
}

function pathsAbove(parents: Parents, child: string, received: Fraction): [string, Fraction][] {
  return [...(parents.get(child) ?? [])].flatMap(([parent, parts]) => {
    const gets = { of: received.of * WHOLE, parts: received.parts * BigInt(parts) }
    const passesOn = [...(parents.get(parent)?.values() ?? [])].reduce((sum, each) => sum + each, 0)
    const keeps = { of: gets.of * WHOLE, parts: gets.parts * (WHOLE - BigInt(passesOn)) }
    return [[parent, keeps] as [string, Fraction], ...pathsAbove(parents, parent, gets)]
  })
}
