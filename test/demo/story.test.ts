import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { builtCli } from '../cli/support/built-cli.ts'
import { documentOf } from '../cli/support/tally.ts'
import { tallyHere } from '../cli/support/tally-here.ts'

const LIMIT_MS = 600_000

interface StoryDocument {
  readonly seed: string
  readonly epochs: readonly { readonly epoch: number; readonly payoutRoot: string }[]
  readonly accounts: readonly { readonly earned: string; readonly claimed: string }[]
  readonly story: readonly { readonly epoch: number; readonly event: string; readonly detail: string }[]
  readonly statements: readonly { readonly name: string; readonly byKind: readonly { readonly kind: string }[] }[]
  readonly audit: { readonly ok: boolean }
}

let folder: string
let told: StoryDocument

beforeAll(async () => {
  const tally = await builtCli()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-story-'))
  const args = ['demo', '--story', '--seed', 'one', '--json', '--keep', join(folder, 'ledger')]
  const { stdout } = await promisify(execFile)(process.execPath, [tally, ...args], { maxBuffer: 2 ** 24 })
  told = JSON.parse(stdout) as StoryDocument
}, LIMIT_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('demo --story', () => {
  test('plays a year, in which everything happens that it tells of, and the audit agrees', () => {
    expect(told.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
    const happened = told.story.map(({ event }) => event)
    for (const event of [
      ...['derivation', 'sale', 'resale', 'agent', 'memory', 'transfer', 'expiry', 'licence'],
      ...['dispute', 'won', 'lost', 'correction', 'rerun', 'refund', 'erasure', 'erased'],
    ])
      expect(happened).toContain(event)
    expect(told.audit.ok).toBe(true)
  })

  test('what is erased is gone from every file of the ledger, and the agent’s data was paid', async () => {
    const data = join(folder, 'ledger')
    const status = await tallyHere(['erasure', 'status', '--json', '--data', data])
    const { items } = documentOf<{ items: { copies: { what: string; state: string }[] }[] }>(status)
    expect(items.length).toBeGreaterThan(0)
    const here = items.flatMap(({ copies }) => copies).filter(({ what }) => what !== 'backup' && what !== 'recipient')
    expect(new Set(here.map(({ what, state }) => `${what}: ${state}`))).toEqual(
      new Set(['payload: erased', 'warehouse: erased', 'bundle: erased', 'log: erased']),
    )
    const { paid } = documentOf<{ paid: { data: Record<string, string> }[] }>(
      await tallyHere(['agent', 'show', 'postal-clerk', '--json', '--data', data]),
    )
    expect(paid).toHaveLength(1)
    expect(BigInt(paid[0]!.data.paid!)).toBeGreaterThan(0n)
    expect(paid[0]!.data).toMatchObject({ waiting: '0', open: '0' })
  })

  test('everybody has claimed what they were paid, and is told what for', () => {
    for (const { earned, claimed } of told.accounts) expect(claimed).toBe(earned)
    const kinds = new Set(told.statements.flatMap(({ byKind }) => byKind.map(({ kind }) => kind)))
    for (const kind of [
      ...['data', 'retrieval', 'model', 'royalty', 'agent', 'outcome', 'infrastructure', 'sale', 'licence'],
      ...['award', 'released', 'bond'],
    ])
      expect(kinds).toContain(kind)
  })
})
