import { describe, expect, test } from '@jest/globals'
import { privateKeyToAccount } from 'viem/accounts'
import { chainEntry } from '../../anchor/chain/chain-table.ts'
import { feesFor, feesOf, isBelowMarket, replacementFees } from '../../anchor/chain/fees.ts'

const GWEI = 1_000_000_000n
const ENTRY = { ...chainEntry(1), feeCeiling_wei: 100n * GWEI, tipCeiling_wei: 5n * GWEI }
const market = (baseFee_wei: bigint, tip_wei = GWEI) => ({ baseFee_wei, tip_wei })

describe('fees of a first signature', () => {
  test('pay for a base fee that doubled, below the ceiling', () => {
    expect(feesFor(ENTRY, market(10n * GWEI))).toEqual({ maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI })
    expect(feesFor(ENTRY, market(99n * GWEI))).toEqual({ maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI })
  })

  test('are none where not even the next block can be paid for', () => {
    expect(() => feesFor(ENTRY, market(99n * GWEI + 1n))).toThrow(
      expect.objectContaining({ code: 'FEE_CEILING', retriable: true, facts: expect.objectContaining({ chainId: 1 }) }),
    )
  })
})

describe('a replacement', () => {
  const replaced = { maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI }

  test('offers an eighth more in both fields, rounded up, and never less than the market', () => {
    expect(replacementFees(ENTRY, replaced, market(0n, 0n))).toEqual({
      maxFeePerGas: 23_625_000_000n,
      maxPriorityFeePerGas: 1_125_000_000n,
    })
    expect(replacementFees(ENTRY, { maxFeePerGas: 7n, maxPriorityFeePerGas: 0n }, market(0n, 0n))).toEqual({
      maxFeePerGas: 8n,
      maxPriorityFeePerGas: 1n,
    })
    expect(replacementFees(ENTRY, replaced, market(30n * GWEI, 3n * GWEI))).toEqual({
      maxFeePerGas: 63n * GWEI,
      maxPriorityFeePerGas: 3n * GWEI,
    })
  })

  test('stays at the ceiling when the market is above it, and is refused when a node would not take it there', () => {
    expect(replacementFees(ENTRY, replaced, market(70n * GWEI)).maxFeePerGas).toBe(100n * GWEI)
    const dear = { maxFeePerGas: 90n * GWEI, maxPriorityFeePerGas: GWEI }
    expect(() => replacementFees(ENTRY, dear, market(70n * GWEI))).toThrow(
      expect.objectContaining({ code: 'FEE_CEILING' }),
    )
    const generous = { maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: 5n * GWEI }
    expect(() => replacementFees(ENTRY, generous, market(70n * GWEI))).toThrow(
      expect.objectContaining({ code: 'FEE_CEILING' }),
    )
  })

  test('is asked for only below the market', () => {
    expect(isBelowMarket(replaced, market(20n * GWEI))).toBe(false)
    expect(isBelowMarket(replaced, market(20n * GWEI + 1n))).toBe(true)
    expect(isBelowMarket(replaced, market(GWEI, GWEI + 1n))).toBe(true)
  })
})

test('every chain has a ceiling, and tips below it', () => {
  for (const chainId of [1, 11155111, 8453, 31337]) {
    const { feeCeiling_wei, tipCeiling_wei } = chainEntry(chainId)
    expect(tipCeiling_wei).toBeGreaterThan(0n)
    expect(feeCeiling_wei).toBeGreaterThan(tipCeiling_wei)
  }
})

test('what signed bytes offer is read from them', async () => {
  const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
  const fees = { maxFeePerGas: 7n, maxPriorityFeePerGas: 0n }
  const raw = await account.signTransaction({ type: 'eip1559', chainId: 1, nonce: 0, gas: 21_000n, ...fees })
  expect(feesOf(raw)).toEqual({ ...fees, gas: 21_000n })
})
