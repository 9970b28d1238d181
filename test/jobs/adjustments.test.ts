import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { rerunDiff } from '../../jobs/rerun/diff.ts'
import { runRerun } from '../../jobs/rerun/run-rerun.ts'
import { writeFilesJson, writeParquet } from '../audit/support/bundle-writer.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { uses } from '../support/ledger/contributions.ts'
import { METERED_FEE, meteredEpochs } from '../support/ledger/metered-epochs.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'

const FEE = METERED_FEE
const EPOCHS = 3

const order = (world: SmallLedger, name: string, from: number, to: number, change = {}) =>
  world.records.adjustment(name, from, to, change)

function all<Row extends object>(world: SmallLedger, sql: string): Promise<Row[]> {
  return world.ledger.warehouse.all<Row>(sql)
}

/** Of the epochs that are adjusted, what stands and what a rerun has. */
const LINES = 'for_epoch, account, token, kind, asset'

describe('a rerun by the method that was in force', () => {
  let world: SmallLedger
  beforeAll(async () => {
    world = await meteredEpochs(EPOCHS)
  })
  afterAll(() => world.close())

  const wanted = { rerun: 'look', adjustment: null, from: 1, to: EPOCHS, method: '', correctionsTo: EPOCHS }

  test('reproduces the original to the atom, stopped in between and resumed', async () => {
    const { ledger } = world
    const stop = new AbortController()
    const stopped = runRerun({
      ...{ ledger, rerun: wanted, signal: stop.signal },
      onProgress: (text) => {
        if (text.endsWith('epoch 2')) stop.abort(new Error('stopped'))
      },
    })
    await expect(stopped).rejects.toThrow()
    const done = 'SELECT done_to FROM rerun'
    expect(await all(world, done)).toEqual([{ done_to: 1 }])
    await expect(rerunDiff(ledger.warehouse, 'look')).rejects.toMatchObject({ code: 'UNKNOWN_RERUN' })
    const told: string[] = []
    await runRerun({ ledger, rerun: wanted, onProgress: (text) => told.push(text) })
    expect(await all(world, done)).toEqual([{ done_to: EPOCHS }])
    expect(told.some((text) => text.includes('copies'))).toBe(false)
    expect(readdirSync(join(world.folder, 'reruns'))).toEqual([])
    const { accounts, unchanged, tokens, corrected } = await rerunDiff(ledger.warehouse, 'look', 'epoch')
    expect({ accounts, corrected }).toEqual({ accounts: [], corrected: [] })
    expect(unchanged).toBe(6)
    expect(tokens).toMatchObject([{ token: TOKEN, delta: 0n }])
    expect(tokens[0]!.before).toBeGreaterThan(90_000n)
  })

  test('so an adjustment without a reason changes nothing, and its name is used up', async () => {
    await world.send(await order(world, 'same', 1, EPOCHS), await order(world, 'part', 2, 2))
    const manifest = await world.runEpoch()
    expect(manifest.adjustments).toHaveLength(2)
    expect(manifest.tables.adjustments.rows).toBe(0)
    const [again] = await world.send(await order(world, 'same', 1, 1, { id: 'again' }))
    await world.runEpoch()
    expect(await world.outcomeOf(again!)).toBe('ADJUSTMENT_EXISTS')
    expect((await world.audit()).firstDifference).toBeUndefined()
  })
})

describe('epochs in which uses were metered wrongly', () => {
  let world: SmallLedger
  beforeAll(async () => {
    world = await meteredEpochs(EPOCHS)
    await world.send(world.records.correction('use-1-1', 'void'), await order(world, 'first', 1, 2))
    await world.runEpoch()
    await world.send(world.records.correction('use-2-3', 2_500n), await order(world, 'second', 1, 3))
    await world.runEpoch()
  })
  afterAll(() => world.close())

  test('payers get back what is not left of a fee, and everybody else loses together as much', async () => {
    const refunds = await all(
      world,
      `SELECT for_epoch, account, asset, delta FROM adjustment_delta WHERE kind = 'refund'`,
    )
    const refund = { account: addressOf('payer'), asset: 'reader' }
    expect(refunds).toEqual([
      { ...refund, for_epoch: 1, delta: FEE },
      { ...refund, for_epoch: 2, delta: FEE - 2_500n },
    ])
    const found = await all<{ delta: bigint }>(
      world,
      `SELECT sum(delta)::HUGEINT AS delta FROM adjustment_delta WHERE kind NOT IN ('data', 'refund')`,
    )
    // Half of each fee is the contributors', by influence; the other half is the others', in whole atoms.
    expect(found).toEqual([{ delta: -(FEE + FEE - 2_500n) / 2n }])
  })

  test('two adjustments that overlap end where one rerun would', async () => {
    const stands = await all(
      world,
      `SELECT ${LINES}, sum(amount)::HUGEINT AS amount FROM (
         SELECT epoch AS for_epoch, account, token, kind, asset, amount FROM settlement_line
         WHERE epoch <= 3 AND kind <> 'adjustment'
         UNION ALL SELECT ${LINES}, delta FROM adjustment_delta
       ) GROUP BY ALL HAVING sum(amount) <> 0 ORDER BY ALL`,
    )
    const rerun = { rerun: 'one', adjustment: null, from: 1, to: 3, method: '', correctionsTo: 5 }
    await runRerun({ ledger: world.ledger, rerun })
    const wanted = `SELECT ${LINES}, amount FROM rerun_line WHERE rerun = 'one' ORDER BY ALL`
    expect(await all(world, wanted)).toEqual(stands)
    const { accounts } = await rerunDiff(world.ledger.warehouse, 'one')
    expect(accounts).toEqual([])
  })

  test('who owes pays as soon as it earns, and what nobody pays is shown as owed', async () => {
    // Nobody used the model in epochs 4 and 5: what was held back of it pays, the rest stays owed.
    const before = await world.state(5)
    expect(before.owed.filter(({ amount }) => BigInt(amount) > 0n)).toHaveLength(1)
    expect(before.reserves).toEqual([])
    await world.send(...uses(world.records, randomOf(5), ['use-6-1', 'use-6-2'], FEE))
    const { conservation } = await world.runEpoch()
    const netted = await all<{ account: string; netted: bigint; earned: bigint }>(
      world,
      'SELECT account, netted, earned FROM account_total WHERE epoch = 6 AND netted > 0',
    )
    expect(netted.length).toBeGreaterThan(2)
    const state = await world.state(6)
    const sum = (sign: bigint) =>
      state.owed
        .map(({ amount }) => BigInt(amount) * sign)
        .reduce((total, each) => (each > 0n ? total + each : total), 0n)
    expect(conservation).toMatchObject([{ owed: `${sum(1n)}`, owing: `${sum(-1n)}` }])
    expect(await world.earned(6, addressOf('payer'), 'adjustment')).toBeGreaterThan(0n)
  })

  test('the audit settles them again, and says what it trusts when it cannot', async () => {
    const whole = await world.audit()
    expect(whole.firstDifference).toBeUndefined()
    expect(whole.trusted.join()).not.toContain('adjustment')
    const later = await auditBundle(world.bundles, { from: 2 })
    expect(later.firstDifference).toBeUndefined()
    expect(later.trusted.join()).toContain(
      'What 2 adjustment(s) of epochs that were not recomputed found: first; second.',
    )
    expect((await auditBundle(world.bundles, { payoutOnly: true })).firstDifference).toBeUndefined()
  })

  test('corrected uses that are left out, or added, are found', async () => {
    const columns = {
      adjustment: 'VARCHAR',
      epoch: 'INTEGER',
      source: 'VARCHAR',
      id: 'VARCHAR',
      fee: 'VARCHAR',
    } as const
    const row = { adjustment: 'first', epoch: 1, source: SOURCES.gateway, id: 'use-1-1', fee: '0' }
    const foreign = { ...row, epoch: 2, id: 'use-2-1' }
    for (const [rows, where] of [
      [[], 'corrected-uses.parquet'],
      [[{ ...row, fee: '1' }], 'fee'],
      [[row, foreign], '(urn:gateway, use-2-1) id'],
    ] as const) {
      const folder = join(world.folder, 'altered')
      cpSync(world.bundles, folder, { recursive: true, force: true })
      const epoch = join(folder, 'epoch-000004')
      await writeParquet(join(epoch, 'restricted/corrected-uses.parquet'), { columns, rows: [...rows] })
      await writeFilesJson(epoch)
      const { firstDifference } = await auditBundle(folder)
      expect(firstDifference).toMatchObject({ check: 'adjustments', epoch: 4, where: expect.stringContaining(where) })
    }
  })
})
