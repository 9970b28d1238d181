import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { attributeEpoch } from '../../jobs/attribution/attribute-epoch.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { publishEpoch } from '../../jobs/publish/publish-epoch.ts'
import { settleEpoch } from '../../jobs/settlement/settle-epoch.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, GENESIS, keyOf, type Name, TOKEN } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
const FEATURES = featuresOf(randomOf(2), SHAPE, 1)
const OPERATOR = { OPERATOR_KEY: keyOf('operator') }
let data: string
let records: Records

function keyFile(name: Name): string {
  const file = path(`${name}.key`)
  writeFileSync(file, `${keyOf(name)}\n`, { mode: 0o600 })
  return file
}

/** Appends records, closes an epoch, settles and publishes it. */
async function publish(...sent: OutgoingRecord[]): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    if (sent.length > 0) await log.sink.append(sent)
    const ledger = await session.ledger()
    await closeEpoch({ ledger, ...log, clock: session.clock, cutNow: true })
    await attributeEpoch({ ledger })
    await settleEpoch({ ledger })
    await publishEpoch({ ledger, bundles: `${data}/bundles` })
  } finally {
    await session.close()
  }
}

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
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  records = new Records(ledgerIdOf(GENESIS))
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
