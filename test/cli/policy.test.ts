import { readdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { foundIn, settleIn } from './support/settled-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()
let data: string

/** A ledger of one settled epoch with a use of 1,000 atoms, and a second policy on its way. */
beforeAll(async () => {
  data = path('ledger')
  const records = foundIn(data)
  await settleIn(
    data,
    await records.source(SOURCES.operator, ['AssetRegistered']),
    await records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
    await records.source(SOURCES.watcher, ['Deposited']),
    await records.asset('reader', 'model', { modeller: 1_000_000 }),
    await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    await records.policy({}),
    await records.policy({ policy: 'policy-2', dataParts: 400_000, modelParts: 400_000 }),
    await records.voucher('payer', { cumulative: 1_000n, sequence: 1n }),
    records.deposit('payer', 1_000n),
    records.inference('use', 1_000n),
  )
})

const policy = (...args: string[]) => tallyHere(['policy', ...args, '--data', data], { cwd: path('.') })

interface Shown {
  readonly policy: Readonly<Record<string, unknown>>
  readonly announced: readonly { readonly policy: { readonly policy: string }; readonly from: number }[]
}

async function shown(): Promise<Shown['policy']> {
  return documentOf<Shown>(await policy('show', '--json')).policy
}

describe('tally policy', () => {
  test('show prints what is in force in an epoch and what was announced', async () => {
    const now = documentOf<Shown & { acceptedIn: number }>(await policy('show', '--json'))
    expect(now).toMatchObject({ epoch: 2, acceptedIn: 1, policy: { policy: 'policy-1', minimumPayouts: [] } })
    expect(now.announced).toMatchObject([{ policy: { policy: 'policy-2' }, from: 3 }])
    const later = documentOf<Shown>(await policy('show', '--at', '3', '--json'))
    expect(later).toMatchObject({ policy: { policy: 'policy-2', dataParts: 400_000 }, announced: [] })
    const { stdout } = await policy('show')
    expect(stdout).toContain('From epoch 3 on: policy-2')
  })

  test('simulate shows who gains and loses, what it costs, and nothing else changes', async () => {
    const changed = { ...(await shown()), policy: 'tried', modelParts: 200_000, treasuryParts: 150_000 }
    writeFileSync(path('tried.json'), JSON.stringify(changed))
    const args = ['simulate', 'tried.json', '--epochs', '1..1', '--scratch', '.']
    const found = documentOf<{ accounts: unknown[]; costs: object }>(await policy(...args, '--json'))
    expect(found).toMatchObject({ policy: 'tried', from: 1, to: 1 })
    const change = (account: string, kind: string, before: number, after: number) => ({
      ...{ account, token: TOKEN, kind },
      ...{ before: `${before}`, after: `${after}`, delta: `${after - before}` },
    })
    expect(found.accounts).toEqual([
      change(addressOf('treasury'), 'treasury', 50, 150),
      change(addressOf('host'), 'infrastructure', 150, 150),
      change(addressOf('modeller'), 'model', 300, 200),
    ])
    expect(found.costs).toMatchObject({ inferences: 1, payees: 3, gas: { wei: null }, breakEven: { fee: null } })
    const priced = [...args, '--gas-price', '0.5', '--ether-price', '1000000', '--hour-price', '0']
    const { stdout, end } = await policy(...priced)
    expect(end).toBe(0)
    for (const text of ['2 of 3 amounts would be others', '+100', '-100', 'break-even: a mean fee of'])
      expect(stdout).toContain(text)
    expect(readdirSync(path('.')).filter((name) => name.includes('simulate'))).toEqual([])
  })

  test.each([
    ['a file that is not there', ['nothing.json', '--epochs', '1..1'], 5, 'FILE_UNREADABLE'],
    ['a file that is no policy', ['odd.json', '--epochs', '1..1'], 5, 'INVALID_POLICY'],
    ['epochs that are not settled', ['good.json', '--epochs', '1..2'], 5, 'EPOCHS_NOT_SETTLED'],
  ])('%s is refused with a hint', async (_, args, end, code) => {
    writeFileSync(path('odd.json'), '{}')
    writeFileSync(path('good.json'), JSON.stringify(await shown()))
    const ended = await policy('simulate', ...args, '--json')
    expect(ended.end).toBe(end)
    expect(errorOf(ended)).toMatchObject({ code, hint: expect.any(String) })
  })

  test('epochs that make no sense are bad usage', async () => {
    for (const epochs of ['0..1', '2..1', '3', 'a..b'])
      expect(await policy('simulate', 'good.json', '--epochs', epochs)).toMatchObject({ end: 2 })
  })
})
