import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectChain } from '../../anchor/chain/connect.ts'
import { type EpochContent, readEpoch } from '../../anchor/chain/distributor.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { type LocalChain, localAccounts } from '../../anchor/chain/local-chain.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { formatVerifierKey, generateSigningKey, signerOf } from '../../anchor/log/note/keys.ts'
import { describeWithAnvil, rpc } from '../anchor/chain-anvil.ts'
import { startOtherChain } from './support/other-chain.ts'
import { copyOf, externalChain, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const DELAY_S = 3_600
/** A ledger with a chain is founded first. */
const SETUP_LIMIT_MS = 180_000
const LEDGER_CHAIN_ID = 31337
const PROPOSER = 1
/** Of the operator of the ledgers that tests prepare. */
const OPERATOR_SECRET = `0x${'1'.padStart(64, '0')}`
const OTHER_HASH = `0x${'ab'.repeat(32)}` as const

const flipped = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`
const more = (amount: string) => String(BigInt(amount) + 1n)

describeWithAnvil('what was changed by one bit is found, and named', () => {
  let ledger: SmallLedger
  let bundles: string
  let receiptFile: string
  let chain: LocalChain
  /** The same ledger's chain before its epoch was proposed. */
  let liar: LocalChain
  // Before the folder is removed: a chain that stops writes its state.
  afterAll(async () => {
    await Promise.all([chain, liar].map((each) => each?.stop()))
  })
  const path = temporaryFolder()

  beforeAll(async () => {
    const prepared = await prepareLedger(path('prepared'))
    ledger = copyOf(prepared, path('ledger'))
    liar = await externalChain(prepared)
    chain = await externalChain(ledger)
    const env = { RPC_URL: chain.rpcUrl, OPERATOR_KEY: OPERATOR_SECRET }
    expect((await tally(['run', '--data', ledger.data], { env })).end).toBe(4)
    await chain.advanceTime(DELAY_S)
    expect((await tally(['run', '--data', ledger.data], { env })).end).toBe(0)
    bundles = `${ledger.data}/bundles`
    receiptFile = path('receipt.json')
    await tally(['receipt', ledger.contributor, '--data', ledger.data, '--out', receiptFile])
  }, SETUP_LIMIT_MS)

  const audit = (folder: string, ...flags: string[]) => tallyHere(['audit', folder, ...flags])
  const verify = (file: string, ...flags: string[]) => tallyHere(['verify', file, ...flags])

  test('what is good passes: 3 without the chain, 0 with it', async () => {
    for (const check of [
      ['audit', bundles],
      ['verify', receiptFile],
    ]) {
      const offline = await tally(check)
      expect({ end: offline.end, stderr: offline.stderr }).toEqual({ end: 3, stderr: '' })
      expect(offline.stdout).toContain('chain: not checked')
      const online = await tally([...check, '--rpc', chain.rpcUrl])
      expect({ end: online.end, stderr: online.stderr }).toEqual({ end: 0, stderr: '' })
      expect(online.stdout).toMatch(/✓ (epoch 1 )?chain: /)
      expect(online.stdout).not.toContain('chain: not checked')
    }
  })

  test('the receipt of an event: 3 without the chain, 0 with it, 1 when its outcome was changed', async () => {
    const file = path('event.json')
    const made = await tally(['receipt', 'use-1-0', '--data', ledger.data, '--with-record', '--out', file])
    expect(made).toMatchObject({ end: 0, stdout: expect.stringContaining(`tally verify ${file}`) })
    const offline = await verify(file)
    expect(offline).toMatchObject({ end: 3, stdout: expect.stringContaining('event receipt: OK') })
    expect(offline.stdout).toContain('chain: not checked')
    expect(await verify(file, '--rpc', chain.rpcUrl)).toMatchObject({
      end: 0,
      stdout: expect.stringContaining('✓ chain'),
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace('"outcome": "accepted"', '"outcome": "duplicate"'))
    const changed = await verify(file)
    expect(changed).toMatchObject({ end: 1, stdout: expect.stringMatching(/^✗ inclusion: /m) })
    expect(changed.stdout).toContain('event receipt: REFUTED')
  })

  test('one line alone is shown and verified; a line that is not there is named', async () => {
    const file = path('line.json')
    const line = ['receipt', ledger.contributor, '--data', ledger.data, '--line']
    expect((await tally([...line, 'data:reader', '--top', '2', '--out', file])).end).toBe(0)
    const { end, stdout } = await verify(file)
    expect(end).toBe(3)
    expect(stdout).toMatch(/influence, not payment \(not checked by this receipt\)\n( {2}.*\n){2}\n/)
    const missing = await tally([...line, 'model:reader', '--json'])
    expect(missing.end).toBe(5)
    expect(documentOf(missing)).toMatchObject({ error: { code: 'NO_LINE' } })
  })

  test('the operator’s word on the log’s key needs no chain: 0; changed it is an error; the reader’s own key decides', async () => {
    const word = join(ledger.data, 'log', 'key.json')
    expect(await verify(word)).toMatchObject({ end: 0, stdout: expect.stringContaining('says its operator 0x') })
    const file = path('key.json')
    writeFileSync(file, readFileSync(word, 'utf8').replace('"fromSize":"0"', '"fromSize":"1"'))
    const changed = await verify(file, '--json')
    expect(changed.end).toBe(5)
    expect(documentOf(changed)).toMatchObject({ error: { code: 'INVALID_LOG_KEY' } })
    const own = readFileSync(join(ledger.data, 'log', 'verifier-key'), 'utf8').trim()
    expect((await verify(receiptFile, '--log-key', own)).end).toBe(3)
    const stranger = formatVerifierKey(signerOf(generateSigningKey('another.log')).key)
    expect((await verify(receiptFile, '--log-key', stranger)).stdout).toMatch(/^✗ log key: /m)
    expect((await verify(receiptFile, '--witness', stranger, '--quorum', '1')).stdout).toMatch(/^✗ checkpoint: /m)
  })

  test('a flipped bit in any file of the bundle: audit ends with 6 and names the file', async () => {
    const good = join(bundles, 'epoch-000001')
    const files = readdirSync(good, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(good, join(entry.parentPath, entry.name)))
    expect(files).toHaveLength(14)
    for (const file of files) {
      const folder = path('flipped', file.replaceAll('/', '-'), 'epoch-000001')
      cpSync(good, folder, { recursive: true })
      const bytes = readFileSync(join(folder, file))
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(join(folder, file), bytes)
      const { end, stdout } = await audit(folder)
      expect({ file, end }).toEqual({ file, end: 6 })
      expect(stdout).toContain('audit: DIFFERENCE')
      expect(stdout.split('\n').find((line) => line.startsWith('✗'))).toContain(file)
    }
  })

  /** A receipt file in which the value at `place` (`row.earned`, `lines.0.amount`) is another one. */
  function lyingReceipt(place: string, change: (value: never) => unknown): string {
    const receipt = JSON.parse(readFileSync(receiptFile, 'utf8')) as Record<string, unknown>
    const keys = place.split('.')
    let parent = receipt
    for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string, unknown>
    const last = keys.at(-1)!
    parent[last] = change(parent[last] as never)
    const file = path(`${place}.json`)
    writeFileSync(file, JSON.stringify(receipt))
    return file
  }

  test.each<[place: string, step: string, change: (value: never) => unknown]>([
    ['payout.cumulative', 'payout', more],
    ['payout.proof.0', 'payout', flipped],
    ['account', 'payout', flipped],
    ['manifest.payout.root', 'payout', flipped],
    ['row.earned', 'row', more],
    ['rowProof.0', 'row', flipped],
    ['rowIndex', 'row', (index: number) => index + 1],
    ['manifest.tables.accounts.root', 'row', flipped],
    ['lines.0.line.amount', 'lines', more],
    ['lines.0.index', 'lines', (index: number) => index + 1],
    ['scores.0.row.s', 'scores', more],
    ['scores.0.proof', 'scores', () => []],
    ['lines', 'scores', () => []],
    ['manifest.counts.accepted', 'checkpoint', (count: number) => count + 1],
    ['manifest.tree.root', 'checkpoint', flipped],
    ['checkpoint.endorsement.fromSize', 'log key', () => '1'],
    ['influenceNotPayment.items', 'influence', () => []],
  ])('a receipt with another %s: verify ends with 1 at the step %s', async (place, step, change) => {
    const { end, stdout } = await verify(lyingReceipt(place, change))
    expect(end).toBe(1)
    expect(stdout.match(/^✗ ([\w ]+): /m)?.[1]).toBe(step)
    expect(stdout).toContain('receipt: REFUTED')
  })

  test('a receipt whose manifest was changed and whose checkpoint was left out: the chain refutes it', async () => {
    const file = lyingReceipt('manifest.counts.accepted', (count: number) => count + 1)
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), checkpoint: null }))
    expect((await verify(file)).end).toBe(3)
    const { end, stdout } = await verify(file, '--rpc', chain.rpcUrl)
    expect(end).toBe(1)
    expect(stdout).toMatch(/^✗ chain: .*manifestHash: expected 0x.*, found 0x/m)
  })

  test('what is no receipt is an error, neither verified nor refuted', async () => {
    const file = path('no-receipt.json')
    for (const text of ['', '{}', '[]', '['.repeat(1_000_000), '{"format":"tallystick-receipt/1"}']) {
      writeFileSync(file, text)
      const ended = await verify(file, '--json')
      expect(ended.end).toBe(5)
      expect(documentOf(ended)).toMatchObject({ error: { code: 'INVALID_RECEIPT' } })
    }
  })

  test('what is too large is not read', async () => {
    const file = path('large.json')
    writeFileSync(file, ' '.repeat(16 * 1024 * 1024 + 1))
    const ended = await verify(file, '--json')
    expect(ended.end).toBe(5)
    expect(documentOf(ended)).toMatchObject({ error: { code: 'FILE_UNREADABLE' } })
  })

  test('a chain on which the epoch was never proposed: 7 and 1, and it says so', async () => {
    const audited = await audit(bundles, '--rpc', liar.rpcUrl)
    const verified = await verify(receiptFile, '--rpc', liar.rpcUrl)
    expect([audited.end, verified.end]).toEqual([7, 1])
    for (const ended of [audited, verified]) {
      expect(ended.stdout).toMatch(/^✗ .*state: expected finalized, found never proposed/m)
    }
  })

  const fields: [field: string, isInReceipt: boolean, change: (content: EpochContent) => EpochContent][] = [
    ['manifestHash', true, (content) => ({ ...content, manifestHash: OTHER_HASH })],
    ['payoutRoot', true, (content) => ({ ...content, payoutRoot: OTHER_HASH })],
    ['treeSize', true, (content) => ({ ...content, treeSize: content.treeSize + 1n })],
    ['ledgerRoot', false, (content) => ({ ...content, ledgerRoot: OTHER_HASH })],
    [
      'totals',
      false,
      ({ totals, ...content }) => ({
        ...content,
        totals: totals.map((total) => ({ ...total, total_atoms: total.total_atoms + 1n })),
      }),
    ],
  ]
  test.each(fields)('a chain that anchored another %s is named', async (field, isInReceipt, change) => {
    const honest = await connectChain({ rpcUrl: chain.rpcUrl, chainId: LEDGER_CHAIN_ID })
    const { content } = (await readEpoch({ connection: honest, distributor: ledger.distributor }, 1n))!
    const before = await rpc<string>(liar.rpcUrl, 'evm_snapshot')
    const context = {
      connection: await connectChain({ rpcUrl: liar.rpcUrl, chainId: LEDGER_CHAIN_ID }),
      account: localAccounts()[PROPOSER]!,
      store: new MemoryTransactionStore(),
      distributor: ledger.distributor,
    }
    await proposeEpoch(context, change(content))
    await liar.advanceTime(DELAY_S)
    expect(await finalizeEpoch(context, 1n)).toMatchObject({ outcome: 'finalized' })

    const audited = await audit(bundles, '--rpc', liar.rpcUrl)
    expect(audited.end).toBe(7)
    expect(audited.stdout).toMatch(new RegExp(`^✗ .*${field}: expected .*, found `, 'm'))
    const verified = await verify(receiptFile, '--rpc', liar.rpcUrl)
    // A receipt is about one account: the rest of the epoch is the auditor's.
    expect(verified.end).toBe(isInReceipt ? 1 : 0)
    if (isInReceipt) expect(verified.stdout).toMatch(new RegExp(`^✗ chain: .*${field}: expected .*, found `, 'm'))
    await rpc(liar.rpcUrl, 'evm_revert', before)
  })

  test('another chain is refused by its id', async () => {
    const other = await startOtherChain(1)
    try {
      const audited = await audit(bundles, '--rpc', other.rpcUrl)
      const verified = await verify(receiptFile, '--rpc', other.rpcUrl)
      expect([audited.end, verified.end]).toEqual([7, 1])
      for (const ended of [audited, verified]) {
        expect(ended.stdout).toMatch(/^✗ .*chain id of the RPC: expected 31337, found 1/m)
      }
    } finally {
      await other.stop()
    }
  })
})
