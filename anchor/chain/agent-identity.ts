import {
  BaseError,
  createPublicClient,
  decodeFunctionResult,
  encodeFunctionData,
  parseAbi,
  RpcRequestError,
  type Transport,
} from 'viem'
import { type Address, toAddress } from '../../schemas/ids.ts'
import { ask, httpTo } from './connect.ts'
import { ChainIdMismatchError } from './errors.ts'
import { withCheckedAnswers } from './rpc-shapes.ts'

/** The identity registry of ERC-8004 is an ERC-721. */
const ERC_721 = parseAbi(['function ownerOf(uint256 tokenId) view returns (address)'])
const WORD_HEX = 66
/** What nodes answer when a call reverts (geth's code; others say so in words). */
const EXECUTION_REVERTED = 3

/** An agent in an identity registry of ERC-8004: `eip155:chain:registry/id`. */
export interface AgentIdentity {
  readonly chainId: bigint
  readonly registry: Address
  readonly agentId: bigint
}

/** Of the text in an AssetRegistered; undefined when it is empty or has another shape. */
export function parseAgentIdentity(text: string): AgentIdentity | undefined {
  const [, chainId, registry, agentId] = /^eip155:(\d+):(0x[0-9a-f]{40})\/(\d+)$/.exec(text) ?? []
  if (chainId === undefined) return undefined
  return { chainId: BigInt(chainId), registry: toAddress(registry!), agentId: BigInt(agentId!) }
}

/**
 * Asks the registry who owns the identity, at the newest block. It is shown and decides nothing, so it need not be final.
 *
 * @param rpcUrl of a node of the identity's chain, which need not be that of the ledger
 * @returns      `owner` undefined: the registry says that there is no such agent, or is no registry
 * @throws ChainIdMismatchError, RpcUnreachableError, RpcRefusedError, RpcMalformedError
 */
export async function askIdentityOwner(
  rpcUrl: string,
  { chainId, registry, agentId }: AgentIdentity,
  transport: Transport = httpTo(rpcUrl),
): Promise<{ readonly owner: Address | undefined; readonly blockNumber: bigint }> {
  const endpoint = new URL(rpcUrl).origin
  const client = createPublicClient({ transport: withCheckedAnswers(transport, endpoint), cacheTime: 0 })
  const found = await ask({ endpoint }, () => client.getChainId())
  if (BigInt(found) !== chainId) throw new ChainIdMismatchError({ endpoint, expected: Number(chainId), found })
  const blockNumber = await ask({ endpoint }, () => client.getBlockNumber())
  if (agentId >= 1n << 256n) return { owner: undefined, blockNumber }
  const data = encodeFunctionData({ abi: ERC_721, functionName: 'ownerOf', args: [agentId] })
  const answer = await ask({ endpoint }, () =>
    client.call({ to: registry, data, blockNumber }).catch((error: unknown) => {
      if (isRevert(error)) return { data: undefined }
      throw error
    }),
  )
  return { owner: ownerIn(answer.data), blockNumber }
}

/** A word of an address; whatever else a contract answers, it is no registry. */
function ownerIn(data: `0x${string}` | undefined): Address | undefined {
  if (data?.length !== WORD_HEX || !data.startsWith(`0x${'00'.repeat(12)}`)) return undefined
  return toAddress(decodeFunctionResult({ abi: ERC_721, functionName: 'ownerOf', data }))
}

function isRevert(error: unknown): boolean {
  const refused = error instanceof BaseError && error.walk((each) => each instanceof RpcRequestError)
  return refused instanceof RpcRequestError && (refused.code === EXECUTION_REVERTED || /revert/i.test(refused.details))
}
