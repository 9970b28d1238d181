import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import type { AuditReport } from '../../audit/index.ts'
import type { CarryState } from '../../jobs/carry-state.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'
import { writeFilesJson } from './support/bundle-writer.ts'

const BILLION = 1_000_000_000n
const POLICY = {
  ...{ dataParts: 0, modelParts: 300_000, upstreamParts: 0, agentParts: 200_000, outcomeParts: 400_000 },
  ...{ infrastructureParts: 50_000, treasuryParts: 50_000, outcomeWaitEpochs: 1 },
}

type Step = (typeof OFFLINE_STEPS)[number]

/** Where the operator alters what, in the second of two epochs of a ledger with rated work, or what is published of it. */
interface Alteration {
  readonly behind?: Step
  readonly sql?: string
  /** Of epoch 1. */
  readonly state?: (state: CarryState) => CarryState
}

async function publish(world: SmallLedger, alteration: Alteration | undefined): Promise<void> {
  world.endInterval()
  for (const step of OFFLINE_STEPS) {
    await world.step(step)
    if (step === alteration?.behind) await world.ledger.warehouse.run(alteration.sql!)
  }
}

async function auditAltered(alteration: Alteration = {}): Promise<AuditReport> {
  const world = await SmallLedger.open()
  try {
    const { records } = world
    await world.found(POLICY)
    const work = (id: string, fee: bigint, agent: string) => records.inference(id, fee, { body: { agent } })
    await world.send(
      await records.asset('bot', 'agent', { alice: 600_000, bob: 400_000 }),
      await records.asset('helper', 'agent', { carol: 1_000_000 }),
      records.deposit('payer', 20n * BILLION),
      work('first', 5n * BILLION, 'bot'),
      await records.transfer('bot', 'bob', 'carol', 100_000),
      work('second', 7n * BILLION, 'bot'),
      work('third', 3n * BILLION, 'helper'),
      await records.rating('payer', 'first', 400),
      ...(await Promise.all(records.steps('bot', 'alice', 'run', 2))),
    )
    await publish(world, undefined)
    await world.send(await records.rating('payer', 'second', 700), await records.rating('payer', 'third', 1_000))
    await publish(world, alteration)
    if (alteration.state !== undefined) await rewriteState(world.bundle(1), alteration.state)
    return await world.audit()
  } finally {
    world.close()
  }
}

/** With a files.json that fits, so that what differs is found by what it says. */
async function rewriteState(bundle: string, change: (state: CarryState) => CarryState): Promise<void> {
  const file = join(bundle, 'state.json')
  const state = change(JSON.parse(readFileSync(file, 'utf8')) as CarryState)
  writeFileSync(file, canonicalJson(state as unknown as CanonicalJson))
  await writeFilesJson(bundle)
}

const behindClose = (sql: string): Alteration => ({ behind: 'close', sql })

describe('promise 6: an altered bundle is found', () => {
  test('unaltered, it is not', async () => {
    expect((await auditAltered()).firstDifference).toBeUndefined()
  })

  test.each([
    ['a score a thousandth higher', `UPDATE task_outcome SET score = score + 1 WHERE score = 700`],
    ['a rating that is left out', `DELETE FROM task_outcome WHERE score = 700`],
    [
      'a rating that nobody gave',
      `UPDATE task_outcome SET inference = (SELECT inference FROM inference WHERE event_id = 'first') WHERE score = 1000`,
    ],
    [
      'the share of the agent that changed hands',
      `UPDATE ownership_change SET account = '${addressOf('bob')}' WHERE asset = 'bot' AND ordinal >= 0 AND delta > 0`,
    ],
    [
      'another agent in the place of the one that worked',
      `UPDATE inference SET agent = 'helper' WHERE event_id = 'first'`,
    ],
  ])('%s', async (_, sql) => {
    const { firstDifference } = await auditAltered(behindClose(sql))
    expect(firstDifference).toMatchObject({ check: 'lines', epoch: 2 })
  })

  test('what waits, handed out an epoch early', async () => {
    const { firstDifference } = await auditAltered({ state: (state) => ({ ...state, outcomes: [] }) })
    expect(firstDifference).toMatchObject({ epoch: 1 })
  })

  test('an outcome part that waits longer than the policy says', async () => {
    const later = (state: CarryState) => ({
      ...state,
      outcomes: state.outcomes.map((pool) => ({ ...pool, until: pool.until + 1 })),
    })
    expect((await auditAltered({ state: later })).firstDifference).toMatchObject({ epoch: 1 })
  })
})
