import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listSchemas } from '../../jobs/schemas/list-schemas.ts'
import { registerSchema } from '../../jobs/schemas/register-schema.ts'
import { ingest } from '../../pipelines/ingest.ts'
import type { NewRecord, PartitionOffset } from '../../pipelines/record-source.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { signerOf } from '../support/ledger/cast.ts'
import { builtInJson, renumbered, WIDER_USE, widerUse } from '../support/ledger/foreign-schemas.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { FOUNDING_RECORDS, SmallLedger } from '../support/ledger/small-ledger.ts'

const WIDER_ID = 7
const OWN_ID = 8

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
})
afterEach(() => world.close())

/** Sends records one after another and takes every step of their epoch. @returns name → outcome */
async function runEpoch(records: Readonly<Record<string, NewRecord | Promise<NewRecord>>>) {
  const positions = new Map<string, PartitionOffset>()
  for (const [name, record] of Object.entries(records)) positions.set(name, (await world.send(await record))[0]!)
  const manifest = await world.runEpoch()
  const outcomes: Record<string, unknown> = {}
  for (const [name, position] of positions) outcomes[name] = await world.outcomeOf(position)
  return { manifest, outcomes }
}

const registration = () => world.records.schema(WIDER_ID, 'InferenceRecorded', WIDER_USE)
const use = (id: string, fee = 5n) => widerUse(world.records.inference(id, fee), WIDER_ID)
const ingestAll = (more: object = {}) =>
  ingest({ source: world.source, warehouse: world.ledger.warehouse, topics: INPUT_TOPICS, until: 'end', ...more })

describe('a registered schema', () => {
  test('counts for records of its epoch, also earlier ones, and of every later epoch; the uses settle as others do', async () => {
    const { records } = world
    const first = await runEpoch({
      deposit: records.deposit('payer', 100n),
      'a use before it': use('use-1'),
      registration: registration(),
      'a use behind it': use('use-2'),
    })
    expect(Object.values(first.outcomes)).toEqual(Array.from({ length: 4 }, () => 'accepted'))
    expect(first.manifest.conservation[0]).toMatchObject({ funded: '10', unfunded: '0' })
    const second = await runEpoch({ 'a use of the next epoch': use('use-3', 7n) })
    expect(second.outcomes).toEqual({ 'a use of the next epoch': 'accepted' })
    expect(second.manifest.conservation[0]).toMatchObject({ funded: '7' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('never counts for an earlier epoch; what was rejected for it used up no id', async () => {
    const first = await runEpoch({ early: use('use-1') })
    expect(first.outcomes).toEqual({ early: 'SCHEMA_UNKNOWN' })
    const second = await runEpoch({ registration: registration(), 'the same bytes again': use('use-1') })
    expect(second.outcomes).toEqual({ registration: 'accepted', 'the same bytes again': 'accepted' })
    const third = await runEpoch({ 'and again': use('use-1') })
    expect(third.outcomes).toEqual({ 'and again': 'duplicate' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('may be of any event: what is written with it is decided in the place of its type', async () => {
    const { records } = world
    const types = ['SourceRegistered', 'AssetRegistered', 'Deposited', 'ContributionBatch', 'VoucherPresented'] as const
    const registrations = await Promise.all(
      types.map((type, index) => records.schema(20 + index, type, builtInJson(type))),
    )
    const promised = { cumulative: 5n, sequence: 1n }
    const { outcomes, manifest } = await runEpoch({
      // The source and the model are used by what comes before them in the log.
      use: records.inference('use-1', 5n, { source: 'urn:late', body: { model: 'late' } }),
      source: renumbered(await records.source('urn:late', ['InferenceRecorded']), 20),
      model: renumbered(await records.asset('late', 'model', { modeller: 1_000_000 }), 21),
      deposit: renumbered(records.deposit('payer', 9n), 22),
      batch: renumbered(await records.batch('alice', 'batch-1', 2), 23),
      voucher: renumbered(await records.voucher('payer', promised, { body: { model: 'late' } }), 24),
      'a forged source': renumbered(await records.source('urn:mine', ['Deposited'], { by: 'stranger' }), 20),
      ...Object.fromEntries(registrations.map((record, index) => [`registration ${index}`, record])),
    })
    const accepted = Object.keys(outcomes).filter((name) => outcomes[name] === 'accepted')
    expect(accepted).toHaveLength(11)
    expect(outcomes).toMatchObject({ 'a forged source': 'SIGNATURE_INVALID' })
    expect(manifest.conservation[0]).toMatchObject({ funded: '5' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('of a producer that knows nothing of vouchers: its uses are reported, and nobody is charged', async () => {
    const { fields, ...schema } = builtInJson('InferenceRecorded')
    const known = fields.slice(
      0,
      fields.findIndex(({ name }) => name === 'commercial'),
    )
    const record = world.records.inference('use-1', 5n, { body: { voucher: 0n } })
    const rest = 8 // bytes of what it does not know, all of it empty
    const value = record.value.subarray(0, record.value.length - rest)
    const { outcomes, manifest } = await runEpoch({
      deposit: world.records.deposit('payer', 9n),
      registration: world.records.schema(25, 'InferenceRecorded', { ...schema, fields: known }),
      use: renumbered({ ...record, value }, 25),
    })
    expect(Object.values(outcomes)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(manifest.conservation[0]).toMatchObject({ funded: '0', unfunded: '0', reported: '5' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('is one for ever: another text under its id is refused in every later epoch', async () => {
    const { records } = world
    await runEpoch({ registration: registration() })
    const own = builtInJson('InferenceRecorded')
    const { outcomes } = await runEpoch({
      other: records.schema(WIDER_ID, 'InferenceRecorded', own, { id: 'other' }),
      again: records.schema(WIDER_ID, 'InferenceRecorded', WIDER_USE, { id: 'again' }),
      use: use('use-1'),
    })
    expect(outcomes).toEqual({ other: 'SCHEMA_EXISTS', again: 'accepted', use: 'accepted' })
  })

  test('in whatever order and batches the log was read: the same roots', async () => {
    await runEpoch({ early: use('use-0'), unknown: renumbered(world.records.inference('use-x', 1n), 99) })
    const { manifest } = await runEpoch({ use: use('use-1'), registration: registration() })
    const twin = await world.twin((log) => ({
      partitions: (topics) => log.partitions(topics),
      close: () => log.close(),
      read: (options) => log.read({ ...options, batchRecordsMax: 1 }),
    }))
    await twin.publishNext()
    expect((await twin.publishNext()).tree).toEqual(manifest.tree)
    twin.close()
  })
})

describe('squatting', () => {
  test('nobody uses up the id of another’s event through a schema of their own', async () => {
    const { records } = world
    const stranger = { by: 'stranger' } as const
    const { outcomes } = await runEpoch({
      'a schema of a stranger': records.schema(OWN_ID, 'InferenceRecorded', WIDER_USE, { ...stranger, id: 'schema-7' }),
      'a use with it': widerUse(records.inference('use-1', 1n), OWN_ID),
      'a use with an unknown one': renumbered(records.inference('use-1', 2n), 99),
      'another type under the id': renumbered(
        records.deposit('payer', 1n, { source: SOURCES.gateway, id: 'use-1' }),
        99,
      ),
      'broken bytes with a known one': { ...use('use-1'), value: use('use-1').value.subarray(0, -1) },
      registration: registration(),
      'a known one from a source that may not': widerUse(
        records.inference('batch-1', 1n, { source: SOURCES.portal }),
        WIDER_ID,
      ),
      'the use itself': use('use-1', 9n),
      'the registration under the squatted id': records.schema(9, 'InferenceRecorded', WIDER_USE, { id: 'schema-7' }),
    })
    expect(outcomes).toEqual({
      'a schema of a stranger': 'SIGNATURE_INVALID',
      'a use with it': 'SCHEMA_UNKNOWN',
      'a use with an unknown one': 'SCHEMA_UNKNOWN',
      'another type under the id': 'SCHEMA_UNKNOWN',
      'broken bytes with a known one': 'AVRO_INVALID',
      registration: 'accepted',
      'a known one from a source that may not': 'TYPE_NOT_PERMITTED',
      'the use itself': 'accepted',
      'the registration under the squatted id': 'accepted',
    })
    const later = await runEpoch({ 'the batch itself': records.batch('alice', 'batch-1', 1) })
    expect(later.outcomes).toEqual({ 'the batch itself': 'accepted' })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('the same event with another schema is not taken for a duplicate, nor accepted twice', async () => {
    const { records } = world
    const { outcomes } = await runEpoch({
      registration: registration(),
      'with ours': records.inference('use-1', 5n),
      'with a wider one': use('use-1'),
    })
    expect(outcomes).toEqual({ registration: 'accepted', 'with ours': 'accepted', 'with a wider one': 'ID_REUSED' })
  })
})

describe('an unknown schema at ingest', () => {
  const fillLog = () =>
    world.send(
      use('use-1'),
      use('use-2'),
      renumbered(world.records.inference('use-3', 1n), 99),
      world.records.inference('use-4', 1n),
    )

  test('is asked for, and the records are stored undecided', async () => {
    await fillLog()
    const asked = new Set<number>()
    const onUnknownSchemas = async (schemaIds: ReadonlySet<number>) => {
      expect(schemaIds.size).toBeGreaterThan(0)
      for (const schemaId of schemaIds) asked.add(schemaId)
    }
    const counts = await ingestAll({ onUnknownSchemas })
    expect([...asked].sort()).toEqual([WIDER_ID, 99])
    expect(counts).toEqual({ records: FOUNDING_RECORDS + 4, rejected: 0 })
    const rows = await world.ledger.warehouse.all(
      `SELECT count(*)::INTEGER AS n, count(id_hash)::INTEGER AS ids, count(body_hash)::INTEGER AS bodies FROM record
       WHERE event_type IS NULL AND ingest_reason = 0 AND detail IS NULL`,
    )
    expect(rows).toEqual([{ n: 3, ids: 3, bodies: 3 }])
  })

  test('while nobody can say what it is, its batch is not stored; then everything is, once', async () => {
    await fillLog()
    const down = new Error('down')
    await expect(ingestAll({ onUnknownSchemas: () => Promise.reject(down) })).rejects.toBe(down)
    const stored = await world.ledger.warehouse.all(
      `SELECT DISTINCT event_type FROM record WHERE topic = 'tally.inferences'`,
    )
    expect(stored.filter(({ event_type }) => event_type === null)).toEqual([])
    await ingestAll()
    const row = await world.ledger.warehouse.one(
      'SELECT count(*)::INTEGER AS n, count(DISTINCT (topic, partition_id, record_offset))::INTEGER AS places FROM record',
    )
    expect(row).toEqual({ n: FOUNDING_RECORDS + 4, places: FOUNDING_RECORDS + 4 })
  })
})

describe('the list of schemas', () => {
  test('says what is registered, what waits to be, and what nobody registered', async () => {
    await runEpoch({ registration: registration(), unknown: renumbered(world.records.inference('use-1', 1n), 99) })
    const { ledger, records, log } = world
    await registerSchema({
      ledger,
      sink: log,
      signer: signerOf('operator'),
      registration: {
        schemaId: OWN_ID,
        eventType: 'InferenceRecorded',
        schema: JSON.stringify(builtInJson('InferenceRecorded')),
      },
      time: '2026-01-01T00:00:00Z',
    })
    await world.send(
      await records.schema(10, 'InferenceRecorded', WIDER_USE, { by: 'stranger' }),
      renumbered(records.inference('use-2', 1n), 99),
      renumbered(records.inference('use-3', 1n), 10),
      renumbered(records.inference('use-4', 1n), OWN_ID),
    )
    await ingestAll()
    const { registered, unknown, builtIn } = await listSchemas(ledger)
    expect(registered).toEqual([
      { schemaId: WIDER_ID, eventType: 'InferenceRecorded', epoch: 1 },
      { schemaId: OWN_ID, eventType: 'InferenceRecorded', epoch: null },
    ])
    expect(unknown).toEqual([
      { schemaId: 10, waiting: 1, rejected: 0 },
      { schemaId: 99, waiting: 1, rejected: 1 },
    ])
    expect(builtIn.map(({ eventType }) => eventType)).toContain('InferenceRecorded')
  })

  test('what would be rejected is not appended', async () => {
    const schema = JSON.stringify(WIDER_USE)
    const register = (change: object, signer = signerOf('operator')) =>
      registerSchema({
        ledger: world.ledger,
        sink: { append: () => Promise.reject(new Error('appended')), close: async () => undefined },
        signer,
        registration: { schemaId: 7, eventType: 'InferenceRecorded', schema, ...change },
        time: '2026-01-01T00:00:00Z',
      })
    await expect(register({ schemaId: 0 })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(register({ schemaId: 0x54410000 })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(register({ schema: '{}' })).rejects.toMatchObject({ code: 'SCHEMA_UNREADABLE' })
    await expect(register({ eventType: 'Deposited' })).rejects.toMatchObject({ code: 'SCHEMA_UNREADABLE' })
    await expect(register({}, signerOf('stranger'))).rejects.toMatchObject({ code: 'NOT_OPERATOR' })
    await expect(register({})).rejects.toThrow('appended')
  })
})
