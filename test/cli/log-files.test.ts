import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { signCheckpoint } from '../../anchor/log/checkpoint.ts'
import { signerOf } from '../../anchor/log/note/keys.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** A ledger with a chain is founded first. */
const SETUP_LIMIT_MS = 180_000

describeWithAnvil('tally log', () => {
  const path = temporaryFolder()
  let ledger: SmallLedger
  let log: string
  let key: string
  beforeAll(async () => {
    ledger = await prepareLedger(path('ledger'))
    for (const verb of [['epoch', 'close'], ['attribute'], ['settle'], ['publish']])
      expect(await here(...verb)).toMatchObject({ end: 0 })
    log = join(ledger.data, 'log')
    key = readFileSync(join(log, 'verifier-key'), 'utf8').trim()
  }, SETUP_LIMIT_MS)

  test('says whose key it is once the operator has said so', async () => {
    const bare = await here('log', 'key')
    expect(bare.end).toBe(3)
    expect(documentOf(bare)).toEqual({ key, endorsement: null })
    const args = ['log', 'key', '--json', '--data', ledger.data, '--out', path('word.json')]
    const env = { OPERATOR_KEY: `0x${'1'.padStart(64, '0')}` }
    const endorsed = await tallyHere(args, { env })
    expect(endorsed.end).toBe(0)
    expect(documentOf(endorsed)).toMatchObject({ key, endorsement: { sequence: 1, fromSize: '0' } })
    expect(documentOf(await tallyHere(['verify', path('word.json'), '--json']))).toMatchObject({ ok: true, key })
    expect(errorOf(await tallyHere(args, { env: { OPERATOR_KEY: `0x${'2'.padStart(64, '0')}` } })).code).toBe('CONFIG')
  })

  const here = (...args: string[]) => tallyHere([...args, '--json', '--data', ledger.data])

  test('shows and checks what a ledger serves, with its key or with one that is given', async () => {
    const shown = documentOf(await here('log', 'checkpoint')) as { size: number; note: string }
    expect(shown.size).toBe(31)
    expect(shown.note).toBe(readFileSync(join(log, 'checkpoint'), 'utf8'))
    expect(documentOf(await here('log', 'check', '--key', key))).toMatchObject({ ok: true, size: 31 })
    const strange = key.replace(/^[^+]*/, 'another.log')
    expect((await here('log', 'check', '--key', strange)).end).toBe(2)
    expect(errorOf(await here('log', 'check', '--log', path('nowhere')))).toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(documentOf(await here('log', 'tiles'))).toMatchObject({ did: 'unchanged', epoch: 1 })
  })

  test('proves an entry, which is checked offline', async () => {
    const file = path('entry.tlog-proof')
    expect(documentOf(await here('log', 'prove', '7', '--out', file))).toMatchObject({ index: 7, treeSize: 31 })
    const verified = await here('log', 'verify', file, '--key', key)
    expect(documentOf(verified)).toMatchObject({ ok: true, index: 7, entry: { outcome: 'accepted' } })
    writeFileSync(file, readFileSync(file, 'utf8').replace('index 7', 'index 6'))
    expect(errorOf(await here('log', 'verify', file, '--key', key))).toMatchObject({ code: 'ROOT_MISMATCH' })
    expect((await here('log', 'prove', '31')).end).toBe(5)
  })

  test('names the tile that was altered', async () => {
    const copy = path('altered')
    cpSync(log, copy, { recursive: true })
    const tile = join(copy, 'tile/0/000.p/31')
    const bytes = readFileSync(tile)
    writeFileSync(tile, bytes.with(100, bytes[100]! ^ 1))
    const told = errorOf(await here('log', 'check', '--log', copy))
    expect(told).toMatchObject({ code: 'TILE_MISMATCH' })
  })

  test('two histories under one key are evidence, which tally verify proves offline', async () => {
    const signer = signerOf(readFileSync(join(ledger.data, 'log-key', 'key'), 'utf8').trim())
    const forged = { origin: signer.key.name, size: 7, root: new Uint8Array(32), extensions: [] }
    const [mine, theirs, file] = [join(log, 'checkpoint'), path('theirs'), path('split-view.json')]
    writeFileSync(theirs, signCheckpoint(forged, signer))
    expect((await here('log', 'compare', mine, mine)).end).toBe(0)
    expect((await here('log', 'compare', mine, theirs, '--key', key)).end).toBe(3)
    const compared = await here('log', 'compare', mine, theirs, '--key', key, '--log', log, '--out', file)
    expect(compared.end).toBe(1)
    expect(documentOf(await tallyHere(['verify', file, '--json']))).toMatchObject({
      proven: 'split view',
      sizes: [7, 31],
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"root": "0x./, '"root": "0xf'))
    expect(errorOf(await tallyHere(['verify', file, '--json']))).toMatchObject({ code: 'INVALID_SPLIT_VIEW' })
  })
})
