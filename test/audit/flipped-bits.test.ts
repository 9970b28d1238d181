import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { openCheckpoint, signCheckpoint } from '../../anchor/log/checkpoint.ts'
import { generateSigningKey, parseVerifierKey, signerOf } from '../../anchor/log/note/keys.ts'
import { TiledTree } from '../../anchor/log/tiles/tiled-tree.ts'
import { verifyLogKey } from '../../anchor/log-key/log-key.ts'
import { formatLogProof, verifyLogProof } from '../../anchor/verify/log-proof.ts'
import { compareCheckpoints, verifySplitView } from '../../anchor/verify/split-view.ts'
import { checkUpload, verifyEventReceipt, verifyOmission, verifyReceipt } from '../../audit/index.ts'
import { TallyError } from '../../schemas/errors.ts'
import { runs } from '../support/random-runs.ts'
import { someEntries, tiledLog } from '../support/tiled-log.ts'
import { eventReceiptOf } from './support/event-receipt-of.ts'
import { omissionOf, uploadOf } from './support/omission-of.ts'
import { publishWorld } from './support/published-world.ts'
import { checkpointOf, receiptOf } from './support/receipt-of.ts'
import { addressOf } from './support/world.ts'

const FLIPS = 40

interface Proof {
  readonly bytes: Uint8Array
  readonly verify: (bytes: Uint8Array) => Promise<unknown>
}

/** Names of keys, texts and numbers of a JSON text. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+|true|false|null/g

const names = ['payout receipt', 'event receipt', 'upload receipt', 'omission', 'omission by the manifest'] as const
const others = [
  'log key',
  'split view of one size',
  'split view of two sizes',
  'proof of an entry',
  'checkpoint',
] as const
type Name = (typeof names)[number] | (typeof others)[number]

let proofs: Record<Name, Proof>
beforeAll(async () => {
  proofs = await makeProofs()
})

describe.each([...names, ...others])('%s', (name) => {
  test('holds as it is', async () => {
    const { bytes, verify } = proofs[name]
    expect(await refusal(verify, bytes)).toBe('accepted')
  })

  test('a flipped bit in any key or value is refused with a typed error', async () => {
    const { bytes, verify } = proofs[name]
    const text = Buffer.from(bytes).toString('latin1')
    const tokens = text.startsWith('{') ? [...text.matchAll(TOKEN)].map((found) => [found.index, found[0].length]) : []
    const { seed } = runs(0)
    for (const [place, [at = 0, length = 0]] of tokens.entries()) {
      const bit = (seed + 7_919 * place) % (8 * length)
      await expectRefused(verify, flipped(bytes, 8 * at + bit))
    }
  })

  test('a flipped bit anywhere is refused with a typed error', async () => {
    const { bytes, verify } = proofs[name]
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * bytes.length - 1), (bit) => expectRefused(verify, flipped(bytes, bit))),
      runs(FLIPS),
    )
  })

  test('what was cut off, is nested a million deep, or is nothing is refused with a typed error', async () => {
    const { bytes, verify } = proofs[name]
    const deep = Buffer.from('['.repeat(1_000_000))
    const wide = Buffer.concat([Buffer.from('{"format":'), deep])
    for (const other of [bytes.subarray(0, -9), new Uint8Array(), deep, wide, Buffer.from('null'), Buffer.from('{}')])
      await expectRefused(verify, other)
  })
})

test('a flipped bit in any file of a log is refused with a typed error', async () => {
  const log = tiledLog(someEntries(600))
  const paths = [...log.files.keys()]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, random) => {
      const bytes = log.files.get(path)!
      const other = flipped(bytes, random % (8 * bytes.length))
      const tree = new TiledTree(log, async (asked) => (asked === path ? other : log.files.get(asked)))
      expect(await refusal(() => tree.check(), other)).toMatch(/^[A-Z_]+$/)
    }),
    runs(FLIPS),
  )
})

async function expectRefused(verify: Proof['verify'], bytes: Uint8Array): Promise<void> {
  expect(await refusal(verify, bytes)).toMatch(/^([A-Z_]+|refuted at [a-z ]+)$/)
}

/** How it was refused: the code of the error, or the step that failed. */
async function refusal(verify: Proof['verify'], bytes: Uint8Array): Promise<string> {
  try {
    const { ok = true, steps } = ((await verify(bytes)) ?? {}) as { ok?: boolean; steps?: { name: string }[] }
    return ok ? 'accepted' : `refuted at ${steps?.at(-1)?.name ?? 'the signature'}`
  } catch (error) {
    if (error instanceof TallyError) return error.code
    return `not a typed error: ${error}`
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

async function makeProofs(): Promise<Record<Name, Proof>> {
  const { world, epochs } = await publishWorld()
  const [first] = epochs
  const [records] = world.epochs
  const { key, note, endorsement } = await checkpointOf(first!)
  const json = (document: unknown, verify: Proof['verify']) => ({
    bytes: Buffer.from(JSON.stringify(document)),
    verify,
  })
  const omission = await omissionOf(first!, records!, 4)
  const { topic, partition, offset } = omission.leaf.entry
  const hole = { topic, partition, from: offset, to: String(BigInt(offset) + 1n) }
  const holed = structuredClone(first!)
  holed.manifest.holes.push(hole)
  const byManifest = { ...omission, manifest: holed.manifest, leaf: null, checkpoint: await checkpointOf(holed) }
  return {
    'payout receipt': json(await receiptOf(first!, addressOf.alice), verifyReceipt),
    'event receipt': json(await eventReceiptOf(first!, records!, 4), verifyEventReceipt),
    'upload receipt': json(await uploadOf(first!, records!.slice(0, 3)), checkUpload),
    omission: json(omission, verifyOmission),
    'omission by the manifest': json(byManifest, verifyOmission),
    'log key': json(endorsement, verifyLogKey),
    ...(await splitViews(json)),
    ...(await entryProof()),
    checkpoint: { bytes: Buffer.from(note), verify: (bytes) => openCheckpoint(bytes, { key: parseVerifierKey(key) }) },
  }
}

async function splitViews(json: (document: unknown, verify: Proof['verify']) => Proof) {
  const signer = signerOf(generateSigningKey('log.example', 'ed25519', new Uint8Array(32).fill(1)))
  const [one, other] = [tiledLog(someEntries(40)), tiledLog(someEntries(40, 'another '))]
  const signed = (size: number, root: Uint8Array) =>
    signCheckpoint({ origin: 'log.example', size, root, extensions: [] }, signer)
  const evidenceOf = async (notes: [Uint8Array, Uint8Array]) => {
    const compared = await compareCheckpoints(notes, { key: signer.key, tiles: one.read })
    return compared.verdict === 'split view' ? compared.evidence : undefined
  }
  const larger = signed(40, one.root)
  return {
    'split view of one size': json(await evidenceOf([larger, signed(40, other.root)]), verifySplitView),
    'split view of two sizes': json(await evidenceOf([larger, signed(23, other.root)]), verifySplitView),
  }
}

async function entryProof(): Promise<{ 'proof of an entry': Proof }> {
  const signer = signerOf(generateSigningKey('log.example', 'ed25519', new Uint8Array(32).fill(1)))
  const log = tiledLog(someEntries(600))
  const tree = new TiledTree(log, log.read)
  const note = signCheckpoint({ origin: 'log.example', size: log.size, root: log.root, extensions: [] }, signer)
  const { proof } = await tree.proveInclusion(300)
  const bytes = formatLogProof({ entry: await tree.entry(300), index: 300, proof, note })
  return { 'proof of an entry': { bytes, verify: (text) => verifyLogProof(text, { key: signer.key }) } }
}
