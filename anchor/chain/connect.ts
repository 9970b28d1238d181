import {
  BaseError,
  ContractFunctionZeroDataError,
  createPublicClient,
  HttpRequestError,
  http,
  type PublicClient,
  RpcRequestError,
  TimeoutError,
  type Transport,
} from 'viem'
import { type ChainEntry, chainEntry } from './chain-table.ts'
import { ChainIdMismatchError, RpcRefusedError, RpcUnreachableError } from './errors.ts'

/** A chain whose id was checked. */
export interface ChainConnection {
  readonly entry: ChainEntry
  /** Scheme and host of the RPC URL, for messages: its path may carry a key. */
  readonly endpoint: string
  readonly client: PublicClient
}

const REQUEST_TIMEOUT_MS = 20_000
const REQUEST_RETRIES = 2

/**
 * Connects to the chain behind `rpcUrl` and checks that it is the expected one.
 *
 * @param options.chainId   the chain that the configuration names; it needs an entry in the chain table
 * @param options.transport in place of HTTP, for tests
 * @throws {@link UnknownChainError} {@link RpcUnreachableError} {@link ChainIdMismatchError}
 */
export async function connectChain(options: {
  rpcUrl: string
  chainId: number
  transport?: Transport
}): Promise<ChainConnection> {
  const entry = chainEntry(options.chainId)
  const transport =
    options.transport ?? http(options.rpcUrl, { timeout: REQUEST_TIMEOUT_MS, retryCount: REQUEST_RETRIES })
  const client = createPublicClient({ transport, cacheTime: 0 })
  const connection = { entry, endpoint: new URL(options.rpcUrl).origin, client }
  const found = await ask(connection, () => client.getChainId())
  if (found !== entry.chainId) {
    throw new ChainIdMismatchError({ endpoint: connection.endpoint, expected: entry.chainId, found })
  }
  return connection
}

/**
 * Runs one request and turns viem's errors into ours. viem's own errors carry the whole RPC URL, which may contain a key,
 * so they are not kept as a cause.
 *
 * @throws {@link RpcUnreachableError} {@link RpcRefusedError}; anything that is not an RPC failure passes through
 */
export async function ask<Answer>(
  connection: Pick<ChainConnection, 'endpoint'>,
  request: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await request()
  } catch (error) {
    throw rpcError(connection, error) ?? error
  }
}

/** Our error for a failure between us and the node, or undefined when the failure is another one. */
export function rpcError(
  { endpoint }: Pick<ChainConnection, 'endpoint'>,
  error: unknown,
): RpcUnreachableError | RpcRefusedError | undefined {
  if (!(error instanceof BaseError)) return undefined
  const cause = error.walk(
    (each) => each instanceof HttpRequestError || each instanceof TimeoutError || each instanceof RpcRequestError,
  )
  if (!(cause instanceof BaseError)) return undefined
  const detail = cause.details || cause.shortMessage
  return cause instanceof RpcRequestError
    ? new RpcRefusedError({ endpoint, detail })
    : new RpcUnreachableError({ endpoint, detail })
}

/** True when a call to a contract came back empty: there is no such contract. */
export function isEmptyAnswer(error: unknown): boolean {
  return error instanceof BaseError && error.walk((each) => each instanceof ContractFunctionZeroDataError) !== null
}
