import { INTEGER, VARCHAR } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keptUpstream, WHOLE } from '../../audit/derivation.ts'
import { apportion } from '../../jobs/settlement/apportion.ts'
import { loadUpstream, UPSTREAM_WHOLE } from '../../jobs/settlement/upstream.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { DERIVATION_DEPTH_MAX, PARENTS_MAX, ROYALTY_PARTS_MAX } from '../../schemas/limits.ts'
import { keptByPaths, type Parents } from '../support/ledger/naive-upstream.ts'
import { temporaryDatabase } from '../support/ledger/temporary-database.ts'
import { runs } from '../support/random-runs.ts'

let database: Database
let close: () => void
beforeAll(async () => {
  ;({ database, close } = await temporaryDatabase())
  await database.run('CREATE TABLE asset_parent (asset VARCHAR, parent VARCHAR, parts INTEGER, epoch INTEGER)')
  await database.run('CREATE TABLE inference (inference INTEGER, model VARCHAR)')
  await database.run('CREATE TABLE funded (inference INTEGER, epoch INTEGER)')
})
afterAll(() => close())

/** As an epoch finds it in which every asset was used. */
async function loadAll(parents: Parents) {
  for (const table of ['asset_parent', 'inference', 'funded']) await database.run(`DELETE FROM ${table}`)
  const edges = [...parents].flatMap(([asset, of]) => [...of].map(([parent, parts]) => [asset, parent, parts, 1]))
  await database.append('asset_parent', [VARCHAR, VARCHAR, INTEGER, INTEGER], edges)
  const models = [...parents.keys()]
  await database.append(
    'inference',
    [INTEGER, VARCHAR],
    models.map((model, index) => [index, model]),
  )
  await database.append(
    'funded',
    [INTEGER, INTEGER],
    models.map((_, index) => [index, 7]),
  )
  return loadUpstream(database, 7)
}

/**
 * Assets in layers, each with parents out of the layers above it, so that many of them meet again: `choices` are read in turn.
 */
function layered(layers: readonly number[], choices: readonly number[]): Map<string, Map<string, number>> {
  let read = 0
  const choose = (below: number) => choices[read++ % choices.length]! % below
  const parents = new Map<string, Map<string, number>>()
  for (const [layer, width] of layers.entries()) {
    const above = [...parents.keys()]
    for (let index = 0; index < width; index++) {
      const own = new Map<string, number>()
      const count = layer === 0 ? 0 : choose(PARENTS_MAX + 1)
      for (let parent = 0; parent < count; parent++) {
        const left = ROYALTY_PARTS_MAX - [...own.values()].reduce((sum, parts) => sum + parts, 0)
        const parts = [1, left, 1 + choose(left + 1)][choose(3)]!
        if (parts >= 1 && parts <= left) own.set(above[choose(above.length)]!, parts)
      }
      // A name that was drawn twice has the later parts, which may be more than were left.
      const sum = [...own.values()].reduce((total, parts) => total + parts, 0)
      parents.set(`${layer}/${index}`, sum <= ROYALTY_PARTS_MAX ? own : new Map())
    }
  }
  return parents
}

const derivations = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: DERIVATION_DEPTH_MAX + 1 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
  )
  .map(([layers, choices]) => layered(layers, choices))

function asAssets(parents: Parents) {
  const assets = [...parents].map(([asset, of]) => ({
    asset,
    parents: [...of].map(([parent, parts]) => ({ asset: parent, parts, signature: new Uint8Array(65) })),
  }))
  return new Map(assets.map((each) => [each.asset, each as never]))
}

test('royalties are those of walking every path by exact fractions, by SQL and by the audit, diamonds included', async () => {
  let met = 0
  await fc.assert(
    fc.asyncProperty(derivations, fc.bigInt({ min: 0n, max: (1n << 96n) - 1n }), async (parents, pool) => {
      const upstream = await loadAll(parents)
      for (const [model, own] of parents) {
        const { of, kept } = keptByPaths(parents, model)
        const found = new Map((upstream.get(model) ?? []).map(({ ancestor, net }) => [ancestor, net]))
        // The same fraction: parts of the naive whole against parts of 10^36.
        expect([...found.keys()].sort()).toEqual([...kept.keys()].sort())
        for (const [ancestor, net] of found) expect(net * of).toBe(kept.get(ancestor)! * UPSTREAM_WHOLE)
        expect(keptUpstream(asAssets(parents), model)).toEqual(found)
        if (found.size > own.size) met++
        // What was agreed with the direct parents bounds all: to the atom that rounding may add to each.
        const agreed = [...own.values()].reduce((sum, parts) => sum + BigInt(parts), 0n)
        const shares = [...found.values()]
        const amounts = apportion(pool, [...shares, UPSTREAM_WHOLE - shares.reduce((sum, share) => sum + share, 0n)])
        expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBe(pool)
        const royalties = amounts.slice(0, -1).reduce((sum, amount) => sum + amount, 0n)
        expect(royalties).toBeLessThanOrEqual((pool * agreed) / 1_000_000n + BigInt(shares.length))
      }
    }),
    runs(60),
  )
  expect(met).toBeGreaterThan(0)
})

test('six generations of all that may be promised are exact: what is kept and what is left come to the whole', async () => {
  const parents: Parents = new Map(
    Array.from({ length: DERIVATION_DEPTH_MAX + 1 }, (_, depth) => [
      `a${depth}`,
      new Map(depth === 0 ? [] : [[`a${depth - 1}`, depth % 2 === 0 ? 499_999 : 1]]),
    ]),
  )
  const upstream = (await loadAll(parents)).get(`a${DERIVATION_DEPTH_MAX}`)!
  expect(upstream).toHaveLength(DERIVATION_DEPTH_MAX)
  expect(upstream.find(({ ancestor }) => ancestor === 'a0')!.net).toBe(499_999n ** 3n)
  expect(upstream.reduce((sum, { net }) => sum + net, 0n)).toBe((UPSTREAM_WHOLE * 499_999n) / 1_000_000n)
  expect(WHOLE).toBe(UPSTREAM_WHOLE)
})
