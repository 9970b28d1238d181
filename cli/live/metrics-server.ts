import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { TallyError } from '../../schemas/errors.ts'

const REQUEST_LIMIT_MS = 5_000
const REQUEST_CHECK_MS = 1_000
const CONNECTIONS_MAX = 64

export interface ListenAddress {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** Numbers in Prometheus's text format. */
export interface Scraped {
  readonly contentType: string
  render(): Promise<string>
}

export interface MetricsServer {
  /** Of /metrics. */
  readonly url: string
  close(): Promise<void>
}

export class MetricsPortError extends TallyError {
  override readonly code = 'METRICS_PORT'
  constructor(facts: { host: string; port: number; problem: string }, cause: unknown) {
    super(`Metrics cannot be served at ${facts.host}, port ${facts.port}: ${facts.problem}.`, {
      facts,
      cause,
      hint: 'Choose another port, or 0 for any free one.',
    })
  }
}

/** Serves `/metrics` and `/healthz`, without any authentication: whoever reaches the address reads them. @throws MetricsPortError */
export async function serveMetrics(metrics: Scraped, { host, port }: ListenAddress): Promise<MetricsServer> {
  const server = createServer(
    {
      headersTimeout: REQUEST_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: REQUEST_CHECK_MS,
    },
    (request, response) => void answer(metrics, request, response),
  )
  server.maxConnections = CONNECTIONS_MAX
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new MetricsPortError({ host, port, problem: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
  const bound = server.address() as AddressInfo
  return {
    url: `http://${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(metrics: Scraped, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && request.url === '/healthz') {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.end('ok\n')
  } else if (isRead && request.url === '/metrics') {
    const text = await metrics.render()
    response.setHeader('content-type', metrics.contentType)
    response.end(text)
  } else {
    response.statusCode = isRead ? 404 : 405
    response.end()
  }
}
