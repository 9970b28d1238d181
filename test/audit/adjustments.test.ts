import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { meteredEpochs } from '../support/ledger/metered-epochs.ts'
import { writeFilesJson } from './support/bundle-writer.ts'

describe('an operator who cheats', () => {
  /** Epoch 2 with an adjustment of what was corrected, changed before one of its steps. */
  async function cheat(step: 'settle' | 'publish', sql: string) {
    const world = await meteredEpochs(1)
    try {
      await world.send(world.records.correction('use-1-1', 'void'), await world.records.adjustment('first', 1, 1))
      world.endInterval()
      for (const name of ['close', 'attribute', 'settle', 'publish'] as const) {
        if (name === step) await world.ledger.warehouse.run(sql)
        await world.step(name)
      }
      expect(existsSync(world.bundle(2))).toBe(true)
      const payouts = await auditBundle(world.bundles, { payoutOnly: true })
      return { whole: (await world.audit()).firstDifference, payouts: payouts.firstDifference }
    } finally {
      world.close()
    }
  }

  test('finds too little of what was paid too much: whoever has the records sees it', async () => {
    const { whole, payouts } = await cheat(
      'settle',
      `UPDATE adjustment_delta SET delta = delta + 1 WHERE kind = 'model' AND for_epoch = 1 AND account = '${addressOf('partner')}'`,
    )
    expect(whole).toMatchObject({ check: 'adjustments', epoch: 2, where: expect.stringContaining('delta') })
    expect(payouts).toBeUndefined()
  })

  test('forgets what accounts owe: the public part says so', async () => {
    const { payouts } = await cheat(
      'publish',
      `UPDATE epoch SET state_json = regexp_replace(state_json, '"owed":\\[.*?\\]', '"owed":[]') WHERE epoch = 2`,
    )
    expect(payouts).toMatchObject({ check: 'adjustments', epoch: 2 })
  })

  test('gives no readable list of the uses that were corrected: the audit names it, and takes nothing on trust', async () => {
    const world = await meteredEpochs(1)
    try {
      await world.send(world.records.correction('use-1-1', 'void'), await world.records.adjustment('first', 1, 1))
      await world.runEpoch()
      const path = join(world.bundle(2), 'restricted/corrected-uses.parquet')
      const bytes = readFileSync(path)
      for (const wrong of [Buffer.from('no rows at all'), bytes.subarray(0, -9), Buffer.alloc(0)]) {
        writeFileSync(path, wrong)
        await writeFilesJson(world.bundle(2))
        expect((await world.audit()).firstDifference).toMatchObject({
          ...{ check: 'adjustments', epoch: 2 },
          where: expect.stringContaining('corrected-uses.parquet of first'),
        })
      }
      writeFileSync(path, bytes)
      await writeFilesJson(world.bundle(2))
      expect((await world.audit()).firstDifference).toBeUndefined()
    } finally {
      world.close()
    }
  })
})
