import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was asked, as it came. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

/** What is answered: a status with a JSON body, or whatever the function does with the response. */
export type Answer = readonly [status: number, body: unknown] | ((response: ServerResponse) => void)

const NOT_FOUND = {
  subject: [404, { error_code: 40401, message: 'Subject not found.' }],
  version: [404, { error_code: 40402, message: 'Version not found.' }],
  schema: [404, { error_code: 40403, message: 'Schema not found' }],
} as const satisfies Record<string, Answer>

/**
 * A stub of a schema registry on a free loopback port. It follows Confluent's documented HTTP interface (paths, bodies, error
 * codes) for schemas by id, subjects, compatibility and configuration: no registry runs here without a container engine, so
 * what a real one does beside its documentation is not tested.
 */
export class SchemaRegistryStub {
  readonly asked: Asked[] = []
  /** By `METHOD path`, before everything else; the last of a list is repeated. */
  readonly instead = new Map<string, Answer[]>()
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #schemas: string[] = []
  readonly #subjects = new Map<string, number[]>()
  #port = 0

  static async start(): Promise<SchemaRegistryStub> {
    const stub = new SchemaRegistryStub()
    await stub.listen()
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** @returns the id that it gets: from 1 on, the same text the same id */
  add(subject: string, schema: string): number {
    const known = this.#schemas.indexOf(schema) + 1
    const id = known > 0 ? known : this.#schemas.push(schema)
    const versions = this.#subjects.get(subject) ?? []
    if (!versions.includes(id)) versions.push(id)
    this.#subjects.set(subject, versions)
    return id
  }

  /** On the port that it had, if it had one. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { method = '', url: path = '', headers } = request
    const body = Buffer.concat(parts).toString()
    this.asked.push({ method, path, authorization: headers.authorization, body })
    const answers = this.instead.get(`${method} ${path}`)
    const answer =
      (answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]) ?? this.#answer(method, path, body)
    if (typeof answer === 'function') return answer(response)
    response.writeHead(answer[0], { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(JSON.stringify(answer[1]))
  }

  #answer(method: string, path: string, body: string): Answer {
    if (method === 'GET' && path === '/config') return [200, { compatibilityLevel: 'BACKWARD' }]
    const id = /^\/schemas\/ids\/(\d+)$/.exec(path)?.[1]
    if (method === 'GET' && id !== undefined) {
      const schema = this.#schemas[Number(id) - 1]
      return schema === undefined ? NOT_FOUND.schema : [200, { schema }]
    }
    const [, isCompatibility, escaped = '', latest] =
      /^\/(compatibility\/)?subjects\/([^/]+)\/versions(\/latest)?$/.exec(path) ?? []
    const subject = decodeURIComponent(escaped)
    const versions = this.#subjects.get(subject)
    if (method === 'POST' && isCompatibility === undefined && latest === undefined)
      return [200, { id: this.add(subject, JSON.parse(body).schema) }]
    if (versions === undefined) return NOT_FOUND.subject
    const newest = versions.at(-1)
    if (newest === undefined) return NOT_FOUND.version
    // The stub's notion of compatibility: the same text.
    if (isCompatibility) return [200, { is_compatible: JSON.parse(body).schema === this.#schemas[newest - 1] }]
    return [200, { subject, version: versions.length, id: newest, schema: this.#schemas[newest - 1] }]
  }
}
