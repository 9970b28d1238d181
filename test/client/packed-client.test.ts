import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { recoverSigner } from '../../anchor/signatures/signer.ts'
import { decodeRecord } from '../../schemas/index.ts'

const root = resolve(import.meta.dirname, '../..')
let folder: string

/** What a stranger's project has after `npm install @tallystick/client`: the packed files and their dependencies, nothing else. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-client-'))
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--workspace', 'client', '--pack-destination', folder, '--json'], {
      cwd: root,
      encoding: 'utf8',
    }),
  ) as { filename: string }[]
  const installed = join(folder, 'node_modules', '@tallystick', 'client')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, packed!.filename), '--strip-components=1', '-C', installed])
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const name of Object.keys(dependencies))
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  cpSync(join(import.meta.dirname, 'join-in-a-few-lines.mjs'), join(folder, 'join.mjs'))
  cpSync(join(import.meta.dirname, 'verify-in-a-few-lines.mjs'), join(folder, 'verify.mjs'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(source: string): string {
  writeFileSync(join(folder, 'run.mjs'), source)
  return execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' })
}

describe('the packed client alone', () => {
  test('neither kafkajs nor DuckDB can be resolved beside it', () => {
    const found = run(`
      const missing = []
      for (const name of ['kafkajs', '@duckdb/node-api']) await import(name).catch(() => missing.push(name))
      console.log(missing.join(' '))`)
    expect(found.trim()).toBe('kafkajs @duckdb/node-api')
  })

  test('it signs a batch and a voucher, and records a use that this ledger decodes and whose signatures it recovers', async () => {
    const out = JSON.parse(execFileSync(process.execPath, ['join.mjs'], { cwd: folder, encoding: 'utf8' })) as Output
    expect(out.refused).toBe('INVALID_RECEIPT')
    const [batch, use, voucher] = out.records.map(decode)
    expect(use).toMatchObject({
      type: 'InferenceRecorded',
      source: 'urn:me',
      body: { fee: 1n, model: 'letters-model', voucher: 2n, units: [{ unit: 'letters', quantity: 1n }] },
    })
    if (voucher?.type !== 'VoucherPresented') throw new Error('The third record is no voucher.')
    expect(voucher.body).toMatchObject({ cumulative: 15n, sequence: 2n })
    expect(await recoverSigner(new Uint8Array(32), voucher)).toBe(out.account.toLowerCase())
    if (batch?.type !== 'ContributionBatch') throw new Error('The first record is no batch.')
    expect(batch.body.items).toHaveLength(2)
    expect(await recoverSigner(new Uint8Array(32), batch)).toBe(out.account.toLowerCase())
    expect(await recoverSigner(new Uint8Array(32).fill(1), batch)).not.toBe(out.account.toLowerCase())
  })

  test('it verifies receipts as its README shows', () => {
    const vectors = join(root, 'test', 'vectors', 'receipts.json')
    const out = execFileSync(process.execPath, ['verify.mjs', vectors], { cwd: folder, encoding: 'utf8' })
    const lines = out.trimEnd().split('\n')
    expect(lines.filter((line) => line.startsWith('true operator '))).toEqual([
      'true operator 670n 100000000000000000680n',
      'true operator 670n 100000000000000000680n',
      'true operator 50n 0n',
      'true operator 0n 3n',
    ])
    expect(lines.filter((line) => !/^(✓|true operator)/.test(line))).toEqual([])
    const readme = readFileSync(join(root, 'client', 'README.md'), 'utf8')
    for (const line of readFileSync(join(folder, 'verify.mjs'), 'utf8').split('\n').slice(5, 8))
      expect(readme).toContain(line.trim())
  })
})

interface Output {
  refused: string
  account: string
  records: { topic: string; key: string; headers: [string, string][]; value: string }[]
}

function decode({ topic, key, headers, value }: Output['records'][number]) {
  const decoded = decodeRecord({
    topic,
    key: Buffer.from(key, 'hex'),
    headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes, 'hex')] as const),
    value: Buffer.from(value, 'hex'),
  })
  if (decoded.outcome !== 'decoded') throw new Error(JSON.stringify(decoded))
  return decoded.event
}
