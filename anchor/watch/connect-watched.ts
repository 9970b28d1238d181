import { createPublicClient, http } from 'viem'
import { ask, type ChainConnection, connectChain } from '../chain/connect.ts'

/**
 * Connects to whichever chain the node serves. Whether it is the ledger's chain is seen later: the pinned genesis names it.
 *
 * @throws {@link UnknownChainError} {@link RpcUnreachableError} {@link RpcRefusedError}
 */
export async function connectWatched(rpcUrl: string): Promise<ChainConnection> {
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 })
  const chainId = await ask({ endpoint: new URL(rpcUrl).origin }, () => client.getChainId())
  return connectChain({ rpcUrl, chainId })
}
