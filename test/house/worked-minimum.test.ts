import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { payOut } from '../../jobs/settlement/payouts.ts'

const page = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8')

test('the page says what a minimum of 1,200 makes of 500 an epoch', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| \d+ \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll(',', '')))
  expect(rows).toHaveLength(3)
  let known: Parameters<typeof payOut>[0] = []
  for (const [, , earned, smallBefore, reached, paid, small] of rows) {
    const line = { account: 'ana', token: 't', kind: 'model', asset: 'm', amount: BigInt(earned!) } as const
    const [payout] = payOut(known, [line], new Map([['t', 1_200n]]))
    expect(payout).toMatchObject({ smallBefore: BigInt(smallBefore!), small: BigInt(small!) })
    expect(payout!.cumulative - payout!.before).toBe(BigInt(paid!))
    expect(reached).toBe(payout!.small === 0n ? 'reached' : 'not reached')
    known = [payout!]
  }
})
