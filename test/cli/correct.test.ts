import { beforeAll, describe, expect, test } from '@jest/globals'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { type Name, TOKEN } from '../support/ledger/cast.ts'
import { type Records, SOURCES } from '../support/ledger/records.ts'
import { foundIn, keyFileOf, settleIn } from './support/settled-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let data: string

const keyFile = (name: Name) => keyFileOf(path, name)
const settle = (...sent: OutgoingRecord[]) => settleIn(data, ...sent)
const tally = (...args: string[]) => tallyHere([...args, '--json', '--data', data])
const explained = async (id: string) => (documentOf(await tally('explain', id)) as unknown as object[])[0]

const OTHER_GATEWAY = 'urn:other-gateway'
let records: Records

/** A ledger in which three uses were settled, one of an id that two sources have. */
beforeAll(async () => {
  data = path('ledger')
  records = foundIn(data)
  await settle(
    await records.source(SOURCES.operator, ['AssetRegistered', 'ModelRetired']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded', 'CorrectionRecorded']),
    await records.source(OTHER_GATEWAY, ['InferenceRecorded']),
    await records.policy({}),
    await records.asset('reader', 'model', { modeller: 333_333, partner: 666_667 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    ...(await records.vouchers()),
    records.deposit('payer', 10_000n),
    records.inference('wrong', 500n),
    records.inference('twice', 30n),
    records.inference('twice', 40n, { source: OTHER_GATEWAY }),
  )
})

describe('tally correct', () => {
  test('sends a correction as the source of the use; once it is decided, explain shows it', async () => {
    const sent = await tally('correct', 'wrong', '--fee', '300', '--reason', 'counted twice')
    expect(sent).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(sent)).toMatchObject({
      ...{ inference: 'wrong', source: SOURCES.gateway, token: TOKEN },
      ...{ recorded: '500', before: '500', stands: '300' },
    })
    await settle()
    expect(await explained('wrong')).toMatchObject({
      ...{ status: 'funded', statusEpoch: 1, fee: '500', counts: '500' },
      corrections: [{ kind: 'fee', fee: '300', reason: 'counted twice', epoch: 2, source: SOURCES.gateway }],
    })
    const { stdout } = await tallyHere(['explain', 'wrong', '--data', data])
    expect(stdout).toContain('corrected to 300 in epoch 2 (counted twice); its fee was settled before')
  })

  test('says why before anything is sent', async () => {
    const of = async (...args: string[]) => {
      const ended = await tally('correct', ...args, '--reason', 'so')
      return { end: ended.end, code: errorOf(ended).code }
    }
    expect(await of('wrong', '--fee', '301')).toEqual({ end: 5, code: 'NOT_CORRECTABLE' })
    expect(await of('nobody', '--void')).toEqual({ end: 5, code: 'INFERENCE_UNKNOWN' })
    expect(await of('twice', '--void')).toEqual({ end: 5, code: 'INFERENCE_AMBIGUOUS' })
    expect(await of('twice', '--void', '--source', OTHER_GATEWAY)).toEqual({ end: 5, code: 'NOT_CORRECTABLE' })
    expect(await of('twice', '--void', '--source', 'urn:nobody')).toEqual({ end: 5, code: 'INFERENCE_UNKNOWN' })
    expect((await tally('correct', 'wrong', '--reason', 'so')).end).toBe(2)
    const both = await tally('correct', 'wrong', '--void', '--fee', '1', '--reason', 'so')
    expect([both.end, errorOf(both).message]).toEqual([2, expect.stringContaining('give one of them')])
    expect((await tally('correct', 'wrong', '--void', '--reason', '')).end).toBe(2)
    expect((await tally('correct', 'wrong', '--void', '--reason', 'x'.repeat(257))).end).toBe(2)
  })

  test('of several sources the named one; and what is void stays void', async () => {
    const sent = await tally('correct', 'twice', '--void', '--reason', 'no answer', '--source', SOURCES.gateway)
    expect(documentOf(sent)).toMatchObject({ before: '30', stands: 'void' })
    await settle()
    const again = await tally('correct', 'twice', '--fee', '0', '--reason', 'so', '--source', SOURCES.gateway)
    expect(errorOf(again)).toMatchObject({ code: 'NOT_CORRECTABLE' })
  })
})

describe('tally retire', () => {
  const retire = (model: string, name: Name) =>
    tally('retire', model, '--source', SOURCES.operator, '--key-file', keyFile(name))

  test('by who owns more than half; a later use is refused, and no price is quoted', async () => {
    expect(errorOf(await retire('reader', 'modeller'))).toMatchObject({ code: 'NOT_RETIRABLE' })
    expect(errorOf(await retire('nothing', 'partner'))).toMatchObject({ code: 'NOT_RETIRABLE' })
    expect(documentOf(await retire('reader', 'partner'))).toMatchObject({ model: 'reader', source: SOURCES.operator })
    await settle(records.inference('too late', 1n))
    expect(errorOf(await retire('reader', 'partner'))).toMatchObject({ code: 'NOT_RETIRABLE' })
    const status = documentOf(await tally('epoch', 'status')) as { epochs: { counts: { reasons: object } }[] }
    expect(status.epochs.at(-1)!.counts.reasons).toEqual({ MODEL_RETIRED: 1 })
    expect(errorOf(await tally('quote', 'reader', '--units', 'calls=1'))).toMatchObject({ code: 'MODEL_RETIRED' })
  })
})
