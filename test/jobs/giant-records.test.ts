import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ingest } from '../../pipelines/ingest.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { FOUNDING_RECORDS, FOUNDING_VOUCHERS, SmallLedger } from '../support/ledger/small-ledger.ts'

const { inferences } = TOPICS
const GIANTS = 60
const GIANT_BYTES = 2 ** 20
const VECTOR_ROWS = 2048
const VECTOR_BYTES_MAX = 96 * 2 ** 20

let world: SmallLedger
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
})
afterEach(() => world.close())

test('giant records are kept apart in the warehouse, and what stands between them nobody sees', async () => {
  const { warehouse } = world.ledger
  const giant = { topic: inferences, partition: 0, key: null, headers: [], value: Buffer.alloc(GIANT_BYTES, 1) }
  await world.send(world.records.deposit('payer', 1_000n), ...Array(GIANTS).fill(giant))
  const read = () => ingest({ source: world.source, warehouse, topics: [inferences], until: 'end' })
  expect(await read()).toEqual({ records: GIANTS + FOUNDING_VOUCHERS, rejected: GIANTS })
  await world.send({ ...world.records.inference('a', 10n), partition: 0 })
  expect(await read()).toEqual({ records: 1, rejected: 0 })

  const widest = await warehouse.one(
    `SELECT count(*) > ${VECTOR_ROWS} AS is_spaced, max(bytes) < ${VECTOR_BYTES_MAX} AS is_bounded FROM (
       SELECT sum(octet_length(record_value)) OVER (ORDER BY rowid ROWS ${VECTOR_ROWS - 1} PRECEDING) AS bytes FROM record)`,
  )
  expect(widest).toEqual({ is_spaced: true, is_bounded: true })
  const rids = await warehouse.one('SELECT count(DISTINCT rid) AS rids, max(rid) AS last FROM record WHERE rid > 0')
  expect(rids!.rids).toBe(rids!.last)

  const manifest = await world.runEpoch()
  // What founding takes, the deposit and the use.
  expect(manifest.counts).toMatchObject({ accepted: FOUNDING_RECORDS + 2, rejected: GIANTS, duplicate: 0 })
  expect(manifest.holes).toEqual([])
  expect((await world.audit()).firstDifference).toBeUndefined()
})
