import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { TallyError } from '../schemas/errors.ts'
import { type QuotePorts, quoteRoutes } from './quote-routes.ts'
import { acceptUpload, type UploadAnswer, type UploadPorts } from './uploads.ts'

/** One request: a record of 1 MiB in base64 fits several times. */
const BODY_BYTES_MAX = 8 * 1024 * 1024
/** Bodies held at once: with {@link BODY_BYTES_MAX} and their decoded copies about 256 MiB at most. */
const UPLOADS_IN_FLIGHT_MAX = 16
const REQUEST_LIMIT_MS = 30_000
const RETRY_AFTER_S = 1

export interface UploadServerOptions extends UploadPorts {
  /** Default: loopback alone. */
  readonly host?: string
  /** 0: a free one. */
  readonly port: number
  /** Default: no quotes. */
  readonly quotes?: QuotePorts
  /** Called with what went wrong on our side. */
  readonly onError?: (error: unknown) => void
}

export interface UploadServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * `POST /v1/records` (docs/formats.md#uploads): whoever holds the key of a registered source may send; nobody else. With `quotes`
 * also `GET /v1/quote`.
 */
export async function openUploadServer(options: UploadServerOptions): Promise<UploadServer> {
  const server = fastify({ bodyLimit: BODY_BYTES_MAX, requestTimeout: REQUEST_LIMIT_MS, forceCloseConnections: 'idle' })
  await server.register(uploadRoutes(options))
  if (options.quotes !== undefined) await server.register(quoteRoutes(options.quotes))
  await server.listen({ host: options.host ?? '127.0.0.1', port: options.port })
  const { address, port, family } = server.server.address() as AddressInfo
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: () => server.close() }
}

/** With limits and errors of their own: other routes of the server have theirs. */
function uploadRoutes(options: UploadServerOptions): (server: FastifyInstance) => Promise<void> {
  let inFlight = 0
  return async (server) => {
    server.addHook('onRequest', async (_, reply) => {
      if (inFlight >= UPLOADS_IN_FLIGHT_MAX) {
        reply.header('retry-after', RETRY_AFTER_S)
        return reply.code(429).send(errorOf('BUSY', 'Too many uploads at once: send this one again a little later.'))
      }
      inFlight++
      reply.raw.once('close', () => inFlight--)
      return undefined
    })
    server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _, reply) => {
      const status = error.statusCode ?? 500
      if (status < 500) return reply.code(status).send(errorOf('MALFORMED', error.message))
      options.onError?.(error)
      if (error instanceof TallyError && error.retriable) {
        reply.header('retry-after', RETRY_AFTER_S)
        return reply.code(503).send(errorOf(error.code, 'The log cannot be reached. Send the same records again.'))
      }
      return reply.code(500).send(errorOf('UNEXPECTED', 'Send the same records again; duplicates by id do no harm.'))
    })
    server.post('/v1/records', async (request, reply) => {
      const answer = await acceptUpload(options, request.body)
      return reply.code(STATUS[answer.outcome]).send(documentOf(answer))
    })
  }
}

const STATUS = { accepted: 202, malformed: 400, refused: 403, rejected: 422 } as const

function documentOf(answer: UploadAnswer): object {
  switch (answer.outcome) {
    case 'accepted':
      return answer.receipt
    case 'malformed':
      return errorOf('MALFORMED', answer.detail)
    case 'refused':
      return errorOf(answer.code, answer.detail)
    case 'rejected':
      return { ...errorOf('RECORDS_REJECTED', 'Nothing was written.'), records: answer.records }
  }
}

function errorOf(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } }
}
