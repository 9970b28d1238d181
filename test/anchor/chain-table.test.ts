import { describe, expect, test } from '@jest/globals'
import { chainEntry } from '../../anchor/chain/chain-table.ts'

describe('chain table', () => {
  test.each([
    [31337, 'latest', 3_600, 0],
    [1, 'finalized', 86_400, 1],
    [11155111, 'finalized', 86_400, 1],
    [8453, 'finalized', 172_800, 1],
  ])('chain %d: finality %s, minimum delay %d s, at least %d attestations', (...entry) => {
    const [chainId, finalityTag, minimumDelay_s, minimumThreshold] = entry
    expect(chainEntry(chainId)).toMatchObject({ chainId, finalityTag, minimumDelay_s, minimumThreshold })
  })

  test('a chain without an entry does not start', () => {
    expect(() => chainEntry(10)).toThrow(expect.objectContaining({ code: 'UNKNOWN_CHAIN', facts: expect.anything() }))
  })
})
