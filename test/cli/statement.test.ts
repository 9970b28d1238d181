import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { jsonSchemas } from '../../anchor/verify/json-schemas.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { attributeEpoch } from '../../jobs/attribution/attribute-epoch.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { settleEpoch } from '../../jobs/settlement/settle-epoch.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { addressOf, GENESIS } from '../support/ledger/cast.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let data: string
const modeller = addressOf('modeller')
const statement = (...args: string[]) => tallyHere(['statement', modeller, ...args, '--data', data], { cwd: path() })

async function settle(...records: OutgoingRecord[]): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    await log.sink.append(records)
    const ledger = await session.ledger()
    await closeEpoch({ ledger, ...log, clock: session.clock, cutNow: true })
    await attributeEpoch({ ledger })
    await settleEpoch({ ledger })
  } finally {
    await session.close()
  }
}

/** Two published epochs in which a model was used. */
beforeAll(async () => {
  data = path('ledger')
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  const records = new Records(ledgerIdOf(GENESIS))
  await settle(
    await records.source(SOURCES.operator, ['AssetRegistered']),
    await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.policy({}),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    ...(await records.vouchers()),
    records.deposit('payer', 5_000n),
    records.inference('first', 1_000n),
  )
  await tallyHere(['publish', '--data', data])
  await settle(records.inference('second', 2_000n))
  await tallyHere(['publish', '--data', data])
})

describe('tally statement', () => {
  test('as JSON it is the document that its schema describes', async () => {
    const { $schema, ...schema } = jsonSchemas().get('statement-1.schema.json') as Record<string, unknown>
    const validate = new Ajv2020({ strict: false }).compile(schema)
    for (const args of [['--json'], ['--format', 'json'], ['--json', '--with-receipts']]) {
      const told = await statement(...args)
      expect(told).toMatchObject({ end: 0, stderr: '' })
      validate(documentOf(told))
      expect(validate.errors).toBeNull()
    }
    const { split, totals } = documentOf(await statement('--json'))
    expect(split).toMatchObject([{ uses: 2, fees: '3000' }])
    expect(totals).toMatchObject([{ cumulative: '900', small: '0' }])
  })

  test('a receipt that was made before is carried; another account’s, or a changed one, is refused', async () => {
    const receipt = path('receipt.json')
    expect((await tallyHere(['receipt', modeller, '--out', receipt, '--data', data])).end).toBe(0)
    const page = path('page.html')
    const written = await statement('--format', 'html', '--receipt', receipt, '--out', page)
    expect(written).toMatchObject({ end: 0, stderr: '' })
    const [, base64] = /data:application\/json;base64,([^"]+)/.exec(readFileSync(page, 'utf8'))!
    expect(JSON.parse(Buffer.from(base64!, 'base64').toString('utf8'))).toEqual(
      JSON.parse(readFileSync(receipt, 'utf8')),
    )
    const other = path('other.json')
    await tallyHere(['receipt', addressOf('host'), '--out', other, '--data', data])
    const refused = await statement('--format', 'html', '--receipt', other, '--json', '--format', 'json')
    expect(errorOf(refused)).toMatchObject({ code: 'RECEIPT_NOT_OF_STATEMENT' })
    const changed = JSON.parse(readFileSync(receipt, 'utf8'))
    changed.row.earned = '601'
    writeFileSync(other, JSON.stringify(changed))
    expect(errorOf(await statement('--json', '--receipt', other))).toMatchObject({ code: 'RECEIPT_NOT_OF_STATEMENT' })
  })

  test('epochs are told alone; those that are not settled are refused', async () => {
    const told = documentOf(await statement('--epochs', '2..2', '--json'))
    expect(told).toMatchObject({ range: { from: 2, to: 2 }, epochs: [{ epoch: 2, lines: [{ amount: '600' }] }] })
    expect(errorOf(await statement('--epochs', '1..3', '--json'))).toMatchObject({ code: 'EPOCHS_NOT_SETTLED' })
    expect((await statement('--epochs', '2..1')).end).toBe(2)
  })

  test('text, CSV and a page can be printed or written', async () => {
    const text = await statement()
    expect(text.stdout).toContain('600 of ')
    expect(text.stdout).toContain('Nothing can be claimed yet')
    for (const format of ['text', 'csv', 'html']) {
      const file = path(`statement.${format}`)
      expect((await statement('--format', format, '--out', file)).end).toBe(0)
      const printed = await statement('--format', format)
      expect(readFileSync(file, 'utf8')).toBe(printed.stdout)
    }
  })

  test('flags that contradict each other are refused with a word on what to do', async () => {
    expect((await statement('--json', '--format', 'csv')).end).toBe(2)
    expect((await statement('--format', 'csv', '--with-receipts')).end).toBe(2)
    expect((await statement('--format', 'pdf')).end).toBe(2)
    expect(errorOf(await statement('--json', '--receipt', path('absent.json')))).toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })
})
