import { BaseError, decodeErrorResult, type Hex, isHex } from 'viem'
import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { testTokenAbi } from '../contracts/artifacts/test-token.ts'
import { type ChainConnection, rpcError } from './connect.ts'
import { RpcRefusedError, SimulationFailedError } from './errors.ts'
import type { IntendedTransaction } from './transaction-store.ts'

// The token's ABI also knows the errors of every other OpenZeppelin ERC-20.
const KNOWN_ERRORS = [...tallyDistributorAbi, ...testTokenAbi].filter((each) => each.type === 'error')

/**
 * Runs the transaction on the newest state without sending it.
 *
 * @returns the gas it would need
 * @throws {@link SimulationFailedError} with the contract's own error by name, where it is known
 * @throws {@link RpcUnreachableError}
 */
export async function simulate(
  connection: ChainConnection,
  { intent, from, to, data }: IntendedTransaction,
): Promise<bigint> {
  const { client } = connection
  const request = { account: from, data, ...(to === null ? {} : { to }) }
  try {
    await client.call(request)
    return await client.estimateGas(request)
  } catch (error) {
    const failure = rpcError(connection, error)
    // Only a node that answers knows that it would fail.
    if (!(failure instanceof RpcRefusedError && error instanceof BaseError)) throw failure ?? error
    throw new SimulationFailedError({ intent, reason: revertReason(error) })
  }
}

/** `Name(argument, …)` of a known contract error, else what the node said. */
function revertReason(error: BaseError): string {
  const data = revertData(error)
  if (data === undefined) return error.details || error.shortMessage
  try {
    const { errorName, args } = decodeErrorResult({ abi: KNOWN_ERRORS, data })
    return `${errorName}(${(args ?? []).join(', ')})`
  } catch {
    return `unknown contract error ${data}`
  }
}

function revertData(error: BaseError): Hex | undefined {
  let found: Hex | undefined
  error.walk((each) => {
    const data: unknown = each !== null && typeof each === 'object' && 'data' in each ? each.data : undefined
    if (isHex(data) && data !== '0x') found = data
    return found !== undefined
  })
  return found
}
