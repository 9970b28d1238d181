import { cpSync, rmSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, keyOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { type Records, SOURCES } from '../support/ledger/records.ts'
import { foundIn, keyFileOf, publishIn } from './support/settled-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
const FEATURES = featuresOf(randomOf(2), SHAPE, 1)
const OPERATOR = { OPERATOR_KEY: keyOf('operator') }
let data: string
let records: Records

const keyFile = (name: Name) => keyFileOf(path, name)
const publish = (...sent: OutgoingRecord[]) => publishIn(data, ...sent)
const dispute = (...args: string[]) => tallyHere(['dispute', ...args, '--json', '--data', data])
const resolve = (...args: string[]) =>
  tallyHere(['dispute', 'resolve', ...args, '--json', '--data', data], { env: OPERATOR })
const check = (name: string) => tallyHere(['dispute', 'check', name, `${data}/bundles`, '--json'])
const signed = (name: Name) => ['--source', SOURCES.gateway, '--key-file', keyFile(name)]
const line = ['--epoch', '1', '--kind', 'model', '--asset', 'reader', '--token', TOKEN]
const ofModeller = ['--account', addressOf('modeller')]

/** Alice contributes first, and bob the same after her; epoch 1 pays the model's owner. */
beforeAll(async () => {
  data = path('ledger')
  records = foundIn(data)
  const bonds = [{ token: fromHex(TOKEN), amount: 10n }]
  await publish(
    await records.source(SOURCES.operator, ['AssetRegistered', 'FeatureMapPublished']),
    await records.source(SOURCES.gateway, ['InferenceRecorded', 'VoucherPresented', 'DisputeOpened']),
    await records.source(SOURCES.portal, ['ContributionBatch']),
    await records.source(SOURCES.extractor, ['ContributionFeatures']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.policy({ disputeWindowEpochs: 9, disputeWaitEpochs: 9, disputeBonds: bonds }),
    await records.asset('digits', 'dataset', { operator: 1_000_000 }),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    await records.featureMap({}),
    await records.voucher('payer', { cumulative: 9_000n, sequence: 1n }),
    await records.batch('alice', 'of-alice', 1),
    await records.batch('bob', 'of-bob', 2),
    records.itemFeatures('of-alice', 0, FEATURES, 'the same'),
    records.itemFeatures('of-bob', 0, FEATURES, 'the same'),
    records.itemFeatures('of-bob', 1, FEATURES, 'his own'),
    records.deposit('payer', 9_000n),
    records.deposit('alice', 100n),
    records.inference('use', 1_000n),
  )
})

describe('tally dispute', () => {
  test('a line is disputed for the bond that its policy asks, held, looked at, and decided', async () => {
    const item = [
      '--claim',
      'duplicate',
      '--item',
      `${SOURCES.portal},of-bob,0`,
      '--item',
      `${SOURCES.portal},of-bob,1`,
    ]
    const opened = await dispute('open', ...line, ...ofModeller, ...item, '--dispute', 'copies', ...signed('alice'))
    expect(opened).toMatchObject({ end: 0, stderr: '' })
    expect(documentOf(opened)).toMatchObject({ dispute: 'copies', bond: '10', amount: '300', signed: true })
    await dispute('open', ...line, '--claim', 'settlement', '--dispute', 'mine', ...signed('modeller'))
    await publish(records.inference('more', 500n))
    const shown = documentOf(await dispute('show', 'copies'))
    expect(shown).toMatchObject({ state: 'open', wanted: '300', held: '150', until: 11, claim: 'duplicate' })
    expect(documentOf(await dispute('list', addressOf('alice')))).toMatchObject({ disputes: [{ dispute: 'copies' }] })

    const checked = await check('copies')
    expect(checked.end).toBe(1)
    expect(documentOf(checked)).toMatchObject({
      verdict: 'holds in part',
      settlement: { verdict: 'follows', published: '300', difference: null },
      items: [
        { batchId: 'of-bob', index: 0, verdict: 'holds', alike: [{ batchId: 'of-alice', index: 0, isEarlier: true }] },
        { batchId: 'of-bob', index: 1, verdict: 'does not hold', alike: [] },
      ],
    })
    const own = await check('mine')
    expect(own).toMatchObject({ end: 0 })
    expect(documentOf(own)).toMatchObject({ verdict: 'does not hold', settlement: { verdict: 'follows' } })

    const decided = await resolve('copies', '--uphold', '--award', '100000', '--reason', 'One of two is a copy.')
    expect(decided).toMatchObject({ end: 0, stderr: '' })
    expect((await resolve('mine', '--reject', '--reason', 'It is right.')).end).toBe(0)
    await publish()
    expect(documentOf(await dispute('show', 'copies'))).toMatchObject({
      ...{ state: 'upheld', held: '150', award: '15' },
      decision: { upheld: true, awardParts: 100_000, reason: 'One of two is a copy.' },
    })
    expect(documentOf(await dispute('list'))).toEqual({ disputes: [] })
    const statement = documentOf(await tallyHere(['statement', addressOf('modeller'), '--json', '--data', data]))
    expect(statement).toMatchObject({ disputes: [{ dispute: 'mine' }, { dispute: 'copies', state: 'upheld' }] })
    const text = await tallyHere(['statement', addressOf('modeller'), '--data', data])
    expect(text.stdout).toContain(`- 150 of ${TOKEN} kept while a line is disputed`)
  })

  test('copies are decided by what contributions are alone: scores and lines may be missing, or wrong', async () => {
    const copy = (name: string) => {
      const to = path(name)
      cpSync(`${data}/bundles`, to, { recursive: true })
      return { to, check: (dispute: string) => tallyHere(['dispute', 'check', dispute, to, '--json']) }
    }
    const items = [{ verdict: 'holds', alike: [{ batchId: 'of-alice' }] }, { verdict: 'does not hold' }]
    const { to, check: checkDamaged } = copy('damaged')
    rmSync(`${to}/epoch-000001/public/scores.parquet`)
    rmSync(`${to}/epoch-000001/public/lines.parquet`)
    const damaged = await checkDamaged('copies')
    expect({ end: damaged.end, ...documentOf(damaged) }).toMatchObject({
      ...{ end: 1, verdict: 'holds in part', items },
      settlement: { verdict: 'could not be recomputed', published: null, difference: { check: 'files' } },
    })
    // What is about money needs all of it.
    const own = await checkDamaged('mine')
    expect({ end: own.end, ...documentOf(own) }).toMatchObject({ end: 8, verdict: 'undecided' })
    // Records that are not those of the leaves decide nothing.
    cpSync(`${to}/epoch-000002/restricted/records.parquet`, `${to}/epoch-000001/restricted/records.parquet`)
    const swapped = await checkDamaged('copies')
    expect({ end: swapped.end, ...documentOf(swapped) }).toMatchObject({ end: 8, verdict: 'undecided', items: [] })
  })

  test('what would be refused is not sent', async () => {
    const open = (...args: string[]) => dispute('open', ...args, ...signed('alice'))
    const nothing = await open('--epoch', '1', '--kind', 'sale', '--asset', 'reader', '--token', TOKEN, ...ofModeller)
    expect(errorOf(nothing)).toMatchObject({ code: 'LINE_UNKNOWN' })
    expect(errorOf(await resolve('nobody’s', '--reject', '--reason', 'x'))).toMatchObject({ code: 'DISPUTE_UNKNOWN' })
    expect(errorOf(await resolve('copies', '--reject', '--reason', 'x'))).toMatchObject({ code: 'DISPUTE_NOT_OPEN' })
    expect(errorOf(await resolve('copies', '--reason', 'x'))).toMatchObject({ code: 'CONFIG' })
    expect(errorOf(await check('nobody’s'))).toMatchObject({ code: 'DISPUTE_NOT_GIVEN' })
    const unsigned = await tallyHere([
      ...['dispute', 'resolve', 'copies', '--reject', '--reason', 'x', '--json', '--data', data],
    ])
    expect(errorOf(unsigned)).toMatchObject({ code: 'CONFIG' })
  })
})
