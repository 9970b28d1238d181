import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { TypedDataSigner } from '../anchor/signatures/signer.ts'
import type { Ledger } from '../jobs/ledger.ts'
import {
  ModelRetiredError,
  ModelUnknownError,
  NoPriceError,
  NoPriceListError,
  QuoteRequestError,
} from '../jobs/pricing/errors.ts'
import { type QuoteRequest, quoteDocument, signedQuote } from '../jobs/pricing/quote.ts'
import type { TallyError } from '../schemas/errors.ts'
import { toAddress } from '../schemas/ids.ts'
import { IDENTIFIER_CHARACTERS_MAX, QUOTE_ID_BYTES, UNITS_MAX } from '../schemas/limits.ts'
import { sendProblem } from './problem.ts'

export interface QuotePorts {
  /** On a connection that nothing else uses. */
  readonly ledger: Pick<Ledger, 'warehouse' | 'ledgerId'>
  /** Signs quotes; undefined where the operator's key is not at hand: then there are none. */
  readonly operator: TypedDataSigner | undefined
  /** Unix milliseconds. */
  readonly clock: () => bigint
  /** Called with what went wrong on our side. */
  readonly onError?: (error: unknown) => void
}

/** Each reads the price lists and signs once: few at a time, so that nobody keeps ingest from its process. */
const QUOTES_IN_FLIGHT_MAX = 8
const RETRY_AFTER_S = 1
const DEFAULT_VALID_MS = 600_000
/** An hour: whoever asks over HTTP is not known, and a price that is promised for longer is a price list. */
const VALID_MS_MAX = 3_600_000

const name = z.string().min(1).max(IDENTIFIER_CHARACTERS_MAX)
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
const unit = z
  .string()
  .max(IDENTIFIER_CHARACTERS_MAX + 17)
  .regex(/^.+=\d{1,16}$/s, 'must be a unit and a whole number: input_tokens=1000')

const query = z.strictObject({
  model: name,
  units: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(unit).min(1).max(UNITS_MAX)),
  payer: address.optional(),
  priceList: name.optional(),
  token: address.optional(),
  commercial: z.enum(['true', 'false']).optional(),
  validMs: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, 'must be a whole number of milliseconds')
    .transform(Number)
    .refine((ms) => ms <= VALID_MS_MAX, `must be at most ${VALID_MS_MAX}`)
    .optional(),
})

/**
 * `GET /v1/quote`: what a use will cost, signed by the operator (docs/formats.md#quotes-over-http). A plugin: whoever serves HTTP
 * registers it. Errors are RFC 9457 problem details; nothing is cached, since each quote can be cited once.
 */
export function quoteRoutes(ports: QuotePorts): (server: FastifyInstance) => Promise<void> {
  let inFlight = 0
  return async (server) => {
    server.addHook('onRequest', async (_, reply) => {
      reply.header('cache-control', 'no-store')
      if (inFlight >= QUOTES_IN_FLIGHT_MAX) return busy(reply)
      inFlight++
      reply.raw.once('close', () => inFlight--)
      return undefined
    })
    server.setErrorHandler((error, _, reply) => answerError(error, reply, ports))
    server.get('/v1/quote', async (request, reply) => {
      const { operator } = ports
      if (operator === undefined)
        return sendProblem(reply, {
          ...{ status: 503, code: 'NOT_SIGNING', title: 'No quotes are signed here.' },
          detail: 'The key of the operator is not configured (OPERATOR_KEY). Prices are in the price lists.',
        })
      const parsed = query.safeParse(request.query)
      if (!parsed.success) return malformed(reply, faultOf(parsed.error))
      const units = unitsOf(parsed.data.units)
      if (units === undefined) return malformed(reply, 'units: a unit stands there twice')
      const quote = await signedQuote(ports.ledger, operator, requestOf(parsed.data, units, ports.clock()))
      return quoteDocument(quote)
    })
  }
}

function requestOf(
  { model, payer, priceList, token, commercial, validMs }: z.infer<typeof query>,
  units: Readonly<Record<string, bigint>>,
  nowMs: bigint,
): QuoteRequest {
  return {
    ...{ model, units, commercial: commercial === 'true', nowMs },
    ...(payer === undefined ? {} : { payer: toAddress(payer) }),
    ...(priceList === undefined ? {} : { priceList }),
    ...(token === undefined ? {} : { token: toAddress(token) }),
    ...{ validMs: BigInt(validMs ?? DEFAULT_VALID_MS), quoteId: randomBytes(QUOTE_ID_BYTES) },
  }
}

/** Undefined when a unit stands there twice. The last `=` is what divides a unit, which may have one, from its quantity. */
function unitsOf(texts: readonly string[]): Readonly<Record<string, bigint>> | undefined {
  const units = new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=')
      return [text.slice(0, at), BigInt(text.slice(at + 1))]
    }),
  )
  return units.size === texts.length ? Object.fromEntries(units) : undefined
}

function faultOf(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') || 'query'}: ${issue?.message ?? 'invalid'}`
}

function malformed(reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply, { status: 400, code: 'MALFORMED', title: 'The request is not understood.', detail })
}

function busy(reply: FastifyReply): FastifyReply {
  reply.header('retry-after', RETRY_AFTER_S)
  const detail = `At most ${QUOTES_IN_FLIGHT_MAX} are made at once: ask again a little later.`
  return sendProblem(reply, { status: 429, code: 'BUSY', title: 'Too many quotes at once.', detail })
}

/** What is asked for and not there. */
const REFUSALS = [
  { of: ModelUnknownError, status: 404, title: 'There is no such model.' },
  { of: ModelRetiredError, status: 410, title: 'The model is retired.' },
  { of: NoPriceListError, status: 404, title: 'There is no such price list.' },
  { of: NoPriceError, status: 422, title: 'The list has no price for this.' },
] as const

function answerError(error: unknown, reply: FastifyReply, { onError }: QuotePorts): FastifyReply {
  const refusal = REFUSALS.find(({ of }) => error instanceof of)
  if (refusal !== undefined) {
    const { code, message } = error as TallyError
    return sendProblem(reply, { status: refusal.status, code, title: refusal.title, detail: message })
  }
  if (error instanceof QuoteRequestError) return malformed(reply, error.message)
  const { statusCode = 500 } = error as { readonly statusCode?: number }
  if (statusCode < 500) return malformed(reply, (error as Error).message)
  onError?.(error)
  const detail = 'Nothing was promised. Ask again.'
  return sendProblem(reply, { status: 500, code: 'UNEXPECTED', title: 'Something went wrong here.', detail })
}
