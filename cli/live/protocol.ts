import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { RequestError } from './errors.ts'

/**
 * What goes over the socket: one HTTP/1.1 request `POST /verb` with a JSON body, answered by JSON lines as the verb runs.
 * A refusal (it did not run) is answered with {@link REFUSED} and one {@link Refusal}. A change of any of it changes this name.
 */
const PROTOCOL = 'tallystick-live/1'

export const VERB_PATH = '/verb'
export const REFUSED = 409

/** Bytes of a request: a command line, not a document. */
export const REQUEST_BYTES_MAX = 64 * 1024
const ARGUMENTS_MAX = 256
const PATH_CHARACTERS_MAX = 4_096
const COLUMNS_MAX = 10_000
const NONCE_BYTES = 16

const digest = z.string().regex(/^[0-9a-f]{64}$/)

const requestShape = z.strictObject({
  protocol: z.literal(PROTOCOL),
  argv: z.array(z.string()).min(1).max(ARGUMENTS_MAX),
  cwd: z.string().min(1).max(PATH_CHARACTERS_MAX),
  nonce: z.string().max(4 * NONCE_BYTES),
  /** Setting → where its value came from, and a digest: values may be secrets. */
  settings: z.record(z.string(), z.strictObject({ origin: z.string().max(PATH_CHARACTERS_MAX), digest })),
  columns: z.int().min(1).max(COLUMNS_MAX).nullable(),
  hasColours: z.boolean(),
})

export type VerbRequest = z.infer<typeof requestShape>

/** One line of an answer. `exit` is the last one; without it the process died. */
export type AnswerLine =
  | { readonly pid: number }
  | { readonly out: string }
  | { readonly err: string }
  | { readonly exit: number }

export interface Refusal {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly facts: Readonly<Record<string, string | number | boolean | null>>
    readonly hint: string | null
    readonly retriable: boolean
  }
}

export interface AskOptions {
  readonly config: Config
  readonly given: ReadonlyMap<keyof Config, string>
  readonly argv: readonly string[]
  readonly cwd: string
  readonly columns: number | undefined
  readonly hasColours: boolean
}

export function toRequest({ config, given, argv, cwd, columns, hasColours }: AskOptions): VerbRequest {
  const nonce = randomBytes(NONCE_BYTES).toString('hex')
  const settings: VerbRequest['settings'] = {}
  for (const [key, origin] of given) {
    // The folder is the same: its socket was found in it.
    if (key !== 'data') settings[key] = { origin, digest: digestOf(nonce, config[key]) }
  }
  return { protocol: PROTOCOL, argv: [...argv], cwd, nonce, settings, columns: columns ?? null, hasColours }
}

/** @throws RequestError when it would be refused for its size */
export function encodeRequest(request: VerbRequest): string {
  const text = JSON.stringify(request)
  if (Buffer.byteLength(text) > REQUEST_BYTES_MAX)
    throw new RequestError(`it has more than ${REQUEST_BYTES_MAX} bytes.`)
  return text
}

/** @throws RequestError */
export function parseRequest(bytes: Uint8Array): VerbRequest {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw new RequestError('it is no JSON.')
  }
  const parsed = requestShape.safeParse(document)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new RequestError(`${issue!.path.join('.') || 'request'}: ${issue!.message}.`)
}

/** Settings that somebody gave and that have another value here, as `name (from origin)`. */
export function differingSettings({ nonce, settings }: VerbRequest, own: Config): string[] {
  const values = own as Readonly<Record<string, unknown>>
  return Object.entries(settings)
    .filter(([key, { digest: theirs }]) => theirs !== digestOf(nonce, values[key]))
    .map(([key, { origin }]) => `${key} (from ${origin})`)
}

function digestOf(nonce: string, value: unknown): string {
  return createHash('sha256')
    .update(`${nonce}\0${JSON.stringify(value) ?? 'not set'}`)
    .digest('hex')
}
