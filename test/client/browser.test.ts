import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as verifiers from '../../client/src/verify.ts'
import { eventReceiptOf } from '../audit/support/event-receipt-of.ts'
import { publishWorld } from '../audit/support/published-world.ts'
import { checkpointOf, receiptOf } from '../audit/support/receipt-of.ts'
import { addressOf } from '../audit/support/world.ts'
import { askPage, describeInChromium } from '../support/chromium.ts'

const root = resolve(import.meta.dirname, '../..')
const SETUP_LIMIT_MS = 60_000
const BUNDLE_BYTES_MAX = 50_000_000

interface Listed {
  readonly name: string
  readonly kind: 'receipt' | 'event' | 'checkpoint' | 'key'
  readonly value: unknown
}

/** Every document with what was found, as JSON. Its text runs in the page too, so it takes nothing from around it. */
async function checkAll(from: typeof verifiers, documents: readonly Listed[]): Promise<{ name: string }[]> {
  const checks = {
    receipt: (value: unknown) => from.verifyReceiptOffline(from.readReceipt(value)),
    event: (value: unknown) => from.verifyEventReceiptOffline(from.readEventReceipt(value)),
    checkpoint: async (value: unknown) => {
      const { key, note } = value as { key: string; note: string }
      const bytes = new TextEncoder().encode(note)
      const { checkpoint } = await from.openCheckpoint(bytes, { key: from.parseVerifierKey(key) })
      return { size: checkpoint.size, extensions: checkpoint.extensions }
    },
    key: from.verifyLogKey,
  }
  const found: object[] = []
  for (const { name, kind, value } of documents) {
    try {
      found.push({ name, found: await checks[kind](value) })
    } catch (error) {
      const { code, message } = error as { code: string; message: string }
      found.push({ name, refused: { code, message } })
    }
  }
  const plain = (_: string, field: unknown) => {
    if (typeof field === 'bigint') return field.toString()
    return field instanceof Uint8Array ? Array.from(field) : field
  }
  return JSON.parse(JSON.stringify(found, plain))
}

describeInChromium('what the client verifies in a real Chromium', () => {
  let folder: string
  let bundle: ReadonlyMap<string, string>
  let documents: Listed[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tally-verify-'))
    bundle = bundled('client/src/verify.ts')
    documents = await someDocuments()
  }, SETUP_LIMIT_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('the bundle imports nothing of Node', () => {
    const names = [...bundle.values()].flatMap((code) =>
      [...code.matchAll(/(?:\bfrom|\bimport\()\s*["']([^"']+)["']/g)].map(([, name]) => name!),
    )
    expect(names).toContainEqual(expect.stringMatching(/^\.\/.*\.js$/))
    const builtin = names.filter((name) => name.startsWith('node:') || builtinModules.includes(name))
    expect(builtin).toEqual([])
    expect([...bundle.values()].join()).not.toContain('__vite-browser-external')
  })

  test('every document is found good or refused there as in Node, at the same step and with the same words', async () => {
    const inNode = await checkAll(verifiers, documents)
    const page = new Map([...bundle, ['/page.html', pageOf(documents)]])
    expect(await askPage(page, folder)).toEqual(inNode)
    expect(inNode.map((each) => ('found' in each ? statusOf(each.found) : `${each.name}: refused`))).toEqual([
      'ok operator',
      'log key fails',
      'ok operator',
      'record fails',
      'read',
      'a changed checkpoint: refused',
      'read',
      'a changed key: refused',
      'no receipt: refused',
    ])
  })

  function statusOf(found: unknown): string {
    const { ok, vouched, steps } = found as { ok?: boolean; vouched?: string; steps?: { name: string }[] }
    if (ok === undefined) return 'read'
    return ok ? `ok ${vouched}` : `${steps?.at(-1)?.name} fails`
  }
})

function pageOf(documents: unknown): string {
  const json = JSON.stringify(documents).replaceAll('<', '\\u003c')
  return `<!doctype html><meta charset="utf-8"><script type="module">
    import * as verifiers from '/verify.js'
    const checkAll = ${checkAll}
    fetch('/answer', { method: 'POST', body: JSON.stringify(await checkAll(verifiers, ${json})) })
  </script>`
}

/** The client's verifiers as a page would load them. */
function bundled(entry: string): ReadonlyMap<string, string> {
  const bundler = join(import.meta.dirname, 'bundle.mjs')
  const json = execFileSync(process.execPath, [bundler, join(root, entry)], { cwd: root, maxBuffer: BUNDLE_BYTES_MAX })
  return new Map(Object.entries(JSON.parse(json.toString()) as Record<string, string>))
}

async function someDocuments(): Promise<Listed[]> {
  const { world, epochs } = await publishWorld()
  const [files] = epochs
  const receipt = await receiptOf(files!, addressOf.alice)
  const event = await eventReceiptOf(files!, world.epochs[0]!, 4)
  const checkpoint = await checkpointOf(files!)
  const { endorsement } = checkpoint
  const swapped = { ...receipt.checkpoint, endorsement: { ...endorsement, fromSize: '1' } }
  const changed = { ...event, record: { ...event.record, value: 'AAAA' } }
  return [
    { name: 'a receipt', kind: 'receipt', value: receipt },
    { name: 'a changed receipt', kind: 'receipt', value: { ...receipt, checkpoint: swapped } },
    { name: 'an event', kind: 'event', value: event },
    { name: 'a changed event', kind: 'event', value: changed },
    { name: 'a checkpoint', kind: 'checkpoint', value: checkpoint },
    {
      name: 'a changed checkpoint',
      kind: 'checkpoint',
      value: { ...checkpoint, note: checkpoint.note.replace('\n', '1\n') },
    },
    { name: 'a key', kind: 'key', value: endorsement },
    { name: 'a changed key', kind: 'key', value: { ...endorsement, sequence: 2 } },
    { name: 'no receipt', kind: 'receipt', value: { format: 'tallystick-receipt/1' } },
  ]
}
