import { COMPATIBILITY_MODES, type CompatibilityMode } from '../../schemas/compatibility.ts'
import { RegistryAnswerError } from './errors.ts'
import { askRegistry, isObject, type RegistryAuth, type RegistryRequest, type RequestOptions } from './request.ts'

const TIMEOUT_MS = 10_000
const ATTEMPTS = 4
const BACKOFF_MS = 250
/** Schemas kept by id; each may have a mebibyte, though most have a few kilobytes. */
const CACHED_MAX = 256

export interface SchemaRegistryOptions {
  readonly url: string
  readonly auth?: RegistryAuth
  readonly timeoutMs?: number
  readonly attempts?: number
  readonly backoffMs?: number
  readonly signal?: AbortSignal
}

export interface FoundSchema {
  /** Text of the schema, as it was registered. */
  readonly schema: string
  readonly schemaType: 'AVRO' | 'JSON' | 'PROTOBUF'
  /** Other schemas that it needs; Tallystick reads none. */
  readonly references: number
}

export interface SubjectVersion extends FoundSchema {
  readonly subject: string
  readonly version: number
  readonly id: number
}

/**
 * A client for the HTTP interface of Confluent's Schema Registry, which others (Karapace, Apicurio, Redpanda) speak as well.
 * Every method throws RegistryUnavailableError when nobody answers, SchemaNotFoundError when the registry has no such thing,
 * RegistryRefusedError and RegistryAnswerError.
 */
export class SchemaRegistry {
  readonly #request: RequestOptions
  /** What an id stands for never changes. */
  readonly #byId = new Map<number, FoundSchema>()

  constructor(options: SchemaRegistryOptions) {
    const { url, auth, signal, timeoutMs = TIMEOUT_MS, attempts = ATTEMPTS, backoffMs = BACKOFF_MS } = options
    this.#request = { url, timeoutMs, attempts, backoffMs, ...(auth && { auth }), ...(signal && { signal }) }
  }

  async schemaOfId(id: number): Promise<FoundSchema> {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const found = this.#schemaIn(await this.#get(`/schemas/ids/${id}`, `schema with id ${id}`))
    if (this.#byId.size >= CACHED_MAX) this.#byId.delete(this.#byId.keys().next().value!)
    this.#byId.set(id, found)
    return found
  }

  async latestVersion(subject: string): Promise<SubjectVersion> {
    const answer = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/latest`, `subject ${subject}`)
    const found = this.#schemaIn(answer)
    const { version, id } = answer
    if (!isCount(version) || !isCount(id)) throw this.#misunderstood('a version has no number or no id')
    return { ...found, subject, version, id }
  }

  /** @returns its id: the one it has, when the subject has it already */
  async register(subject: string, schema: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const { id } = await this.#ask({ method: 'POST', path, body: { schema }, what: `subject ${subject}` })
    if (!isCount(id)) throw this.#misunderstood('a registered schema has no id')
    return id
  }

  /** Whether the subject would take the schema as its next version, by its own mode. */
  async isCompatible(subject: string, schema: string): Promise<boolean> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest`
    const answer = await this.#ask({ method: 'POST', path, body: { schema }, what: `subject ${subject}` })
    if (typeof answer.is_compatible !== 'boolean') throw this.#misunderstood('it does not say is_compatible')
    return answer.is_compatible
  }

  async compatibilityLevel(): Promise<CompatibilityMode | 'NONE'> {
    const { compatibilityLevel } = await this.#get('/config', 'configuration')
    const level = [...COMPATIBILITY_MODES, 'NONE' as const].find((known) => known === compatibilityLevel)
    if (level === undefined) throw this.#misunderstood('it has no compatibilityLevel that is known')
    return level
  }

  #get(path: string, what: string): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask({ method: 'GET', path, what })
  }

  async #ask(request: RegistryRequest): Promise<Readonly<Record<string, unknown>>> {
    const json = await askRegistry(this.#request, request)
    if (!isObject(json)) throw this.#misunderstood('its answer is no JSON object')
    return json
  }

  #schemaIn({ schema, schemaType = 'AVRO', references = [] }: Readonly<Record<string, unknown>>): FoundSchema {
    if (typeof schema !== 'string') throw this.#misunderstood('a schema has no text')
    if (schemaType !== 'AVRO' && schemaType !== 'JSON' && schemaType !== 'PROTOBUF')
      throw this.#misunderstood('a schema is of no known type')
    if (!Array.isArray(references)) throw this.#misunderstood('references are no list')
    return { schema, schemaType, references: references.length }
  }

  #misunderstood(why: string): RegistryAnswerError {
    return new RegistryAnswerError({ url: this.#request.url, status: 200, why })
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
