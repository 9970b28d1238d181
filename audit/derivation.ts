import type { EventBodies } from '../schemas/events.ts'

type Assets = ReadonlyMap<string, EventBodies['AssetRegistered']>

const MILLION = 1_000_000n
/** All of what is paid upstream: six generations of millionths divide it without a rest. */
export const WHOLE = MILLION ** 6n

/** How many generations of ancestors an asset with these parents has. */
export function generationsAbove(assets: Assets, parents: readonly { readonly asset: string }[]): number {
  const known = new Map<string, number>()
  const above = (names: readonly { readonly asset: string }[]): number =>
    names.reduce((most, { asset }) => {
      const own = known.get(asset) ?? above(assets.get(asset)!.parents)
      known.set(asset, own)
      return Math.max(most, own + 1)
    }, 0)
  return above(parents)
}

/** An asset and everything that it is derived from. */
export function lineageOf(assets: Assets, asset: string): ReadonlySet<string> {
  const lineage = new Set([asset])
  // A set is walked in the order in which it grows, so what is added is looked at too.
  for (const each of lineage) for (const parent of assets.get(each)!.parents) lineage.add(parent.asset)
  return lineage
}

/**
 * What each ancestor of a model keeps of {@link WHOLE}, in no order: each generation gets its royalties from the one below,
 * and passes on what its own parents were promised.
 */
export function keptUpstream(assets: Assets, model: string): Map<string, bigint> {
  const kept = new Map<string, bigint>()
  let generation = new Map([[model, WHOLE]])
  while (generation.size > 0) {
    const above = new Map<string, bigint>()
    for (const [asset, received] of generation) {
      let left = received
      for (const { asset: parent, parts } of assets.get(asset)!.parents) {
        const royalty = (received * BigInt(parts)) / MILLION
        above.set(parent, (above.get(parent) ?? 0n) + royalty)
        left -= royalty
      }
      kept.set(asset, (kept.get(asset) ?? 0n) + left)
    }
    generation = above
  }
  kept.delete(model)
  return kept
}
