import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = 20
const EPOCH = 2
const { seed } = runs(WORLDS)
const sql = (name: string) => readSql(new URL(`../../jobs/settlement/${name}.sql`, import.meta.url))
const MODELS = ['reader', 'tuned', 'merged']

describe('fees of an epoch, summed by who is paid for them', () => {
  let folder: string
  let warehouse: Database
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-fees-'))
    warehouse = await openWarehouse(join(folder, 'warehouse.db'), { verb: 'test', memoryLimit: '256MB' })
    await warehouse.run(`INSERT INTO asset_parent VALUES
      ('tuned', 'reader', 100, 1), ('merged', 'tuned', 100, 1), ('merged', 'digits', 100, 1)`)
  })
  afterAll(() => {
    warehouse.close()
    rmSync(folder, { recursive: true })
  })

  /** Uses of two epochs: some are funded, some in the other epoch, channels took some in their own epoch, and some retrieved something. */
  async function makeUses(random: Random): Promise<void> {
    for (const table of ['inference', 'funded', 'channel_use', 'ownership_change'])
      await warehouse.run(`DELETE FROM ${table}`)
    const [inferences, funded, taken]: string[][] = [[], [], []]
    for (let use = 0; use < 50 + random(150); use++) {
      const id = `unhex(md5('${use}'))`
      const epoch = 1 + random(2)
      const fee = random(3) === 0 ? 2n ** 95n + BigInt(random(1_000)) : BigInt(random(1_000))
      const [model, host, agent] = [MODELS[random(3)], `host-${random(2)}`, ['', 'bot', 'scout'][random(3)]]
      inferences!.push(
        `(${id}, 'urn:app', '${use}', '${model}', '${host}', '0x1', '0x${random(2)}', ${fee}, '', '', ${epoch}, ${use}, '${agent}', ${random(2)})`,
      )
      if (random(4) > 0) funded!.push(`(${id}, ${random(8) === 0 ? 3 - epoch : epoch}, ${use})`)
      const channel = ['features', 'retrieval'][random(2)]
      const took = random(8) === 0 ? 3 - epoch : epoch
      if (random(2) === 0)
        taken!.push(`(${id}, ${took}, '${channel}', ${epoch}, '${model}', '0x0', false, ${fee}, ${epoch})`)
    }
    const insert = (into: string, rows: readonly string[]) =>
      rows.length === 0 ? undefined : warehouse.run(`INSERT INTO ${into} VALUES ${rows.join(', ')}`)
    await insert(
      'inference (inference, source, event_id, model, infrastructure, payer, token, fee, input_hash, output_hash, epoch, ordinal, agent, retrieved)',
      inferences!,
    )
    await insert('funded (inference, epoch, ordinal)', funded!)
    await insert('channel_use', taken!)
    // What is registered, and what was given before, is no transfer of the epoch.
    await insert('ownership_change', [
      ...MODELS.map((model) => `('${model}', '0xa', 1000000, ${1 + random(2)}, -1)`),
      `('reader', '0xa', -7, 1, ${random(100)}), ('reader', '0xb', 7, 1, ${random(100)})`,
    ])
  }

  const groupsOf = (name: string) => warehouse.all(sql(name), { epoch: EPOCH, firstUse: 1 })

  test('come to the same with and without looking for new owners, where there are none', async () => {
    let groups = 0
    for (let world = 0; world < WORLDS; world++) {
      await makeUses(randomOf(seed + world))
      const plain = await groupsOf('fee-groups')
      expect({ world, groups: plain }).toEqual({ world, groups: await groupsOf('fee-groups-by-owners') })
      groups += plain.length
    }
    expect(groups).toBeGreaterThan(WORLDS)
  })

  test('and differ where an owner changes between two fees', async () => {
    await makeUses(randomOf(1))
    await warehouse.run(`INSERT INTO ownership_change VALUES ('reader', '0xa', -1, ${EPOCH}, 20)`)
    const portions = await groupsOf('fee-groups-by-owners')
    expect(new Set(portions.map(({ since }) => since))).toEqual(new Set([-1n, 20n]))
    expect(portions).not.toEqual(await groupsOf('fee-groups'))
  })
})
