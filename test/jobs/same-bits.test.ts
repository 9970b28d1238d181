import { expect, test } from '@jest/globals'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { methodFor } from '../../jobs/attribution/methods.ts'
import type { FactoredRows } from '../../jobs/attribution/rows.ts'
import { randomOf } from '../support/ledger/random-features.ts'

const [EVENTS, RANK, CLASSES] = [400, 12, 4]
const seed = Number(process.env.TALLY_SEED ?? Date.now() % 2 ** 31)

function rowsOf(count: number, salt: number): FactoredRows {
  const random = randomOf(seed + salt)
  const probabilities = Array.from({ length: count }, () => {
    const weights = Array.from({ length: CLASSES }, () => 1 + random(1_000))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => Math.round((1_000 * weight) / sum))
  })
  return {
    kind: 'factored',
    count,
    rank: RANK,
    classes: CLASSES,
    checkpointCount: 2,
    factors: Int8Array.from({ length: count * RANK }, () => random(127) - 63),
    multipliers: Uint16Array.from({ length: count }, () => 1_000 + random(60_000)),
    probabilities: Uint16Array.from(probabilities.flat()),
    checkpoints: Uint16Array.from([...probabilities, ...probabilities].flat()),
    labels: Uint16Array.from({ length: count }, () => random(CLASSES)),
  }
}

test.each([
  ['few accounts', 1_500, 40],
  ['more than 1,024 accounts', 1_500, 1_500],
  ['more accounts than are bounded one by one', 16_500, 16_500],
])(
  'a period of %s is the same bits on one thread, on two, and without WebAssembly',
  async (_, items, accounts) => {
    console.log(`TALLY_SEED=${seed}`)
    const random = randomOf(seed)
    const input = {
      accounts,
      items: {
        rows: rowsOf(items, 1),
        account: Uint32Array.from({ length: items }, (_item, item) => item % accounts),
        withdrawn: Uint8Array.from({ length: items }, () => (random(20) === 0 ? 1 : 0)),
      },
      events: {
        rows: rowsOf(EVENTS, 2),
        p16: Uint16Array.from({ length: EVENTS }, () => random(65_536)),
        fees: Float64Array.from({ length: EVENTS }, () => 1 + random(2 ** 30)),
        own: new Uint8Array(EVENTS),
      },
      dataParts: 500_000,
      minEvents: 1,
      dBarFixed: null,
    }
    const method = methodFor('influence/factored@2', 'factored')
    const plain = await method.attribute({ ...input, kernels: plainKernels })
    expect(plain!.scores.some((score) => score > 0n)).toBe(true)
    for (const threads of [1, 2]) {
      const kernels = await openKernels({ threads })
      expect(kernels).not.toBe(plainKernels)
      expect(await method.attribute({ ...input, kernels })).toEqual(plain)
      await kernels.close()
    }
  },
  60_000,
)
