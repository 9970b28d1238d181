import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { benchPairs } from '../../bench/attribution/pairs.ts'
import { measurePeriod } from '../../bench/attribution/period.ts'
import { withKernels } from '../../jobs/attribution/kernel/open-kernels.ts'

test('the bench of pairs measures the kernel and SQL also where there is no Python', async () => {
  const rates = await benchPairs({ events: 20, contributions: 2_000 }, 1, { missing: 'not wanted here' })
  expect(rates.map(({ name }) => name)).toEqual(['tallystick', 'DuckDB SQL'])
  for (const { mpairs_per_s } of rates) expect(mpairs_per_s).toBeGreaterThan(0)
})

test.each([
  { kind: 'factored', rank: 8, classes: 3, checkpointCount: 2 },
  { kind: 'dense', rank: 20, classes: 1, checkpointCount: 0 },
] as const)('the bench of $kind periods measures every stage and leaves its data for others', async (shape) => {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-test-'))
  try {
    const options = { shape, contributions: 300, events: 200, accounts: 20, threads: 1, folder }
    const measured = await withKernels((kernels) => measurePeriod(kernels, options), { threads: 1 })
    expect(measured.stages.map(({ name }) => name).sort()).toEqual([
      'demand',
      'demand in buckets',
      'movement of events',
      'scores of contributions',
      'sums of accounts',
    ])
    for (const times of [measured, measured.kernel, measured.solve]) expect(times.wall_s).toBeGreaterThan(0)
    expect(readdirSync(folder)).toContain('items.factors.bin')
    expect(statSync(join(folder, 'events.errors.bin')).size).toBe(200 * shape.classes * 2)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
