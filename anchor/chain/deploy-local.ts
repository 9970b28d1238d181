import { type Abi, type Address, encodeDeployData, encodeFunctionData, getAddress, type Hex } from 'viem'
import { tallyDistributorAbi, tallyDistributorBytecode } from '../contracts/artifacts/tally-distributor.ts'
import { testTokenAbi, testTokenBytecode } from '../contracts/artifacts/test-token.ts'
import { LOCAL_CHAIN_ID } from './chain-table.ts'
import { NotLocalChainError } from './errors.ts'
import { localAccounts } from './local-chain.ts'
import { type SendContext, type Sent, sendOnce } from './send.ts'

/** What was deployed on a local chain. */
export interface LocalDeployment {
  readonly outcome: 'deployed' | 'already-deployed'
  /** A {@link testTokenAbi} whose only minter is the deployer. */
  readonly token: Address
  /** It allows the token. */
  readonly distributor: Address
  /** Block of the distributor's creation: no deposit is older. */
  readonly fromBlock: bigint
}

/** Who has which part at a new local distributor. */
export interface LocalParts {
  /** Another account than the deployer. */
  readonly proposer: Address
  /** May veto; default: the last of the local chain's funded accounts. */
  readonly guardian?: Address
  /** Who attests to proposals; default: nobody. */
  readonly attesters?: readonly Address[]
  /** How many of them have to, before an epoch can be finalized; default 0. */
  readonly threshold?: number
}

/**
 * Deploys a test token and a distributor on the local chain, once for each (store, deployer). The distributor allows the
 * token from its start, so nothing has to wait for its ADMIN's delay.
 *
 * @param context.account deployer: mints the token and is the distributor's ADMIN
 * @throws {@link NotLocalChainError}
 * Else as `sendOnce`; roles that are not disjoint or a threshold that cannot be met are a {@link SimulationFailedError}.
 */
export async function deployLocal(context: SendContext, parts: LocalParts): Promise<LocalDeployment> {
  const { chainId, minimumDelay_s } = context.connection.entry
  if (chainId !== LOCAL_CHAIN_ID) throw new NotLocalChainError({ chainId })
  const { attesters = [], threshold = 0 } = parts
  const deployer = context.account.address
  const prefix = `${chainId}/deploy/${deployer.toLowerCase()}`

  const token = await create(context, `${prefix}/token`, testTokenAbi, testTokenBytecode, [deployer])
  const setup = {
    admin: deployer,
    proposer: parts.proposer,
    guardian: parts.guardian ?? localAccounts().at(-1)!.address,
    attesters: [...attesters].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
    threshold,
    minimumDelay: BigInt(minimumDelay_s),
    adminDelay: BigInt(minimumDelay_s),
    tokens: [token.address],
  }
  const distributor = await create(context, `${prefix}/distributor`, tallyDistributorAbi, tallyDistributorBytecode, [
    setup,
  ])
  return {
    outcome: distributor.outcome === 'sent' ? 'deployed' : 'already-deployed',
    token: token.address,
    distributor: distributor.address,
    fromBlock: distributor.receipt.blockNumber,
  }
}

/**
 * Mints test tokens, once for each intent. The account is the deployer of {@link deployLocal}. Errors as `sendOnce`.
 *
 * @param order.amount_atoms millionths of a tUSD
 */
export async function mintTestTokens(
  context: SendContext,
  order: { intent: string; token: Address; to: Address; amount_atoms: bigint },
): Promise<Sent> {
  const data = encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: [order.to, order.amount_atoms] })
  return sendOnce(context, { intent: order.intent, to: order.token, data })
}

async function create(
  context: SendContext,
  intent: string,
  abi: Abi,
  bytecode: Hex,
  args: readonly unknown[],
): Promise<Sent & { address: Address }> {
  const data = encodeDeployData({ abi, bytecode, args })
  const sent = await sendOnce(context, { intent, to: null, data })
  return { ...sent, address: getAddress(sent.receipt.contractAddress!) }
}
