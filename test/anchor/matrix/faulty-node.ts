import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { custom, RpcRequestError, type Transport } from 'viem'

/** One request to a node. */
export interface NodeRequest {
  readonly method: string
  readonly params: readonly unknown[]
}

/** What goes back: a JSON-RPC answer, a body as it is, or nothing for ever. */
export type NodeAnswer =
  | { readonly result: unknown }
  | { readonly error: unknown }
  | { readonly status: number; readonly body: string; readonly type?: string }
  | { readonly hangs: true }

export type Intercept = (request: NodeRequest, forward: () => Promise<NodeAnswer>) => Promise<NodeAnswer>

/** Changes what a method answers, where it answers with something. */
export function altering(method: string, alter: (result: object) => unknown): Intercept {
  return async (request, forward) => {
    const answer = await forward()
    if (request.method !== method || !('result' in answer) || answer.result === null) return answer
    return { result: alter(Object(answer.result)) }
  }
}

/** Blocks after which anvil calls a block final, and some more. */
export const UNTIL_FINAL = '0x46'

/**
 * A node in front of anvil, with faults between, on HTTP and without it. It makes time pass: behind each broadcast that anvil takes it mines
 * until the transaction is final, unless it is told not to.
 */
export class FaultyNode {
  readonly url: string
  /** Answers in place of anvil; undefined: as anvil. */
  intercept: Intercept | undefined
  minesBehindBroadcasts = true
  readonly #server: Server
  readonly #anvil: string

  private constructor(server: Server, anvil: string) {
    const { port } = server.address() as AddressInfo
    this.url = `http://127.0.0.1:${port}`
    this.#server = server
    this.#anvil = anvil
  }

  static async start(anvil: string): Promise<FaultyNode> {
    const server = createServer()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const node = new FaultyNode(server, anvil)
    server.on('request', (request, response) => void node.#serve(request, response))
    return node
  }

  /** The same node without HTTP between, which is quicker: for faults of what it says, and not of how. */
  transport(): Transport {
    const request = async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
      const answer = await this.#answer({ method, params })
      if ('result' in answer) return answer.result
      if ('error' in answer)
        throw new RpcRequestError({ body: { method }, url: this.url, error: answer.error as never })
      throw new Error('A fault of HTTP needs HTTP.')
    }
    return custom({ request }, { retryCount: 0 })
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString()
    const { id, method, params = [] } = JSON.parse(body) as { id: number } & NodeRequest
    const answer = await this.#answer({ method, params })
    if ('hangs' in answer) return
    if ('status' in answer) {
      response.writeHead(answer.status, { 'content-type': answer.type ?? 'text/html' }).end(answer.body)
      return
    }
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  }

  async #answer({ method, params }: NodeRequest): Promise<NodeAnswer> {
    const forward = () => this.#forward(method, params)
    return this.intercept?.({ method, params }, forward) ?? forward()
  }

  async #forward(method: string, params: readonly unknown[]): Promise<NodeAnswer> {
    const answer = await this.#anvilAnswer(method, params)
    const isTaken = method === 'eth_sendRawTransaction' && 'result' in answer
    if (isTaken && this.minesBehindBroadcasts) await this.#anvilAnswer('anvil_mine', [UNTIL_FINAL])
    return answer
  }

  async #anvilAnswer(method: string, params: readonly unknown[]): Promise<{ result: unknown } | { error: unknown }> {
    const response = await fetch(this.#anvil, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const answer = (await response.json()) as { result: unknown } | { error: unknown }
    return 'error' in answer ? { error: answer.error } : { result: answer.result }
  }
}
