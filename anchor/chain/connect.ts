import {
  BaseError,
  BlockNotFoundError,
  ContractFunctionZeroDataError,
  createPublicClient,
  HttpRequestError,
  http,
  type PublicClient,
  RpcRequestError,
  TimeoutError,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem'
import { type ChainEntry, chainEntry } from './chain-table.ts'
import { ChainIdMismatchError, RpcRefusedError, RpcUnreachableError } from './errors.ts'
import { withCheckedAnswers } from './rpc-shapes.ts'
import { RpcMalformedError } from './sending-errors.ts'

/** A chain whose id was checked. */
export interface ChainConnection {
  readonly entry: ChainEntry
  /** Scheme and host of the RPC URL, for messages: its path may carry a key. */
  readonly endpoint: string
  readonly client: PublicClient
  /**
   * Another node of the same chain, asked for everything that decides before it is believed; see `second-opinion.ts`. Absent:
   * one node is trusted for what is final.
   */
  readonly check?: Omit<ChainConnection, 'check'>
}

const REQUEST_TIMEOUT_MS = 20_000
const REQUEST_RETRIES = 2
/** Logs of one range of blocks are the largest answers. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const DETAIL_CHARACTERS_MAX = 500

export interface ConnectOptions {
  readonly rpcUrl: string
  /** The chain that the configuration names; it needs an entry in the chain table. */
  readonly chainId: number
  /** In place of HTTP, for tests. */
  readonly transport?: Transport
  /** See {@link ChainConnection.check}. It may be away now: then it is waited for when it is needed. */
  readonly checkRpcUrl?: string
  readonly checkTransport?: Transport
}

/**
 * Connects to the chain behind `rpcUrl` and checks that it is the expected one.
 *
 * @throws {@link UnknownChainError} {@link RpcUnreachableError} {@link ChainIdMismatchError} {@link RpcMalformedError}
 */
export async function connectChain(options: ConnectOptions): Promise<ChainConnection> {
  const entry = chainEntry(options.chainId)
  const connection = connectionTo(entry, options.rpcUrl, options.transport)
  await assertSameChain(connection)
  if (options.checkRpcUrl === undefined) return connection
  return { ...connection, check: connectionTo(entry, options.checkRpcUrl, options.checkTransport) }
}

function connectionTo(entry: ChainEntry, rpcUrl: string, transport: Transport = httpTo(rpcUrl)): ChainConnection {
  const endpoint = new URL(rpcUrl).origin
  const client = createPublicClient({ transport: withCheckedAnswers(transport, endpoint), cacheTime: 0 })
  return { entry, endpoint, client }
}

/** HTTP with a limit on time and size of the whole answer: viem's own timeout ends when the headers are there. */
export function httpTo(rpcUrl: string, timeout_ms = REQUEST_TIMEOUT_MS, retryCount = REQUEST_RETRIES): Transport {
  const fetchFn = (url: string | URL | Request, init: RequestInit = {}) => {
    const whole = AbortSignal.timeout(timeout_ms)
    return fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, whole]) : whole })
  }
  return http(rpcUrl, { timeout: timeout_ms, retryCount, fetchFn, maxResponseBodySize: ANSWER_BYTES_MAX })
}

/**
 * Asks the node which chain it serves. Before each signature and each belief, not only at the start: what stands behind a URL
 * can change at any time.
 *
 * @throws {@link ChainIdMismatchError}
 */
export async function assertSameChain(connection: Omit<ChainConnection, 'check'>): Promise<void> {
  const { entry, endpoint, client } = connection
  const found = await ask(connection, () => client.getChainId())
  if (found !== entry.chainId) throw new ChainIdMismatchError({ endpoint, expected: entry.chainId, found })
}

/**
 * Runs one request and turns viem's errors into ours. viem's own errors carry the whole RPC URL, which may contain a key,
 * so they are not kept as a cause.
 *
 * @throws {@link RpcUnreachableError} {@link RpcRefusedError} {@link RpcMalformedError}; what is no failure between us and the
 *         node (no such receipt or block, no such contract) passes through
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
): RpcUnreachableError | RpcRefusedError | RpcMalformedError | undefined {
  if (!(error instanceof BaseError)) return undefined
  const cause = error.walk(
    (each) =>
      each instanceof HttpRequestError ||
      each instanceof TimeoutError ||
      each instanceof RpcRequestError ||
      each instanceof RpcMalformedError,
  )
  if (cause instanceof RpcMalformedError) return cause
  if (cause instanceof RpcRequestError) return new RpcRefusedError({ endpoint, detail: detailOf(cause) })
  if (cause instanceof BaseError) return new RpcUnreachableError({ endpoint, detail: detailOf(cause) })
  if (isAnAnswer(error)) return undefined
  return new RpcMalformedError({ endpoint, method: 'a request', detail: detailOf(error) })
}

/** A node said, in good order, that there is nothing; or the failure is none of the node's at all. */
function isAnAnswer(error: BaseError): boolean {
  const found = error.walk(
    (each) =>
      each instanceof TransactionReceiptNotFoundError ||
      each instanceof BlockNotFoundError ||
      each instanceof ContractFunctionZeroDataError ||
      !(each instanceof BaseError || each instanceof TypeError || each instanceof SyntaxError),
  )
  return found !== null
}

/** What a node said, at a length that a log can bear. It may be anything. */
function detailOf({ details, shortMessage }: BaseError): string {
  const said: unknown = details
  return (typeof said === 'string' && said !== '' ? said : shortMessage).slice(0, DETAIL_CHARACTERS_MAX)
}

/** True when a call to a contract came back empty: there is no such contract. */
export function isEmptyAnswer(error: unknown): boolean {
  return error instanceof BaseError && error.walk((each) => each instanceof ContractFunctionZeroDataError) !== null
}
