import { mkdirSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { loadConfig } from '../../cli/config.ts'
import { Progress } from '../../cli/output.ts'
import { Session } from '../../cli/session.ts'
import { unknownSchemas } from '../../cli/unknown-schemas.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { epochStatus } from '../../jobs/epoch-status.ts'
import { listSchemas } from '../../jobs/schemas/list-schemas.ts'
import { ingest } from '../../pipelines/ingest.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { GENESIS, keyOf } from '../support/ledger/cast.ts'
import { builtInJson, evolved, renumbered, WIDER_USE, widerUse } from '../support/ledger/foreign-schemas.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { SchemaRegistryStub } from '../support/schema-registry-stub.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, type Ended, errorOf, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SUBJECT = 'tally.inferences-value'
const WIDER = JSON.stringify(WIDER_USE)
const OPERATOR = { OPERATOR_KEY: keyOf('operator') }

type Environment = Readonly<Record<string, string>>

const path = temporaryFolder()
const records = new Records(ledgerIdOf(GENESIS))
let stub: SchemaRegistryStub
let data: string
let made = 0

beforeAll(() => builtCli().then(() => undefined), 120_000)
beforeEach(async () => {
  stub = await SchemaRegistryStub.start()
  data = path(`ledger-${made++}`)
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
})
afterEach(() => stub.stop())

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  tallyHere([...args, '--json', '--data', data], { env })
const withRegistry = (more: Environment = {}): Environment => ({ SCHEMA_REGISTRY_URL: stub.url, ...more })
const listNow = () => inSession({}, async (session) => listSchemas(await session.ledger()))

/** Writes a file of the test's folder. @returns its path */
function file(name: string, json: object | string): string {
  writeFileSync(path(name), typeof json === 'string' ? json : JSON.stringify(json))
  return path(name)
}

/** What a verb does, in this process: starting one costs more than what it does. */
async function inSession<Result>(environment: Environment, work: (session: Session) => Promise<Result>) {
  const session = new Session({ config: loadConfig({ environment, flags: { data } }), verb: 'test' })
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const result = await work(session)
    return { result, warnings: stripVTControlCharacters(written.mock.calls.map(([text]) => String(text)).join('')) }
  } finally {
    written.mockRestore()
    await session.close()
  }
}

function send(...sent: (NewRecord | Promise<NewRecord>)[]) {
  return inSession({}, async (session) => (await session.log()).sink.append(await Promise.all(sent)))
}

/** As `tally ingest`. */
function ingestNow(environment: Environment) {
  return inSession(environment, async (session) =>
    ingest({
      ...(await unknownSchemas(session, { progress: new Progress({ quiet: true }) })),
      source: (await session.log()).source,
      warehouse: await session.warehouse(),
      topics: INPUT_TOPICS,
      until: 'end',
    }),
  )
}

/** A source, a model, an infrastructure, and a use of them that a foreign producer wrote. */
async function sendUse(schemaId: number): Promise<void> {
  await send(
    records.source(SOURCES.operator, ['AssetRegistered']),
    records.source(SOURCES.gateway, ['InferenceRecorded']),
    records.asset('reader', 'model', { modeller: 1_000_000 }),
    records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    widerUse(records.inference('use-1', 1n), schemaId),
  )
}

/** Cuts now. @returns the counts of the epoch */
async function close() {
  const { result } = await inSession({}, async (session) => {
    const ledger = await session.ledger()
    await closeEpoch({ ledger, ...(await session.log()), clock: session.clock, cutNow: true })
    return epochStatus(ledger.warehouse)
  })
  return result.epochs.at(-1)!.counts
}

const messageOf = (ended: Ended) => `${ended.end} ${errorOf(ended).code}: ${errorOf(ended).message}`

describe('tally schema check', () => {
  test.each<[name: string, schema: object | string, flags: string[], end: number, fault: string | null]>([
    ['our own', builtInJson('InferenceRecorded'), [], 0, null],
    ['our own, fully', builtInJson('InferenceRecorded'), ['--mode', 'FULL_TRANSITIVE'], 0, null],
    ['a wider one', WIDER_USE, [], 0, null],
    [
      'a wider one, backward',
      evolved('InferenceRecorded', { last: [{ name: 'x', type: 'int' }] }),
      ['--mode', 'BACKWARD'],
      1,
      'BACKWARD with version 1: tallystick.v1.InferenceRecorded.x: was not written and has no default',
    ],
    [
      'one without the fee',
      evolved('InferenceRecorded', { without: 'fee' }),
      [],
      1,
      'FORWARD with version 1: tallystick.v1.InferenceRecorded.fee: was not written and has no default',
    ],
    ['no schema', '{', [], 1, 'The schema is no JSON.'],
  ])('of %s ends with its answer', async (_, schema, flags, end, fault) => {
    const ended = await run(['schema', 'check', file('checked.avsc', schema), '--event', 'InferenceRecorded', ...flags])
    expect(ended).toMatchObject({ end, stderr: '' })
    expect(documentOf(ended)).toMatchObject({ compatible: end === 0, faults: fault === null ? [] : [fault] })
  })

  test('bad usage ends with 2, a file that is not there with 5', async () => {
    const good = file('good.avsc', WIDER_USE)
    expect(await run(['schema', 'check', good])).toMatchObject({ end: 2 })
    expect(await run(['schema', 'check', good, '--event', 'SchemaRegistered'])).toMatchObject({ end: 2 })
    expect(await run(['schema', 'check', good, '--event', 'Deposited', '--mode', 'NONE'])).toMatchObject({ end: 2 })
    expect(messageOf(await run(['schema', 'check', path('nothing'), '--event', 'Deposited']))).toMatch(
      /^5 FILE_UNREADABLE/,
    )
    const large = file('large.avsc', ' '.repeat(65_537))
    expect(messageOf(await run(['schema', 'check', large, '--event', 'Deposited']))).toMatch(/65537 bytes/)
  })
})

describe('tally schema register', () => {
  const register = (...args: string[]) => run(['schema', 'register', ...args], OPERATOR)

  test('appends what the operator signs; after the next cut it is in the list, and counts', async () => {
    await sendUse(7)
    const wider = file('wider.avsc', WIDER)
    expect(await register(wider, '--id', '7', '--event', 'InferenceRecorded')).toMatchObject({ end: 0, stderr: '' })
    await ingestNow({})
    expect((await listNow()).result).toMatchObject({ registered: [{ schemaId: 7, epoch: null }], unknown: [] })
    expect(await close()).toEqual({ accepted: 6, duplicate: 0, late: 0, rejected: 0, reasons: {} })
    expect(documentOf(await run(['schema', 'list']))).toMatchObject({
      registered: [{ schemaId: 7, eventType: 'InferenceRecorded', epoch: 1 }],
    })
    expect((await tally(['schema', 'list', '--data', data])).stdout).toMatch(
      /7 .* InferenceRecorded .* from epoch 1 on/,
    )
  })

  test('says what stands in the way, and appends nothing', async () => {
    const wider = file('wider.avsc', WIDER)
    const narrow = file('narrow.avsc', evolved('InferenceRecorded', { without: 'fee' }))
    const flags = ['--id', '7', '--event', 'InferenceRecorded']
    expect(messageOf(await run(['schema', 'register', wider, ...flags]))).toMatch(/^2 CONFIG.*set OPERATOR_KEY/s)
    const other = await run(['schema', 'register', wider, ...flags], { OPERATOR_KEY: keyOf('stranger') })
    expect(messageOf(other)).toMatch(/^2 CONFIG.*operator is 0x/s)
    expect(messageOf(await register(narrow, ...flags))).toMatch(/^5 SCHEMA_UNREADABLE.*fee: was not written/)
    expect(messageOf(await register(wider, '--id', String(0x54410001), '--event', 'InferenceRecorded'))).toMatch(
      /^2 USAGE/,
    )
    expect(messageOf(await register(wider, '--id', '7'))).toMatch(/^2 CONFIG.*needs a file with --id and --event/s)
    expect(messageOf(await register(wider, '--from-registry', '7'))).toMatch(/^2 CONFIG.*says the schema/s)
    expect(messageOf(await register('--from-registry', '7'))).toMatch(/^2 CONFIG.*set SCHEMA_REGISTRY_URL/s)
    expect((await ingestNow({})).result.records).toBe(0)
  })

  test('takes a schema from the registry; what is not there or cannot be read is named', async () => {
    const id = stub.add(SUBJECT, WIDER)
    const odd = stub.add(SUBJECT, '{"type": "record", "name": "Gossip", "fields": [{"name": "x", "type": "int"}]}')
    const fromRegistry = (number: number) =>
      run(['schema', 'register', '--from-registry', String(number)], withRegistry(OPERATOR))
    expect(documentOf(await fromRegistry(id))).toEqual({ schemaId: id, eventType: 'InferenceRecorded' })
    expect(messageOf(await fromRegistry(odd))).toMatch(/^5 SCHEMA_UNREADABLE.*not of a record that Tallystick knows/)
    expect(messageOf(await fromRegistry(99))).toMatch(/^5 SCHEMA_NOT_FOUND.*schema with id 99/)
    await stub.stop()
    expect(messageOf(await fromRegistry(id))).toMatch(/^4 REGISTRY_UNAVAILABLE.*ECONNREFUSED/)
    await stub.listen()
  })
})

describe('tally ingest with a schema registry', () => {
  test('registers what the registry knows when the operator’s key is here', async () => {
    const id = stub.add(SUBJECT, WIDER)
    await sendUse(id)
    // Again, before and after it was read: nothing more is asked or appended.
    for (const _ of [1, 2, 3]) expect((await ingestNow(withRegistry(OPERATOR))).warnings).toBe('')
    expect(stub.asked.map((asked) => asked.path)).toEqual([`/schemas/ids/${id}`])
    expect(await close()).toMatchObject({ accepted: 6, duplicate: 0, rejected: 0 })
  })

  test('does so before the cut also when nothing but close is called', async () => {
    await sendUse(stub.add(SUBJECT, WIDER))
    expect(await run(['epoch', 'close', '--now'], withRegistry(OPERATOR))).toMatchObject({ end: 0, stderr: '' })
    const { epochs } = documentOf<{ epochs: { counts: object }[] }>(await run(['epoch', 'status']))
    expect(epochs[0]!.counts).toMatchObject({ accepted: 6, rejected: 0 })
  })

  test('without the key it warns once, with the command that mends it', async () => {
    const id = stub.add(SUBJECT, WIDER)
    await sendUse(id)
    const { end, stderr, stdout } = await run(['ingest'], withRegistry())
    expect({ end, counts: JSON.parse(stdout) }).toMatchObject({ end: 0, counts: { records: 5, rejected: 0 } })
    expect(stderr.match(/warning/g)).toHaveLength(1)
    const command = /^ {2}tally (.+)$/m.exec(stderr)?.[1]
    expect(command).toBe(`schema register --from-registry ${id} --data ${data}`)
    const mended = await tally(command!.split(' '), { env: withRegistry(OPERATOR) })
    expect(mended).toMatchObject({ end: 0, stderr: '' })
    expect(await close()).toMatchObject({ accepted: 6, rejected: 0 })
  })

  test('what the registry does not have is named once, and rejected at the cut', async () => {
    await sendUse(99)
    await send(renumbered(records.inference('use-2', 1n), 99))
    const { warnings } = await ingestNow(withRegistry(OPERATOR))
    expect(warnings.match(/warning .*schema with id 99/g)).toHaveLength(1)
    expect((await listNow()).result).toMatchObject({
      registered: [],
      unknown: [{ schemaId: 99, waiting: 2, rejected: 0 }],
    })
    expect(await close()).toMatchObject({ accepted: 4, duplicate: 0, rejected: 2, reasons: { SCHEMA_UNKNOWN: 2 } })
  })

  test('made-up ids cost a hundred questions and a few lines, and are rejected at the cut', async () => {
    await send(
      ...Array.from({ length: 300 }, (_, index) => renumbered(records.inference(`use-${index}`, 1n), 100 + index)),
    )
    const { warnings } = await ingestNow(withRegistry(OPERATOR))
    expect(stub.asked).toHaveLength(100)
    expect(warnings.match(/warning/g)).toHaveLength(7)
    expect(warnings).toMatch(/further schemas that are not registered.*100 schema ids were asked for/s)
    expect(await close()).toMatchObject({ rejected: 300, reasons: { SCHEMA_UNKNOWN: 300 } })
  })

  test.each([
    ['another language', [200, { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }], 'of type PROTOBUF'],
    ['parts elsewhere', [200, { schema: WIDER, references: [{ name: 'x' }] }], 'refers to other schemas'],
    [
      'too little',
      [200, { schema: JSON.stringify(evolved('InferenceRecorded', { without: 'fee' })) }],
      'fee: was not written',
    ],
  ] as const)('a schema of %s is told, not registered', async (_, answer, message) => {
    await sendUse(5)
    stub.instead.set('GET /schemas/ids/5', [answer])
    expect((await ingestNow(withRegistry(OPERATOR))).warnings).toContain(message)
    expect(await close()).toMatchObject({ accepted: 4, reasons: { SCHEMA_UNKNOWN: 1 } })
  })

  test('while the registry is down it waits, and rejects nothing', async () => {
    const id = stub.add(SUBJECT, WIDER)
    await sendUse(id)
    await stub.stop()
    const ingested = tally(['ingest', '--json', '--data', data], {
      env: withRegistry(OPERATOR),
      onStart: (child) => child.stderr!.once('data', () => void stub.listen()),
    })
    const { end, stderr } = await ingested
    expect(end).toBe(0)
    expect(stderr.match(/warning .*does not answer.*nothing is rejected/g)).toHaveLength(1)
    expect(await close()).toMatchObject({ accepted: 6, rejected: 0 })
  }, 120_000)

  test('stopped while it waits it has stored none of the waiting records, and says to run it again', async () => {
    await sendUse(stub.add(SUBJECT, WIDER))
    await stub.stop()
    const ended = await tally(['ingest', '--json', '--data', data], {
      env: withRegistry(OPERATOR),
      onStart: (child) => child.stderr!.once('data', () => void child.kill('SIGTERM')),
    })
    expect(messageOf(ended)).toMatch(/^4 REGISTRY_UNAVAILABLE/)
    await stub.listen()
    await ingestNow(withRegistry(OPERATOR))
    expect(await close()).toMatchObject({ accepted: 6, rejected: 0 })
  }, 120_000)

  test('wrong credentials stop it: nothing is stored', async () => {
    await sendUse(5)
    stub.instead.set('GET /schemas/ids/5', [[401, { error_code: 40101, message: 'Unauthorized' }]])
    const auth = { SCHEMA_REGISTRY_AUTH: 'me:secret' }
    const ended = await run(['ingest'], withRegistry({ ...OPERATOR, ...auth }))
    expect(messageOf(ended)).toMatch(/^5 REGISTRY_REFUSED/)
    expect(ended.stdout + ended.stderr).not.toContain('secret')
    expect(stub.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`)
  })
})
