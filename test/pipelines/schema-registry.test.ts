import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { SchemaRegistry } from '../../pipelines/schema-registry/schema-registry.ts'
import { waitForSchema } from '../../pipelines/schema-registry/wait-for-schema.ts'
import { type Answer, SchemaRegistryStub } from '../support/schema-registry-stub.ts'

const SUBJECT = 'tally.inferences-value'
const TEXT = '{"type": "string", "doc": "größe"}'

let stub: SchemaRegistryStub
/** Where nobody should be sent. */
let other: SchemaRegistryStub | undefined
beforeEach(async () => {
  stub = await SchemaRegistryStub.start()
})
afterEach(async () => {
  await stub.stop()
  await other?.stop()
})

const open = (more: object = {}) =>
  new SchemaRegistry({ url: stub.url, timeoutMs: 2_000, attempts: 3, backoffMs: 1, ...more })

/** Answers to the question for schema 1, one after another, the last one for ever. */
function instead(...answers: Answer[]): void {
  stub.instead.set('GET /schemas/ids/1', answers)
}

describe('a schema registry', () => {
  test('says what an id stands for, once and for all', async () => {
    const id = stub.add(SUBJECT, TEXT)
    const registry = open()
    const found = { schema: TEXT, schemaType: 'AVRO', references: 0 }
    expect(await registry.schemaOfId(id)).toEqual(found)
    await stub.stop()
    expect(await registry.schemaOfId(id)).toEqual(found)
    expect(stub.asked).toHaveLength(1)
    await stub.listen()
  })

  test('keeps 256 schemas and no more', async () => {
    for (let index = 0; index < 257; index++) stub.add(SUBJECT, `{"type": "string", "doc": "${index}"}`)
    const registry = open()
    for (let id = 1; id <= 257; id++) await registry.schemaOfId(id)
    await registry.schemaOfId(257)
    expect(stub.asked).toHaveLength(257)
    await registry.schemaOfId(1)
    expect(stub.asked).toHaveLength(258)
  })

  test('registers, tells the latest version, whether another would be compatible, and its level', async () => {
    const registry = open()
    const id = await registry.register('a subject/with signs', TEXT)
    expect(await registry.register('a subject/with signs', TEXT)).toBe(id)
    expect(await registry.latestVersion('a subject/with signs')).toEqual({
      subject: 'a subject/with signs',
      version: 1,
      id,
      schema: TEXT,
      schemaType: 'AVRO',
      references: 0,
    })
    expect(await registry.isCompatible('a subject/with signs', TEXT)).toBe(true)
    expect(await registry.isCompatible('a subject/with signs', '"int"')).toBe(false)
    expect(await registry.compatibilityLevel()).toBe('BACKWARD')
  })

  test.each([
    ['basic', { kind: 'basic', user: 'me', password: 'a:b' }, `Basic ${Buffer.from('me:a:b').toString('base64')}`],
    ['bearer', { kind: 'bearer', token: 'abc' }, 'Bearer abc'],
    ['none', undefined, undefined],
  ])('gets its credentials: %s', async (_, auth, authorization) => {
    await open({ ...(auth && { auth }) }).compatibilityLevel()
    expect(stub.asked[0]?.authorization).toBe(authorization)
  })

  test('may live below a path', async () => {
    stub.instead.set('GET /sr/config', [[200, { compatibilityLevel: 'NONE' }]])
    expect(await open({ url: `${stub.url}/sr/` }).compatibilityLevel()).toBe('NONE')
  })
})

describe('a schema registry that has no such thing', () => {
  test.each<[what: string, error: number, ask: (registry: SchemaRegistry) => Promise<unknown>]>([
    ['schema', 40403, (registry) => registry.schemaOfId(99)],
    ['subject', 40401, (registry) => registry.latestVersion('nobody')],
    ['subject to compare with', 40401, (registry) => registry.isCompatible('nobody', TEXT)],
  ])('%s: says so at once', async (_, error, ask) => {
    await expect(ask(open())).rejects.toMatchObject({ code: 'SCHEMA_NOT_FOUND', retriable: false, facts: { error } })
    expect(stub.asked).toHaveLength(1)
  })

  test('version: says so', async () => {
    stub.instead.set('GET /subjects/empty/versions/latest', [
      [404, { error_code: 40402, message: 'Version not found.' }],
    ])
    await expect(open().latestVersion('empty')).rejects.toMatchObject({
      code: 'SCHEMA_NOT_FOUND',
      facts: { error: 40402 },
    })
  })

  test.each<[name: string, answer: Answer]>([
    ['a page', (response) => response.writeHead(404).end('<html>not here</html>')],
    ['other JSON', [404, { error: 'no route' }]],
    ['another code', [404, { error_code: 404, message: 'HTTP 404 Not Found' }]],
  ])('a 404 that is %s says nothing about the schema', async (_, answer) => {
    instead(answer)
    await expect(open().schemaOfId(1)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER', retriable: false })
  })
})

describe('a schema registry that is down', () => {
  const UNAVAILABLE = { code: 'REGISTRY_UNAVAILABLE', retriable: true }

  test('is asked again, and says nothing about the schema', async () => {
    await stub.stop()
    await expect(open().schemaOfId(1)).rejects.toMatchObject({
      ...UNAVAILABLE,
      facts: { attempts: 3, why: 'ECONNREFUSED' },
    })
  })

  test.each<[name: string, bad: Answer]>([
    ['500', [500, { error_code: 50001, message: 'Error in the backend data store' }]],
    ['503 without JSON', (response) => response.writeHead(503).end('upstream')],
    ['429', [429, { error_code: 429, message: 'slow down' }]],
    ['a connection that breaks off', (response) => response.destroy()],
    [
      'half a body',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"schema"')
        response.destroy()
      },
    ],
  ])('%s, and then well again', async (_, bad) => {
    stub.add(SUBJECT, TEXT)
    instead(bad, bad, [200, { schema: TEXT }])
    expect(await open().schemaOfId(1)).toMatchObject({ schema: TEXT })
    expect(stub.asked).toHaveLength(3)
    instead(bad)
    await expect(open().schemaOfId(1)).rejects.toMatchObject(UNAVAILABLE)
  })

  test.each<[name: string, answer: Answer]>([
    ['never answers', () => undefined],
    ['never ends its answer', (response) => void response.writeHead(200).write('{')],
  ])('because it %s: it is given up', async (_, answer) => {
    instead(answer)
    await expect(open({ timeoutMs: 50, attempts: 2 }).schemaOfId(1)).rejects.toMatchObject({
      ...UNAVAILABLE,
      facts: { attempts: 2, why: 'no answer within 50 ms' },
    })
  })

  test('is not waited for once nobody wants to know any more', async () => {
    const stop = new AbortController()
    instead(() => stop.abort())
    await expect(open({ signal: stop.signal, timeoutMs: 60_000 }).schemaOfId(1)).rejects.toMatchObject(UNAVAILABLE)
    expect(stub.asked).toHaveLength(1)
  })
})

describe('what is no schema registry', () => {
  test.each([401, 403])('HTTP %i: the credentials are refused, at once', async (status) => {
    instead([status, { error_code: status * 100 + 1, message: 'Unauthorized' }])
    await expect(open().schemaOfId(1)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', retriable: false })
    expect(stub.asked).toHaveLength(1)
  })

  test('a redirect is not followed: the credentials stay here', async () => {
    other = await SchemaRegistryStub.start()
    other.add(SUBJECT, TEXT)
    const location = `${other.url}/schemas/ids/1`
    instead((response) => response.writeHead(302, { location }).end())
    const auth = { kind: 'basic', user: 'me', password: 'secret' } as const
    await expect(open({ auth }).schemaOfId(1)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER' })
    expect(other.asked).toEqual([])
  })

  test.each<[name: string, answer: Answer]>([
    ['no JSON', (response) => response.end('schema')],
    ['bytes that are no UTF-8', (response) => response.end(Buffer.from([0x22, 0xff, 0x22]))],
    ['an empty body', (response) => response.end()],
    ['a list', [200, [{ schema: TEXT }]]],
    ['no schema', [200, { id: 1 }]],
    ['a schema that is no text', [200, { schema: { type: 'string' } }]],
    ['a type that nobody knows', [200, { schema: TEXT, schemaType: 'XML' }]],
    ['references that are no list', [200, { schema: TEXT, references: 3 }]],
    ['a million brackets', (response) => response.end('['.repeat(1_000_000))],
    ['a body of two mebibytes', (response) => response.end(JSON.stringify({ schema: 'x'.repeat(2 * 1024 * 1024) }))],
    ['422', [422, { error_code: 42201, message: 'Invalid Avro schema' }]],
  ])('%s is refused', async (_, answer) => {
    instead(answer)
    await expect(open().schemaOfId(1)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER', retriable: false })
    expect(stub.asked).toHaveLength(1)
  })

  test('other answers are refused too', async () => {
    stub.instead.set('GET /config', [[200, { compatibilityLevel: 'SOMEHOW' }]])
    stub.instead.set('POST /subjects/s/versions', [[200, { id: '7' }]])
    stub.instead.set('POST /compatibility/subjects/s/versions/latest', [[200, {}]])
    stub.instead.set('GET /subjects/s/versions/latest', [[200, { schema: TEXT, id: 1 }]])
    const registry = open()
    for (const ask of [
      () => registry.compatibilityLevel(),
      () => registry.register('s', TEXT),
      () => registry.isCompatible('s', TEXT),
      () => registry.latestVersion('s'),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'REGISTRY_ANSWER' })
  })
})

describe('waiting for a schema', () => {
  test('ends when the registry is back', async () => {
    const id = stub.add(SUBJECT, TEXT)
    await stub.stop()
    const waits: number[] = []
    const found = await waitForSchema(open({ attempts: 1 }), id, {
      firstPauseMs: 1,
      onWaiting: (error, pauseMs) => {
        expect(error.code).toBe('REGISTRY_UNAVAILABLE')
        if (waits.push(pauseMs) === 3) void stub.listen()
      },
    })
    expect(found.schema).toBe(TEXT)
    expect(waits.slice(0, 3)).toEqual([1, 2, 4])
  })

  test('ends after a while with what can be tried again', async () => {
    await stub.stop()
    const waits: number[] = []
    const waiting = waitForSchema(open({ attempts: 1 }), 1, {
      firstPauseMs: 1,
      waitedMsMax: 10,
      onWaiting: (_, pauseMs) => waits.push(pauseMs),
    })
    await expect(waiting).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retriable: true })
    expect(waits).toEqual([1, 2, 4])
  })

  test('ends when it is given up', async () => {
    await stub.stop()
    const stop = new AbortController()
    const waiting = waitForSchema(open(), 1, {
      firstPauseMs: 60_000,
      signal: stop.signal,
      onWaiting: () => stop.abort(),
    })
    await expect(waiting).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })

  test('does not wait for what the registry does not have', async () => {
    await expect(waitForSchema(open(), 99, { onWaiting: () => undefined })).rejects.toMatchObject({
      code: 'SCHEMA_NOT_FOUND',
    })
  })
})
