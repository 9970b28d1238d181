import { expect, test } from '@jest/globals'
import { benchClose } from '../../bench/close.ts'

test('the bench of close makes a history, closes epochs on top of it, and has its records accepted', async () => {
  const results = await benchClose({ history: [0, 3_000], records: 400, epochs: 1, memoryLimit: '256MB' })
  expect(results.map(({ history, records }) => [history, records])).toEqual([
    [0, 400],
    [3_000, 400],
  ])
  for (const { recordsPerS, cpuUs } of results) {
    expect(recordsPerS).toBeGreaterThan(0)
    expect(cpuUs).toBeGreaterThan(0)
  }
})
