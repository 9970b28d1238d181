import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 3
const { seed } = runs(1)

describe('a rerun by the method that was in force', () => {
  let world: RandomWorld
  beforeAll(async () => {
    world = await RandomWorld.found(seed, {
      ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000, agentParts: 50_000, outcomeParts: 50_000 },
      ...{ infrastructureParts: 50_000, treasuryParts: 50_000, minEvents: 1, maxPeriodEpochs: 2, featureWaitEpochs: 1 },
      ...{ holdBackParts: 50_000, holdBackEpochs: 1, outcomeWaitEpochs: 1, outsideWaitEpochs: 1 },
    })
    const { ledger } = world
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      const ids = [1, 2, 3, 4].map((index) => `sure-${epoch}-${index}`)
      const sure = uses(ledger.records, randomOf(epoch), ids, 10_001n, { shape: world.shape })
      await ledger.send(ledger.records.deposit('payer', 100_000n), ...sure)
      await world.runEpoch()
    }
  })
  afterAll(() => world.ledger.close())

  test('reproduces the original to the atom, and the audit says so', async () => {
    const { ledger } = world
    await ledger.send(
      await ledger.records.adjustment('all', 1, EPOCHS),
      await ledger.records.adjustment('one', 2, 2),
      await ledger.records.adjustment('end', 2, 3),
    )
    const manifest = await ledger.runEpoch()
    expect(manifest.adjustments.map(({ adjustment }) => adjustment).sort()).toEqual(['all', 'end', 'one'])
    const { warehouse } = ledger.ledger
    const rows = await warehouse.one('SELECT count(*) AS n FROM rerun_line')
    expect(rows!.n).toBeGreaterThan(0n)
    expect(await warehouse.all('SELECT * FROM adjustment_delta')).toEqual([])
    const report = await ledger.audit()
    expect(report.firstDifference).toBeUndefined()
  })
})
