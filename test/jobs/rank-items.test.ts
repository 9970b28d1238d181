import { expect, test } from '@jest/globals'
import { eventGradients } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import { LoadedExplainedItems } from '../../jobs/attribution/explain/explained-items.ts'
import { rankItems } from '../../jobs/attribution/explain/rank-items.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { DenseRows } from '../../jobs/attribution/rows.ts'

const rowsOf = (factors: readonly number[]): DenseRows => ({
  kind: 'dense',
  count: factors.length,
  rank: 1,
  factors: Int8Array.from(factors),
  multipliers: new Uint16Array(factors.length).fill(5_000),
})

test('what an account withdrew lowers its influence where it hurt, and never raises it', async () => {
  const influenceOf = async (withdrawn: readonly number[]) => {
    const loaded = {
      items: { rows: rowsOf([20, 30, -50]), account: Uint32Array.of(0, 1, 2), withdrawn: Uint8Array.from(withdrawn) },
      accounts: ['ann', 'ben', 'cleo'].map((account) => ({ account, items: 1, duplicates: 0 })),
      places: [0, 1, 2].map((index) => ({ batch: new Uint8Array(16), index })),
    }
    const event = eventGradients(rowsOf([7]))
    const factor = { substitute: (b: Float64Array) => b }
    const { accounts } = await rankItems(plainKernels, factor, new LoadedExplainedItems(loaded), event, 3)
    return ['ann', 'ben', 'cleo'].map((account) => accounts.get(account)!)
  }
  const [ann, ben, cleo] = await influenceOf([0, 0, 0])
  expect([ann! > 0, ben! > 0, cleo! < 0]).toEqual([true, true, true])
  expect(await influenceOf([0, 1, 1])).toEqual([ann, 0, cleo])
})
