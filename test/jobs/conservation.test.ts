import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const WORLDS = 3
const EPOCHS = 5
const { seed } = runs(WORLDS)
const seeds = Array.from({ length: WORLDS }, (_, index) => (seed + index) % 2 ** 32)

type Conservation = Manifest['conservation'][number]

function expectConserved(manifest: Manifest): void {
  for (const row of manifest.conservation) {
    const amount = (key: keyof Omit<Conservation, 'token'>) => BigInt(row[key])
    expect({
      epoch: manifest.epoch,
      token: row.token,
      sum: amount('funded') + amount('outside') + amount('sold') + amount('bonds') + amount('heldIn'),
    }).toEqual({
      epoch: manifest.epoch,
      token: row.token,
      sum: amount('out') + amount('heldOut') + amount('unattributed') + amount('refunded') + amount('bondsReturned'),
    })
  }
}

/** What was deposited is: still on balances, or owed to accounts, or reserved. */
async function expectDepositsKept({ ledger }: RandomWorld, { epoch, payout }: Manifest): Promise<void> {
  const deposited = await ledger.ledger.warehouse.all<{ token: string; amount: bigint }>(
    'SELECT token, sum(amount)::HUGEINT AS amount FROM deposit GROUP BY token',
  )
  const { balances } = await ledger.state(epoch)
  for (const { token, amount } of deposited) {
    const left = balances.filter((row) => row.token === token).reduce((sum, row) => sum + BigInt(row.amount), 0n)
    const owed = BigInt(payout.totals.find((row) => row.token === token)?.total ?? 0)
    expect({ epoch, token, kept: left + owed }).toEqual({ epoch, token, kept: amount })
  }
}

async function cumulativeOf({ ledger }: RandomWorld, epoch: number): Promise<Map<string, bigint>> {
  const rows = await ledger.ledger.warehouse.all<{ account: string; token: string; cumulative: bigint }>(
    'SELECT account, token, cumulative FROM account_total WHERE epoch = $epoch',
    { epoch },
  )
  return new Map(rows.map(({ account, token, cumulative }) => [`${account}/${token}`, cumulative]))
}

describe('promises 4, 5 and 6 in any small world', () => {
  test.each(seeds)(
    'seed %i: conserved per token, cumulative amounts never fall, and the audit recomputes it all',
    async (each) => {
      const world = await RandomWorld.found(each)
      try {
        let before = new Map<string, bigint>()
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await world.runEpoch()
          expectConserved(manifest)
          await expectDepositsKept(world, manifest)
          const after = await cumulativeOf(world, epoch)
          for (const [key, amount] of before) expect(after.get(key) ?? -1n).toBeGreaterThanOrEqual(amount)
          before = after
        }
        const report = await world.ledger.audit()
        expect(report.firstDifference).toBeUndefined()
        expect(report.checked.filter(({ name }) => name === 'settlement')).toHaveLength(EPOCHS)
      } finally {
        world.ledger.close()
      }
    },
  )
})
