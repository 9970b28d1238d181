import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { todays } from '../support/nightly.ts'
import { describeWithAnvil } from './chain-anvil.ts'
import { type House, startHouse } from './chain-house.ts'
import { ACTS } from './matrix/acts.ts'
import { CHAIN_FAULTS } from './matrix/chain-faults.ts'
import { outcomeOf } from './matrix/fault.ts'
import { FEE_FAULTS } from './matrix/fee-faults.ts'
import { NODE_FAULTS } from './matrix/node-faults.ts'
import { DEEP_FAULTS, REORGANISATIONS } from './matrix/reorg-faults.ts'
import { Scene } from './matrix/scene.ts'
import { killEverywhere } from './matrix/steps.ts'
import { type MatrixRow, printMatrix } from './matrix/table.ts'
import { TRUST_FAULTS } from './matrix/trust-faults.ts'

const FAULTS = [...DEEP_FAULTS, ...NODE_FAULTS, ...REORGANISATIONS, ...CHAIN_FAULTS, ...FEE_FAULTS, ...TRUST_FAULTS]
const PAIRS = ACTS.flatMap(({ name: act }) =>
  FAULTS.filter(({ notFor = [] }) => !notFor.includes(act)).map((fault) => ({ act, fault })),
)
/** A third of all pairs, another one each day. */
const TODAYS = todays(PAIRS, 3)
/** Whose steps are killed, one by one. */
const TODAYS_ACTS = todays(ACTS, 3)

describeWithAnvil('sending survives', () => {
  let folder: string
  let warehouse: Database
  const rows: MatrixRow[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-matrix-'))
    warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
  })
  afterAll(() => {
    warehouse.close()
    rmSync(folder, { recursive: true, force: true })
    printMatrix(rows)
  })

  describe.each(ACTS.map((act) => [act.name, act] as const))('%s', (name, act) => {
    let house: House
    let scene: Scene

    beforeAll(async () => {
      house = await startHouse()
      scene = await Scene.prepare(house, act, warehouse)
    })
    beforeEach(() => scene.restart())
    afterAll(async () => {
      await scene.stop()
      await house.chain.stop()
    })

    const faults = TODAYS.filter((pair) => pair.act === name).map(({ fault }) => fault)
    test.each(faults.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
      const outcome = await fault.run(scene)
      expect(outcome).toBe(outcomeOf(fault, name))
      rows.push({ fault: fault.name, act: name, outcome, effects: await scene.expectSurvived() })
    })

    if (TODAYS_ACTS.includes(act))
      test('SIGKILL between any two steps', async () => {
        rows.push(...(await killEverywhere(scene, name === 'propose' ? 'all' : 'changes')))
      })
  })
})
