import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { addressOf, GENESIS, keyOf, TOKEN } from '../support/ledger/cast.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let data: string
const OPERATOR = { OPERATOR_KEY: keyOf('operator') }

const run = (args: readonly string[], env = {}) => tallyHere([...args, '--data', data], { cwd: path('.'), env })

async function settle(): Promise<void> {
  for (const verb of [['epoch', 'close', '--now'], ['attribute'], ['settle'], ['publish']])
    expect(await run(verb)).toMatchObject({ end: 0 })
}

async function append(...records: Parameters<Awaited<ReturnType<Session['log']>>['sink']['append']>[0]): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    await (await session.log()).sink.append(records)
  } finally {
    await session.close()
  }
}

/** Two settled epochs: in the first two uses of 1,000 atoms, one of which is corrected in the second. */
beforeAll(async () => {
  data = path('ledger')
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  const records = new Records(ledgerIdOf(GENESIS))
  await append(
    await records.source(SOURCES.operator, ['AssetRegistered']),
    await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded', 'CorrectionRecorded']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    await records.policy({ dataParts: 0, modelParts: 800_000 }),
    await records.voucher('payer', { cumulative: 10_000n, sequence: 1n }),
    records.deposit('payer', 10_000n),
    records.inference('use', 1_000n),
    records.inference('twice', 1_000n),
  )
  await settle()
  await append(records.correction('twice', 400n), records.inference('later', 500n))
  await settle()
})

interface Diff {
  readonly accounts: readonly { readonly account: string; readonly delta: string; readonly parts: unknown[] }[]
  readonly tokens: unknown
  readonly corrected: unknown
}

describe('tally rerun, diff and adjust', () => {
  test('a rerun shows what a correction changes, and changes nothing', async () => {
    const diff = documentOf<Diff>(await run(['rerun', '--epochs', '1..1', '--json']))
    const change = (name: 'modeller' | 'host' | 'treasury' | 'payer', before: number, after: number) => ({
      ...{ account: addressOf(name), token: TOKEN, parts: [] },
      ...{ before: `${before}`, after: `${after}`, delta: `${after - before}` },
    })
    expect(diff).toMatchObject({
      ...{ rerun: '1..1-at-2', from: 1, to: 1, method: null, adjustment: null, unchanged: 0 },
      corrected: [{ id: 'twice', source: SOURCES.gateway, epoch: 1, before: '1000', after: '400', delta: '-600' }],
      tokens: [{ token: TOKEN, before: '2000', after: '2000', delta: '0' }],
    })
    expect(diff.accounts).toEqual([
      change('payer', 0, 600),
      change('modeller', 1_600, 1_120),
      change('host', 300, 210),
      change('treasury', 100, 70),
    ])
    expect(readdirSync(`${data}/reruns`)).toEqual([])
    const by = documentOf<Diff>(await run(['diff', '1..1-at-2', '--by', 'asset', '--json']))
    expect(by.accounts[1]).toMatchObject({ parts: [{ of: 'model reader', delta: '-480' }] })
    const { stdout } = await run(['diff', '1..1-at-2'])
    for (const text of ['Corrected uses: 1', 'twice', '+600', '-480', 'Σ of']) expect(stdout).toContain(text)
  })

  test('an adjustment is ordered, netted from what is earned, and told', async () => {
    const tried = documentOf<{ sent: boolean }>(await run(['adjust', '--epochs', '1..1', '--dry-run', '--json']))
    expect(tried).toMatchObject({ adjustment: '1..1-at-2', sent: false })
    expect(errorOf(await run(['adjust', '--epochs', '1..1', '--json']))).toMatchObject({ code: 'CONFIG' })
    const order = ['adjust', '--epochs', '1..1', '--name', 'metered twice', '--note', 'a meter counted twice', '--json']
    expect(documentOf(await run(order, OPERATOR))).toMatchObject({ adjustment: 'metered twice', sent: true })
    await append(new Records(ledgerIdOf(GENESIS)).inference('last', 500n))
    await settle()
    // Of 500 atoms the modeller earns 400, the host 75 and the treasury 25: all of it goes to the payer, who is owed 600.
    const status = documentOf<{ adjusted: unknown }>(await run(['epoch', 'status', '--json']))
    expect(status.adjusted).toEqual([{ token: TOKEN, owed: '100', owing: '100', recoveries: '0' }])
    const payer = documentOf<{ claims: unknown; epochs: { lines: unknown }[] }>(
      await run(['statement', addressOf('payer'), '--json']),
    )
    expect(payer.claims).toEqual([{ token: TOKEN, model: 'reader', amount: '100' }])
    expect(payer.epochs[0]!.lines).toMatchObject([{ kind: 'adjustment', asset: 'reader', amount: '500' }])
    const { stdout } = await run(['statement', addressOf('modeller')])
    expect(stdout).toMatch(/- +400 of /)
    expect(stdout).toContain('you were paid 80 of')
    expect(documentOf<Diff>(await run(['diff', 'adjustment/metered twice', '--json'])).accounts).toHaveLength(4)
    expect(errorOf(await run(order, OPERATOR))).toMatchObject({ code: 'ADJUSTMENT_EXISTS', hint: expect.any(String) })
    expect(await run(['audit', `${data}/bundles`])).toMatchObject({ end: 3 })
  })

  test.each([
    ['epochs that are not settled', ['rerun', '--epochs', '1..9'], 5, 'EPOCHS_NOT_SETTLED'],
    ['a rerun that is not there', ['diff', 'none'], 5, 'UNKNOWN_RERUN'],
    [
      'a method that nobody is paid by',
      ['adjust', '--epochs', '1..1', '--method', 'gradient-dot@1'],
      5,
      'METHOD_NOT_GATED',
    ],
  ])('%s: refused with a hint', async (_, args, end, code) => {
    const ended = await run([...args, '--json'], OPERATOR)
    expect(ended.end).toBe(end)
    expect(errorOf(ended)).toMatchObject({ code, hint: expect.any(String) })
  })
})
