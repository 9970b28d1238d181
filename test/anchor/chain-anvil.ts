import { describe } from '@jest/globals'
import { type Hex, http } from 'viem'
import { LocalChainStartError } from '../../anchor/chain/errors.ts'
import { startLocalChain } from '../../anchor/chain/local-chain.ts'

export const GENESIS_S = 1_700_000_000

async function canStart(): Promise<boolean> {
  try {
    await (await startLocalChain({ genesisTime_s: GENESIS_S })).stop()
    return true
  } catch (error) {
    if (process.env.CI === 'true' || !(error instanceof LocalChainStartError)) throw error
    console.log(`Skipped, anvil does not start here: ${error.message} ${error.hint ?? ''}`)
    return false
  }
}

/** `describe` where anvil starts; elsewhere the tests are skipped, and fail under CI. */
export const describeWithAnvil: (name: string, tests: () => void) => void = (await canStart())
  ? describe
  : describe.skip

/** One raw request to a node; a refusal throws. */
export async function rpc<Answer>(rpcUrl: string, method: string, ...params: unknown[]): Promise<Answer> {
  return (await http(rpcUrl)({ retryCount: 0 }).request({ method, params })) as Answer
}

/** Hashes of all blocks, from genesis. */
export async function blockHashes(rpcUrl: string): Promise<Hex[]> {
  const newest = Number(await rpc<Hex>(rpcUrl, 'eth_blockNumber'))
  const hashes: Hex[] = []
  for (let number = 0; number <= newest; number++) {
    const block = await rpc<{ hash: Hex }>(rpcUrl, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false)
    hashes.push(block.hash)
  }
  return hashes
}
