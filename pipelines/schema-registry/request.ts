import { RegistryAnswerError, RegistryRefusedError, RegistryUnavailableError, SchemaNotFoundError } from './errors.ts'

/** More than the largest schema that anybody means; a body is never held beyond it. */
const BODY_BYTES_MAX = 1024 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true })
const ACCEPT = 'application/vnd.schemaregistry.v1+json, application/json'
const NOT_FOUND: ReadonlySet<number> = new Set([40401, 40402, 40403])

export type RegistryAuth =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }

export interface RequestOptions {
  /** With its path, if it has one: `https://registry.example/sr`. */
  readonly url: string
  readonly auth?: RegistryAuth
  /** For one attempt, from the connection to the last byte. */
  readonly timeoutMs: number
  readonly attempts: number
  /** Before the second attempt; doubled before each further one. */
  readonly backoffMs: number
  readonly signal?: AbortSignal
}

export interface RegistryRequest {
  readonly method: 'GET' | 'POST'
  /** Below the URL, already escaped. */
  readonly path: string
  readonly body?: object
  /** For the error when there is none. */
  readonly what: string
}

/**
 * One question to the registry, asked again when it may help: no connection, no answer in time, 429 and 5xx.
 *
 * @throws RegistryUnavailableError, also when `signal` ends the question
 * @throws SchemaNotFoundError, RegistryRefusedError, RegistryAnswerError
 */
export async function askRegistry(options: RequestOptions, request: RegistryRequest): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(options, request)
    if ('json' in answer) return answer.json
    if (attempt >= options.attempts || options.signal?.aborted) {
      const facts = { url: options.url, attempts: attempt, why: answer.unavailable }
      throw new RegistryUnavailableError(facts, answer.cause)
    }
    await pause(options.backoffMs * 2 ** (attempt - 1), options.signal)
  }
}

type Attempt = { readonly json: unknown } | { readonly unavailable: string; readonly cause?: unknown }

async function tryOnce(options: RequestOptions, request: RegistryRequest): Promise<Attempt> {
  const { url } = options
  const timeout = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  let status: number
  let body: Uint8Array | undefined
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${request.path}`, {
      method: request.method,
      headers: headersOf(options, request),
      // Credentials go nowhere else: a redirect is an answer that is not understood.
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    status = response.status
    body = await readBody(response)
  } catch (cause) {
    const why = options.signal?.aborted
      ? 'the question was given up'
      : timeout.aborted
        ? `no answer within ${options.timeoutMs} ms`
        : reasonOf(cause)
    return { unavailable: why, cause }
  }
  if (status === 429 || status >= 500) return { unavailable: `HTTP ${status}` }
  if (status === 401 || status === 403) throw new RegistryRefusedError({ url, status })
  if (body === undefined)
    throw new RegistryAnswerError({ url, status, why: `its body has more than ${BODY_BYTES_MAX} bytes` })
  if (status >= 300 && status < 400)
    throw new RegistryAnswerError({ url, status, why: `it redirects (HTTP ${status})` })
  const json = parse(body, { url, status })
  if (status < 300) return { json }
  const { error_code: error, message } = (isObject(json) ? json : {}) as { error_code?: unknown; message?: unknown }
  // A 404 without the registry's own code comes from something else, and says nothing about a schema.
  if (status === 404 && typeof error === 'number' && NOT_FOUND.has(error))
    throw new SchemaNotFoundError({ url, what: request.what, error })
  const said = typeof message === 'string' ? `, ${message.slice(0, 300)}` : ''
  throw new RegistryAnswerError({ url, status, why: `HTTP ${status}${said}` })
}

function headersOf({ auth }: RequestOptions, { body }: RegistryRequest): Record<string, string> {
  const authorization =
    auth?.kind === 'basic'
      ? `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`
      : auth && `Bearer ${auth.token}`
  return {
    accept: ACCEPT,
    ...(authorization === undefined ? {} : { authorization }),
    ...(body === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }),
  }
}

/** Undefined when the body is too long; what is behind the limit is not received. */
async function readBody(response: Response): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body) {
    bytes += part.length
    // Leaving the loop cancels the body.
    if (bytes > BODY_BYTES_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function parse(body: Uint8Array, facts: { url: string; status: number }): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch (cause) {
    throw new RegistryAnswerError({ ...facts, why: `HTTP ${facts.status} without JSON` }, cause)
  }
}

/** `fetch failed` says nothing; its cause says what did. */
function reasonOf(error: unknown): string {
  const inner = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown; message?: unknown }
  return typeof inner.code === 'string' ? inner.code : String(inner.message ?? inner)
}

/** Over early, without an error, when the signal says so. */
export function pause(duration_ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, duration_ms)
    signal?.addEventListener('abort', done)
  })
}

export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
