import { describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import { buildLineTree } from '../../anchor/lines/line-tree.ts'
import { encodeManifest, type Manifest, manifestHash, toManifest } from '../../anchor/manifest.ts'
import { buildPayoutTree, EMPTY_PAYOUT_ROOT } from '../../anchor/payout/payout-tree.ts'
import { tableRoot } from '../../anchor/table-root.ts'
import { encodeFloat64, encodeInt32 } from '../../audit/attribution/encode.ts'
import { compareLines } from '../../audit/settlement.ts'
import { EMPTY_STATE, stateHash, toState } from '../../audit/state.ts'
import { type CarryState, encodeState } from '../../jobs/carry-state.ts'
import { type Line, Lines, lineBytes, lineRow } from '../../jobs/settlement/lines.ts'
import { type Address, toHex } from '../../schemas/ids.ts'
import { hex, readVectors, unhex } from './vectors.ts'

interface DocumentVector {
  readonly name: string
  readonly document: CanonicalJson
  readonly canonical: string
  readonly sha256: string
}
interface TableVector {
  readonly rows: number
  readonly root: string
  readonly documents: readonly Record<string, CanonicalJson>[]
  readonly canonical: readonly string[]
}

const vectors = readVectors<{
  manifests: DocumentVector[]
  states: DocumentVector[]
  files: DocumentVector
  lines: (Omit<Line, 'amount'> & { amount: string })[]
  linesRoots: { account: string; token: string; size: number; root: string }[]
  tables: Record<'accounts' | 'disputes' | 'lines' | 'sales' | 'scores', TableVector>
  vectors: { v: number[]; vBytes: string; vHash: string; x: number[]; xBytes: string; xHash: string }
}>('manifest.json')
const lines = vectors.lines.map((line): Line => ({ ...line, amount: BigInt(line.amount) }))
const EPOCH = 2
const manifests = vectors.manifests.map(({ document }) => toManifest(document))
const paying = manifests[1]!

describe('documents of an epoch, golden vectors', () => {
  test.each(vectors.manifests)('manifest.json of $name', ({ document, canonical, sha256: hash }) => {
    const manifest = toManifest(document)
    expect(hex(encodeManifest(manifest))).toBe(canonical)
    expect(manifestHash(manifest)).toBe(hash)
  })

  test('a manifest names the one before and the states between which it stands', () => {
    const [first, second] = manifests as [Manifest, Manifest]
    expect([first.previous, second.previous]).toEqual([null, vectors.manifests[0]!.sha256])
    expect([first.carryIn, first.carryOut]).toEqual(vectors.states.slice(0, 2).map((state) => state.sha256))
    expect([second.carryIn, second.carryOut]).toEqual(vectors.states.slice(1).map((state) => state.sha256))
  })

  test.each(vectors.states)('state.json $name', ({ document, canonical, sha256: hash }) => {
    expect(hex(encodeState(document as unknown as CarryState))).toBe(canonical)
    expect(stateHash(toState(document))).toBe(hash)
  })

  test('the state before epoch 1 is the empty one', () => {
    expect(stateHash(EMPTY_STATE)).toBe(vectors.states[0]!.sha256)
  })

  test('files.json', () => {
    const bytes = canonicalJson(vectors.files.document)
    expect([hex(bytes), toHex(sha256(bytes))]).toEqual([vectors.files.canonical, vectors.files.sha256])
  })
})

describe('settlement lines, golden vectors', () => {
  const sorted = () => {
    const sums = new Lines()
    for (const { amount, ...key } of lines) sums.add(key, amount)
    return sums.sorted()
  }

  test('each line has these bytes, in this order', () => {
    expect(sorted().map((line) => hex(lineBytes(line, EPOCH)))).toEqual(vectors.tables.lines.canonical)
    expect(sorted().map((line) => lineRow(line, EPOCH))).toEqual(vectors.tables.lines.documents)
  })

  test('the auditor puts them in the same order', () => {
    const ordered = lines.toSorted(compareLines).map((line) => hex(lineBytes(line, EPOCH)))
    expect(ordered).toEqual(vectors.tables.lines.canonical)
  })

  test('asset names of one kind are ordered by UTF-8, where UTF-16 says otherwise', () => {
    const assets = vectors.tables.lines.documents.filter((row) => row.kind === 'infrastructure').map((row) => row.asset)
    expect(assets).toHaveLength(2)
    expect(assets.toSorted()).not.toEqual(assets)
  })

  test.each(vectors.linesRoots)('linesRoot of $size lines of $account', ({ account, token, size, root }) => {
    const own = sorted().filter((line) => line.account === account && line.token === token)
    const tree = buildLineTree(own.map((line) => lineBytes(line, EPOCH)))
    expect([tree.size, toHex(tree.root)]).toEqual([size, root])
    expect(vectors.tables.accounts.documents.find((row) => row.account === account)).toMatchObject({ linesRoot: root })
  })
})

describe('tables, golden vectors', () => {
  test.each(Object.entries(vectors.tables))('%s: rows and root', (name, { rows, root, documents, canonical }) => {
    expect(documents.map((row) => hex(canonicalJson(row)))).toEqual(canonical)
    expect([documents.length, toHex(tableRoot(documents))]).toEqual([rows, root])
    expect(paying.tables[name as keyof Manifest['tables']]).toEqual({ rows, root })
  })

  test('V as int32 and x as float64, big-endian', () => {
    const { v, vBytes, vHash, x, xBytes, xHash } = vectors.vectors
    expect(hex(encodeInt32(Int32Array.from(v)))).toBe(vBytes)
    expect(hex(encodeFloat64(Float64Array.from(x)))).toBe(xBytes)
    const hashes = [vBytes, xBytes].map((bytes) => toHex(sha256(unhex(bytes))))
    expect(hashes).toEqual([vHash, xHash])
    expect(paying.periods[0]).toMatchObject({ vHash, xHash, exponent: -3, vExponent: 21 })
    expect(Math.max(...v.map(Math.abs))).toBeGreaterThan(32_767)
  })

  test('the payout tree holds the accounts that were ever paid; nobody: zeros', () => {
    const { chainId, distributor, root, leaves } = paying.payout
    const payouts = vectors.tables.accounts.documents
      .filter((row) => row.cumulative !== '0')
      .map((row) => ({
        account: row.account as Address,
        token: row.token as Address,
        cumulative: BigInt(row.cumulative as string),
      }))
    const tree = buildPayoutTree({ chainId: BigInt(chainId), distributor, payouts })
    expect([tree.root, tree.size]).toEqual([root, leaves])
    expect(manifests[0]!.payout).toMatchObject({ root: EMPTY_PAYOUT_ROOT, leaves: 0 })
  })
})
