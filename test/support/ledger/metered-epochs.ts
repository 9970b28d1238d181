import { contribution, uses } from './contributions.ts'
import { randomOf } from './random-features.ts'
import { SmallLedger } from './small-ledger.ts'

/** Of each use. */
export const METERED_FEE = 10_000n

/**
 * Settled epochs of four uses each, `use-EPOCH-1` to `use-EPOCH-4`, with two contributors, whose pay is held back for a while.
 */
export async function meteredEpochs(epochs: number): Promise<SmallLedger> {
  const world = await SmallLedger.open()
  await world.found({
    ...{ minEvents: 1, holdBackParts: 100_000, holdBackEpochs: 3 },
    ...{ dataParts: 500_000, modelParts: 250_000, infrastructureParts: 150_000, treasuryParts: 100_000 },
  })
  const random = randomOf(11)
  for (const name of ['alice', 'bob'] as const) {
    const { batch, features } = await contribution(world.records, random, name, 4)
    await world.send(batch, ...features)
  }
  await world.send(world.records.deposit('payer', 1_000_000n))
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const ids = [1, 2, 3, 4].map((index) => `use-${epoch}-${index}`)
    await world.send(...uses(world.records, random, ids, METERED_FEE))
    await world.runEpoch()
  }
  return world
}
