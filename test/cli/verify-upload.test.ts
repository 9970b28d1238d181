import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { canonicalJson } from '../../anchor/canonical-json.ts'
import type { LocalChain } from '../../anchor/chain/local-chain.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { signUploadReceipt } from '../../anchor/uploads/sign.ts'
import { findEpochFolders, openRecords, readEpoch } from '../../audit/bundle.ts'
import { checkFiles } from '../../audit/files.ts'
import { readRecordsOfCut } from '../../audit/records.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { toHex } from '../../schemas/ids.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { externalChain, operator, prepareLedger } from './support/small-ledger.ts'
import { documentOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const DELAY_S = 3_600
/** A ledger with a chain is founded first. */
const SETUP_LIMIT_MS = 180_000

/** What a receipt says of a record. */
interface ReceivedRecord {
  readonly incarnation: number
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly contentHash: Uint8Array
}

describeWithAnvil('tally verify of an upload receipt', () => {
  const path = temporaryFolder()
  let chain: LocalChain | undefined
  let bundles: string
  let genesis: Genesis
  let record: ReceivedRecord
  afterAll(async () => {
    await chain?.stop()
  })

  beforeAll(async () => {
    const ledger = await prepareLedger(path('ledger'))
    chain = await externalChain(ledger)
    const env = { RPC_URL: chain.rpcUrl }
    expect((await tally(['run', '--data', ledger.data], { env })).end).toBe(4)
    await chain.advanceTime(DELAY_S)
    expect((await tally(['run', '--data', ledger.data], { env })).end).toBe(0)
    bundles = `${ledger.data}/bundles`
    const [folder] = await findEpochFolders(bundles)
    const bundle = await readEpoch(folder!, await checkFiles(folder!.path))
    genesis = bundle.genesis
    const table = await openRecords(folder!)
    await readRecordsOfCut(table, bundle.manifest, (each) => {
      const { row, incarnation, topic, partition, offset } = each
      if (row === 0) record = { incarnation, topic, partition, offset, contentHash: each.contentHash() }
    })
    await table.close()
  }, SETUP_LIMIT_MS)

  /** The file of the operator's receipt for the first record of the ledger, or for another in its place. */
  async function receiptOf(change: Partial<ReceivedRecord>, name: string): Promise<string> {
    const { incarnation, topic, partition, offset, contentHash: content } = { ...record, ...change }
    const receipt = await signUploadReceipt(genesis, operator, [{ incarnation, topic, partition, offset, content }])
    const file = path(`${name}.json`)
    writeFileSync(file, JSON.stringify(receipt))
    return file
  }
  const verify = async (file: string, ...flags: string[]) => {
    const { end, stdout } = await tally(['verify', file, ...flags])
    return { end, stdout }
  }
  const never = { contentHash: new Uint8Array(32) }

  test('of a record in the ledger: 3 without the chain, 0 with it', async () => {
    const file = await receiptOf({}, 'included')
    const offline = await verify(file, '--bundle', bundles)
    expect(offline).toMatchObject({ end: 3, stdout: expect.stringContaining('upload: OK') })
    expect(offline.stdout).toContain('chain: not checked')
    const online = await verify(file, '--bundle', bundles, '--rpc', chain!.rpcUrl)
    expect(online).toMatchObject({ end: 0, stdout: expect.stringContaining('upload: OK') })
    expect(online.stdout).not.toContain('not checked')
  })

  test('of a record that is not in it: 1, an omission; without the chain it says what that rests on', async () => {
    const file = await receiptOf(never, 'omitted')
    const offline = await verify(file, '--bundle', bundles)
    expect(offline).toMatchObject({ end: 1, stdout: expect.stringContaining('upload: OMITTED, by these bundles') })
    expect(offline.stdout).toMatch(/chain: not checked: whether .* anchored/)
    const online = await verify(file, '--bundle', bundles, '--rpc', chain!.rpcUrl)
    expect(online).toMatchObject({ end: 1, stdout: expect.stringContaining('upload: OMISSION PROVEN') })
    expect(online.stdout).not.toContain('not checked')
  })

  test('--proof writes evidence that anybody checks without the bundles: 3, with the chain 0, changed 1', async () => {
    const [file, proof] = [await receiptOf(never, 'omitted-for-others'), path('omission.json')]
    const written = await verify(file, '--bundle', bundles, '--proof', proof)
    expect(written).toMatchObject({ end: 1, stdout: expect.stringContaining(`Evidence is in ${proof}`) })
    const offline = await verify(proof)
    expect(offline).toMatchObject({ end: 3, stdout: expect.stringContaining('only the chain can say') })
    expect(offline.stdout).not.toContain('PROVEN')
    const online = await verify(proof, '--rpc', chain!.rpcUrl)
    expect(online).toMatchObject({ end: 0, stdout: expect.stringContaining('omission: PROVEN against 0x') })
    const evidence = JSON.parse(readFileSync(proof, 'utf8'))
    evidence.leaf.index += 1
    writeFileSync(proof, JSON.stringify(evidence))
    const changed = await verify(proof, '--rpc', chain!.rpcUrl)
    expect(changed).toMatchObject({ end: 1, stdout: expect.stringContaining('omission: REFUTED') })
  })

  test('evidence with a manifest that nobody anchored: the chain refutes it', async () => {
    const [file, proof] = [await receiptOf(never, 'omitted-forged'), path('forged-omission.json')]
    await verify(file, '--bundle', bundles, '--proof', proof)
    const evidence = JSON.parse(readFileSync(proof, 'utf8'))
    const { topic, partition, offset } = evidence.leaf.entry
    evidence.manifest.holes.push({ topic, partition, from: offset, to: String(BigInt(offset) + 1n) })
    writeFileSync(proof, JSON.stringify({ ...evidence, leaf: null }))
    expect(await verify(proof)).toMatchObject({ end: 3, stdout: expect.stringContaining('only the chain can say') })
    const online = await verify(proof, '--rpc', chain!.rpcUrl)
    expect(online).toMatchObject({ end: 1, stdout: expect.stringMatching(/✗ chain: .*manifestHash/) })
    expect(online.stdout).not.toContain('PROVEN')
  })

  test('of a later incarnation of the topic, or an earlier one: nobody is blamed', async () => {
    const later = await verify(await receiptOf({ incarnation: 1 }, 'later-incarnation'), '--bundle', bundles)
    expect(later).toMatchObject({ end: 4, stdout: expect.stringContaining('upload: NOT YET') })
  })

  test('of a place that no epoch reaches: 4; without bundles: 3', async () => {
    const file = await receiptOf({ offset: 1_000_000n }, 'later')
    const later = await verify(file, '--bundle', bundles)
    expect(later).toMatchObject({ end: 4, stdout: expect.stringContaining('upload: NOT YET') })
    expect(await verify(file)).toMatchObject({ end: 3, stdout: expect.stringContaining('upload: SIGNED') })
  })

  test('against a manifest that nobody anchored: 1 with the chain, and no omission is proven', async () => {
    const forged = path('forged', 'epoch-000001')
    cpSync(join(bundles, 'epoch-000001'), forged, { recursive: true })
    const manifest = JSON.parse(readFileSync(join(forged, 'manifest.json'), 'utf8')) as Manifest
    const { topic, partition, offset } = record
    const hole = { topic, partition, from: String(offset), to: String(offset + 1n) }
    const bytes = canonicalJson({ ...manifest, holes: [hole] })
    writeFileSync(join(forged, 'manifest.json'), bytes)
    const listing = JSON.parse(readFileSync(join(forged, 'files.json'), 'utf8'))
    const sha256 = toHex(createHash('sha256').update(bytes).digest())
    listing.files['manifest.json'] = { bytes: bytes.length, sha256 }
    writeFileSync(join(forged, 'files.json'), canonicalJson(listing))
    const file = await receiptOf({}, 'against-forged')
    const online = await verify(file, '--bundle', forged, '--rpc', chain!.rpcUrl)
    expect(online).toMatchObject({ end: 1, stdout: expect.stringContaining('manifestHash: expected') })
    expect(online.stdout).not.toContain('OMISSION')
  })

  test('by somebody else: 1, and it is refuted', async () => {
    const file = await receiptOf(never, 'signed')
    const receipt = JSON.parse(readFileSync(file, 'utf8'))
    receipt.items[0].offset = '1'
    writeFileSync(file, JSON.stringify(receipt))
    const changed = await verify(file, '--bundle', bundles)
    expect(changed).toMatchObject({ end: 1, stdout: expect.stringContaining('upload: REFUTED') })
    expect(documentOf(await tally(['verify', file, '--json']))).toMatchObject({ ok: false, signed: false })
  })
})
