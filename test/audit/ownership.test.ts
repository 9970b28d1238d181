import { describe, expect, test } from '@jest/globals'
import type { AuditReport } from '../../audit/index.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { OFFLINE_STEPS, SmallLedger } from '../support/ledger/small-ledger.ts'

/** Fees so large that a single part of a share is some atoms. */
const BILLION = 1_000_000_000n

const POLICY = {
  ...{ dataParts: 400_000, modelParts: 200_000, upstreamParts: 200_000 },
  ...{ agentParts: 100_000, infrastructureParts: 50_000, treasuryParts: 50_000 },
}

/**
 * Publishes an epoch of a ledger in which a share changed hands between two uses of a derived model by an agent. Behind close, so
 * that the records and their outcomes are the true ones, the operator alters what the rest of the epoch rests on.
 */
async function auditAltered(sql: string | undefined): Promise<AuditReport> {
  const world = await SmallLedger.open()
  try {
    await world.found(POLICY)
    const { records } = world
    const body = { model: 'tuned', agent: 'bot' }
    await world.send(
      await records.asset('bot', 'agent', { alice: 600_000, bob: 400_000 }),
      await records.derived('tuned', 'model', 'carol', {
        digits: { by: 'operator', parts: 100_000 },
        reader: { by: 'partner', parts: 300_000 },
      }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 20n * BILLION),
      records.inference('first', 5n * BILLION, { body }),
      await records.transfer('reader', 'partner', 'alice', 300_000),
      records.inference('second', 7n * BILLION, { body }),
    )
    world.endInterval()
    for (const step of OFFLINE_STEPS) {
      await world.step(step)
      if (step === 'close' && sql !== undefined) await world.ledger.warehouse.run(sql)
    }
    return await world.audit()
  } finally {
    world.close()
  }
}

const owned = `WHERE asset = 'reader' AND ordinal >= 0`

describe('promise 6: an altered bundle is found', () => {
  test('unaltered, it is not', async () => {
    expect((await auditAltered(undefined)).firstDifference).toBeUndefined()
  })

  test.each([
    [
      'a transfer that goes to somebody else',
      `UPDATE ownership_change SET account = '${addressOf('bob')}' ${owned} AND delta > 0`,
    ],
    ['a transfer of a part more', `UPDATE ownership_change SET delta = delta + sign(delta) ${owned}`],
    ['a transfer that comes before the first use', `UPDATE ownership_change SET ordinal = 0 ${owned}`],
    ['a transfer that is left out', `DELETE FROM ownership_change ${owned}`],
    [
      'a cap table that moved a part',
      `UPDATE ownership_change SET delta = delta + CASE account WHEN '${addressOf('alice')}' THEN 1 ELSE -1 END WHERE asset = 'bot'`,
    ],
    ['a royalty above what was agreed', `UPDATE asset_parent SET parts = parts + 1000 WHERE parent = 'reader'`],
    ['a parent that is left out', `DELETE FROM asset_parent WHERE parent = 'digits'`],
    ['a parent that nobody declared', `INSERT INTO asset_parent VALUES ('reader', 'digits', 500000, 1)`],
    ['a use without its agent', `UPDATE inference SET agent = '' WHERE event_id = 'first'`],
  ])('%s', async (_, sql) => {
    const { firstDifference } = await auditAltered(sql)
    expect(firstDifference).toMatchObject({ check: 'lines', epoch: 1 })
  })
})
