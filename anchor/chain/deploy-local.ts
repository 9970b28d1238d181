import { type Abi, type Address, encodeDeployData, encodeFunctionData, getAddress, type Hex } from 'viem'
import { tallyDistributorAbi, tallyDistributorBytecode } from '../contracts/artifacts/tally-distributor.ts'
import { testTokenAbi, testTokenBytecode } from '../contracts/artifacts/test-token.ts'
import { LOCAL_CHAIN_ID } from './chain-table.ts'
import { NotLocalChainError } from './errors.ts'
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

/**
 * Deploys a test token and a distributor on the local chain, once for each (store, deployer).
 *
 * @param context.account  deployer: mints the token and is the distributor's ADMIN
 * @param options.proposer another account
 * @throws {@link NotLocalChainError}
 * Else as `sendOnce`.
 */
export async function deployLocal(context: SendContext, options: { proposer: Address }): Promise<LocalDeployment> {
  const { chainId, minimumDelay_s } = context.connection.entry
  if (chainId !== LOCAL_CHAIN_ID) throw new NotLocalChainError({ chainId })
  const deployer = context.account.address
  const prefix = `${chainId}/deploy/${deployer.toLowerCase()}`

  const token = await create(context, `${prefix}/token`, testTokenAbi, testTokenBytecode, [deployer])
  const distributor = await create(context, `${prefix}/distributor`, tallyDistributorAbi, tallyDistributorBytecode, [
    deployer,
    options.proposer,
    BigInt(minimumDelay_s),
  ])
  const allowed = await sendOnce(context, {
    intent: `${prefix}/allow-token`,
    to: distributor.address,
    data: encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'allowToken', args: [token.address] }),
  })
  return {
    outcome: allowed.outcome === 'sent' ? 'deployed' : 'already-deployed',
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
