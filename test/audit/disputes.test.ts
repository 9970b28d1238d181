import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { auditBundle, checkDispute } from '../../audit/index.ts'
import type { CarryState } from '../../jobs/carry-state.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'
import { writeFilesJson } from './support/bundle-writer.ts'

const LINE = { epoch: 1, account: 'partner', kind: 'model', asset: 'reader' } as const
const POLICY = {
  ...{ dataParts: 0, modelParts: 800_000, infrastructureParts: 150_000, treasuryParts: 50_000 },
  ...{ disputeWindowEpochs: 3, disputeWaitEpochs: 3, disputeBonds: [{ token: fromHex(TOKEN), amount: 10n }] },
}

type Step = (typeof OFFLINE_STEPS)[number]

/** Where the operator alters what, in the third epoch, or what is published of the second. */
interface Alteration {
  readonly behind?: Step
  readonly sql?: string
  readonly state?: (state: CarryState) => CarryState
  /** Altered in the first epoch instead. */
  readonly isFirst?: boolean
}

async function publish(world: SmallLedger, alteration: Alteration): Promise<void> {
  world.endInterval()
  for (const step of OFFLINE_STEPS) {
    expect((await world.step(step)).did).toBe('done')
    if (step === alteration.behind) await world.ledger.warehouse.run(alteration.sql!)
  }
}

/** Epoch 1 pays; in epoch 2 two dispute, and one has no bond; in epoch 3 one dispute is upheld, and the other goes on. */
async function alteredWorld(alteration: Alteration = {}): Promise<SmallLedger> {
  const world = await SmallLedger.open()
  const { records } = world
  await world.found(POLICY)
  await world.send(records.deposit('payer', 9_000n), records.deposit('stranger', 30n), records.deposit('bob', 30n))
  await world.send(records.inference('first', 1_000n))
  await publish(world, alteration.isFirst === true ? alteration : {})
  await world.send(
    await records.dispute('won', 'stranger', LINE, 10n),
    await records.dispute('open', 'bob', { ...LINE, account: 'modeller' }, 10n),
    await records.dispute('poor', 'carol', LINE, 10n),
    records.inference('second', 600n),
  )
  await publish(world, {})
  await world.send(await records.resolution('won', 500_000), records.inference('third', 100n))
  await publish(world, alteration.isFirst === true ? {} : alteration)
  if (alteration.state !== undefined) await rewriteState(world.bundle(2), alteration.state)
  return world
}

async function differenceOf(alteration: Alteration) {
  const world = await alteredWorld(alteration)
  try {
    return (await world.audit()).firstDifference
  } finally {
    world.close()
  }
}

async function rewriteState(bundle: string, change: (state: CarryState) => CarryState): Promise<void> {
  const file = join(bundle, 'state.json')
  const state = change(JSON.parse(readFileSync(file, 'utf8')) as CarryState)
  writeFileSync(file, canonicalJson(state as unknown as CanonicalJson))
  await writeFilesJson(bundle)
}

describe('promise 6: an altered dispute is found', () => {
  test('unaltered, nothing is; whole, from a later epoch on, and by its amounts alone', async () => {
    const world = await alteredWorld()
    try {
      expect((await world.state(3)).disputes).toMatchObject([{ dispute: 'open', held: '187' }])
      for (const options of [{}, { from: 3 }, { payoutOnly: true }])
        expect((await auditBundle(world.bundles, options)).firstDifference).toBeUndefined()
    } finally {
      world.close()
    }
  })

  test.each([
    ['an award that is larger', 'close', 'UPDATE dispute_resolution SET award_parts = 600000', 'lines'],
    [
      'a dispute that is called rejected',
      'close',
      'UPDATE dispute_resolution SET upheld = false, award_parts = 0',
      'lines',
    ],
    ['a decision that is left out', 'close', 'DELETE FROM dispute_resolution', 'lines'],
    [
      'less held than was to be had',
      'settle',
      `UPDATE dispute_standing SET held = held - 1 WHERE dispute = 'open' AND epoch = 3`,
      'disputes',
    ],
    [
      'a dispute that is left out of the table',
      'settle',
      `DELETE FROM dispute_standing WHERE dispute = 'open' AND epoch = 3`,
      'disputes',
    ],
    [
      'an award that the table has larger than the line',
      'settle',
      `UPDATE dispute_standing SET award = award + 1 WHERE epoch = 3 AND status = 'upheld'`,
      'disputes',
    ],
    [
      'what is taken of an account, not told',
      'settle',
      `UPDATE account_total SET disputed = disputed - 1, cumulative = cumulative + 1
       WHERE epoch = 3 AND account = '${addressOf('modeller')}'`,
      'disputes',
    ],
  ] as const)('%s', async (_, behind, sql, check) => {
    expect(await differenceOf({ behind, sql })).toMatchObject({ check, epoch: 3 })
  })

  test.each<[what: string, state: Alteration['state']]>([
    ['a dispute that is forgotten', (state) => ({ ...state, disputes: state.disputes.slice(1) })],
    [
      'a dispute that can be decided for longer',
      (state) => ({ ...state, disputes: state.disputes.map((each) => ({ ...each, until: each.until + 1 })) }),
    ],
  ])('%s', async (_, state) => {
    expect(await differenceOf({ state: state! })).toMatchObject({ epoch: 2 })
  })
})

describe('what a machine can decide of a dispute', () => {
  test('a line of which the fee was another does not follow, and a line before the fault does', async () => {
    const wrong = await alteredWorld({ isFirst: true, behind: 'close', sql: 'UPDATE inference SET fee = fee + 100' })
    const later = await alteredWorld({ behind: 'close', sql: 'UPDATE dispute_resolution SET award_parts = 600000' })
    try {
      expect(await checkDispute(wrong.bundles, 'open')).toMatchObject({
        verdict: 'holds',
        settlement: { verdict: 'does not follow', difference: { epoch: 1 } },
      })
      expect(await checkDispute(later.bundles, 'open')).toMatchObject({
        settlement: { verdict: 'follows', published: '267', difference: { epoch: 3 } },
      })
      rmSync(join(later.bundle(3), 'public/lines.parquet'))
      expect(await checkDispute(later.bundles, 'open')).toMatchObject({
        verdict: 'undecided',
        settlement: { verdict: 'could not be recomputed', difference: { check: 'files' } },
      })
    } finally {
      wrong.close()
      later.close()
    }
  })
})
