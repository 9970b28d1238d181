import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { builtCli } from '../cli/support/built-cli.ts'
import { documentOf } from '../cli/support/tally.ts'
import { tallyHere } from '../cli/support/tally-here.ts'

const LIMIT_MS = 300_000

interface TextDocument {
  readonly epochs: readonly { readonly epoch: number }[]
  readonly accounts: readonly {
    readonly account: string
    readonly role: 'honest' | 'copier'
    readonly earned: string
    readonly claimed: string
  }[]
  readonly evidence: string
  readonly answers: readonly {
    readonly id: string
    readonly text: string
    readonly fee: string
    readonly paid: readonly { readonly account: string; readonly amount: string }[]
    readonly spans: readonly { readonly text: string; readonly count: number; readonly sources: readonly unknown[] }[]
  }[]
  readonly audit: { readonly ok: boolean }
}

let folder: string
let told: TextDocument

beforeAll(async () => {
  const tally = await builtCli()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-text-demo-'))
  const args = ['demo', '--text', '--seed', 'one', '--json', '--keep', join(folder, 'ledger')]
  const { stdout } = await promisify(execFile)(process.execPath, [tally, ...args], { maxBuffer: 2 ** 24 })
  told = JSON.parse(stdout) as TextDocument
}, LIMIT_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('demo --text', () => {
  test('pays authors for what answers repeat of them, and who brought their speeches again nothing', () => {
    expect(told.audit.ok).toBe(true)
    expect(told.epochs.map(({ epoch }) => epoch)).toEqual([1])
    for (const { role, earned, claimed } of told.accounts) {
      expect(claimed).toBe(earned)
      expect({ role, isPaid: BigInt(earned) > 0n }).toEqual({ role, isPaid: role === 'honest' })
    }
  })

  test('shows of an answer what stands in speeches word for word, and what of its fee that brought whom', async () => {
    expect(told.evidence).toBe('verbatim evidence, not proof of cause')
    for (const { text, fee, paid, spans } of told.answers) {
      expect(spans.length).toBeGreaterThan(0)
      for (const span of spans) {
        expect(text.replace(/\s+/g, '')).toContain(span.text.replace(/\s+/g, ''))
        expect(span.sources.length).toBeGreaterThan(0)
      }
      const sum = paid.reduce((all, { amount }) => all + BigInt(amount), 0n)
      expect(sum).toBeGreaterThan(0n)
      expect(sum).toBeLessThanOrEqual(BigInt(fee) / 2n)
    }
    const explained = await tallyHere(['explain', told.answers[0]!.id, '--json', '--data', join(folder, 'ledger')])
    expect(documentOf(explained)).toMatchObject([{ channel: 'text', data: { state: 'divided' } }])
    const page = readFileSync(join(folder, 'ledger', 'report.html'), 'utf8')
    expect(page).toContain('<mark>')
    expect(page).not.toContain('<script')
  })
})
