import { describe, expect, test } from '@jest/globals'
import { chainEntry } from '../../anchor/chain/chain-table.ts'

describe('chain table', () => {
  test.each([
    [31337, 'latest', 3_600],
    [1, 'finalized', 86_400],
    [11155111, 'finalized', 86_400],
    [8453, 'finalized', 172_800],
  ])('chain %d: finality %s, minimum delay %d s', (chainId, finalityTag, minimumDelay_s) => {
    expect(chainEntry(chainId)).toMatchObject({ chainId, finalityTag, minimumDelay_s })
  })

  test('a chain without an entry does not start', () => {
    expect(() => chainEntry(10)).toThrow(expect.objectContaining({ code: 'UNKNOWN_CHAIN', facts: expect.anything() }))
  })
})
