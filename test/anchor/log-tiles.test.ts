import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { signCheckpoint } from '../../anchor/log/checkpoint.ts'
import { consistencyProof } from '../../anchor/log/consistency-proof.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { generateSigningKey, signerOf } from '../../anchor/log/note/keys.ts'
import { rootHash } from '../../anchor/log/root-hash.ts'
import { edgeRoot, emptyEdge, growEdge, partialTiles, type TileEdge } from '../../anchor/log/tiles/edge.ts'
import { readTilesAt } from '../../anchor/log/tiles/read-over-http.ts'
import { entriesPath, tileAt, tilePath } from '../../anchor/log/tiles/tile.ts'
import { TiledTree } from '../../anchor/log/tiles/tiled-tree.ts'
import { formatLogProof, verifyLogProof } from '../../anchor/verify/log-proof.ts'
import { compareCheckpoints, type SplitView, verifySplitView } from '../../anchor/verify/split-view.ts'
import { runs } from '../support/random-runs.ts'
import { someEntries, type TiledLog, tiledLog } from '../support/tiled-log.ts'
import { codeOf, hex, readVectors } from './vectors.ts'

const vectors = readVectors<{
  places: { index: number; width: number; place: string }[]
  trees: { size: number; root: string; files: Record<string, string> }[]
}>('log-notes.json')

async function codeLater(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  return codeOf(() => {
    throw error
  })
}

/** The bytes with one bit flipped. */
const flip = (bytes: Uint8Array, bit: number) => {
  const at = Math.floor(bit / 8) % bytes.length
  return bytes.with(at, bytes[at]! ^ (1 << (bit % 8)))
}

/** The log with another file in place of one of its own. */
function withFile(log: TiledLog, path: string, bytes: Uint8Array | undefined): TiledTree {
  return new TiledTree(log, async (asked) => (asked === path ? bytes : log.files.get(asked)))
}

describe('tiles', () => {
  test.each(vectors.places)('golden path of $index, $width wide', ({ index, width, place }) => {
    expect(tilePath({ level: 2, index, width })).toBe(`tile/2/${place}`)
    expect(entriesPath({ index, width })).toBe(`tile/entries/${place}`)
  })

  test.each(vectors.trees)('golden files of $size entries', ({ size, root, files }) => {
    const log = tiledLog(someEntries(size))
    expect(hex(log.root)).toBe(root)
    const hashes = [...log.files].map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')])
    expect(Object.fromEntries(hashes)).toEqual(files)
  })

  test('a tree that grows in steps has the tiles of one that was there at once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 5 }), (steps) => {
        const leaves = someEntries(steps.reduce((sum, step) => sum + step, 0)).map(leafHash)
        const files = new Map<string, string>()
        let edge: TileEdge = emptyEdge()
        for (const step of steps) {
          const grown = growEdge(edge, leaves.slice(edge.size, edge.size + step))
          edge = grown.edge
          for (const tile of grown.full) files.set(tilePath(tile), hex(tile.bytes))
          expect(hex(edgeRoot(edge))).toBe(hex(rootHash(leaves.slice(0, edge.size))))
        }
        for (const tile of partialTiles(edge)) files.set(tilePath(tile), hex(tile.bytes))
        const whole = growEdge(emptyEdge(), leaves)
        const expected = [...whole.full, ...partialTiles(whole.edge)].map((tile) => [tilePath(tile), hex(tile.bytes)])
        expect([...files].sort()).toEqual(expected.sort())
      }),
      runs(20),
    )
  })

  test('their proofs are those of the leaves, at every size at which a tile begins or ends', async () => {
    for (const size of [1, 2, 255, 256, 257, 511, 513]) {
      const entries = someEntries(size)
      const leaves = entries.map(leafHash)
      const log = tiledLog(entries)
      const tree = new TiledTree(log, log.read)
      await tree.check()
      for (const index of new Set([0, size >> 1, size - 1])) {
        const { proof } = await tree.proveInclusion(index)
        expect(proof.map(hex)).toEqual(inclusionProof(leaves, index).map(hex))
        expect(hex(await tree.entry(index))).toBe(hex(entries[index]!))
      }
      for (const old of new Set([0, 1, 2, 128, 255, 256, 257, size - 1, size].filter((old) => old <= size))) {
        const { oldRoot, proof } = await tree.proveConsistency(old)
        expect(hex(oldRoot)).toBe(hex(rootHash(leaves.slice(0, old))))
        expect(proof.map(hex)).toEqual(consistencyProof(leaves, old).map(hex))
      }
    }
  })

  test('levels go as far as sizes do', () => {
    expect(tileAt(6, 0, 2 ** 53 - 1)).toEqual({ level: 6, index: 0, width: 31 })
    expect(tileAt(0, 2 ** 45 - 1, 2 ** 53 - 1)).toEqual({ level: 0, index: 2 ** 45 - 1, width: 255 })
  })

  test('the tree without leaves has no tiles, and is checked all the same', async () => {
    const log = tiledLog([])
    await new TiledTree(log, log.read).check()
    const false_ = new TiledTree({ ...log, root: new Uint8Array(32) }, log.read)
    expect(await codeLater(false_.check())).toBe('ROOT_MISMATCH')
    expect(await codeLater(false_.proveInclusion(0))).toBe('TREE_RANGE')
  })

  test('a partial tile that was removed is read from the full one', async () => {
    const [older, newer] = [tiledLog(someEntries(200)), tiledLog(someEntries(300))]
    const tree = new TiledTree(older, newer.read)
    await tree.check()
    expect(hex(await tree.entry(199))).toBe(hex(someEntries(200)[199]!))
  })

  const log = tiledLog(someEntries(600))
  const paths = [...log.files.keys()]

  test('promise 2: any flipped bit of any tile or bundle fails with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, bit) => {
        const tree = withFile(log, path, flip(log.files.get(path)!, bit))
        expect(await codeLater(tree.check())).toMatch(/^(TILE_MISMATCH|TILE_FORMAT|ROOT_MISMATCH)$/)
      }),
      runs(30),
    )
  })

  test.each(paths)('%s missing, cut or too long is named', async (path) => {
    const bytes = log.files.get(path)!
    expect(await codeLater(withFile(log, path, undefined).check())).toBe('TILE_MISSING')
    expect(await codeLater(withFile(log, path, bytes.subarray(1)).check())).toMatch(/^TILE_(FORMAT|MISMATCH)$/)
    expect(await codeLater(withFile(log, path, new Uint8Array([...bytes, 0])).check())).toBe('TILE_FORMAT')
  })

  test('are read over HTTP; a failing server is no missing tile', async () => {
    const server = createServer((request, response) => {
      const bytes = request.url === '/log/broken' ? undefined : log.files.get(request.url!.slice('/log/'.length))
      response.writeHead(bytes !== undefined ? 200 : request.url === '/log/broken' ? 500 : 404).end(bytes)
    }).listen(0, '127.0.0.1')
    try {
      await new Promise((listening) => server.once('listening', listening))
      const read = readTilesAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`)
      expect(hex(await new TiledTree(log, read).entry(599))).toBe(hex(someEntries(600)[599]!))
      expect(await read('tile/5/000')).toBeUndefined()
      expect(await codeLater(read('broken'))).toBe('LOG_UNREACHABLE')
    } finally {
      server.close()
    }
  })
})

const signer = signerOf(generateSigningKey('log.example', 'ed25519', new Uint8Array(32)))
const { key } = signer
const checkpointOf = ({ size, root }: TiledLog) =>
  signCheckpoint({ origin: 'log.example', size, root, extensions: [] }, signer)

describe('a proof of an entry', () => {
  const log = tiledLog(someEntries(300))
  const documentOf = async (index: number) => {
    const tree = new TiledTree(log, log.read)
    const { proof } = await tree.proveInclusion(index)
    return formatLogProof({ entry: await tree.entry(index), index, proof, note: checkpointOf(log) })
  }

  test('holds offline, and any flipped bit of it fails with a typed error', async () => {
    const document = await documentOf(257)
    expect(await verifyLogProof(document, { key })).toMatchObject({ index: 257, checkpoint: { size: 300 } })
    await fc.assert(
      fc.asyncProperty(fc.nat(document.length * 8 - 1), async (bit) => {
        const code = await codeLater(verifyLogProof(flip(document, bit), { key }))
        expect(code).toMatch(/^(LOG_PROOF_|NOTE_|CHECKPOINT_|TEXT_|ROOT_|PROOF_|TREE_)/)
      }),
      runs(300),
    )
  })
})

describe('a split view', () => {
  const honest = tiledLog(someEntries(300))
  const other = tiledLog(someEntries(300, 'rewritten '))
  const smaller = (count: number, history = '') => tiledLog(someEntries(count, history))
  const compare = (one: TiledLog, two: TiledLog, tiles = two) =>
    compareCheckpoints([checkpointOf(one), checkpointOf(two)], { key, tiles: tiles.read })
  const evidenceOf = async (one: TiledLog, two: TiledLog): Promise<SplitView> => {
    const compared = await compare(one, two)
    if (compared.verdict !== 'split view') throw new Error(compared.verdict)
    return compared.evidence
  }

  test('of two trees of one size is evidence by itself', async () => {
    const evidence = await evidenceOf(honest, other)
    expect(evidence.proof).toBeNull()
    const proven = await verifySplitView(Buffer.from(JSON.stringify(evidence)))
    expect([proven.smaller.size, proven.larger.size]).toEqual([300, 300])
  })

  test.each([1, 128, 200, 256, 299])('of %i and 300 leaves is evidence with a proof', async (size) => {
    const evidence = await evidenceOf(smaller(size, 'rewritten '), honest)
    expect(evidence.proof).not.toBeNull()
    expect(await verifySplitView(evidence)).toMatchObject({ smaller: { size }, larger: { size: 300 } })
    // Whatever is changed, it proves nothing any more; least of all with the honest smaller tree.
    const honestNote = new TextDecoder().decode(checkpointOf(smaller(size)))
    const framed = { ...evidence, notes: [honestNote, evidence.notes[1]] }
    expect(await codeLater(verifySplitView(framed))).toBe('INVALID_SPLIT_VIEW')
    const root = hex(smaller(size, 'invented ').root)
    expect(await codeLater(verifySplitView({ ...evidence, proof: { ...evidence.proof, root: `0x${root}` } }))).toBe(
      'INVALID_SPLIT_VIEW',
    )
  })

  test('is none of a log that only grew, and not decided without tiles', async () => {
    for (const size of [0, 1, 200, 256, 300])
      expect(await compare(smaller(size), honest)).toEqual({ verdict: 'consistent', sizes: [size, 300] })
    const notes = [checkpointOf(honest), checkpointOf(smaller(7))] as const
    expect(await compareCheckpoints(notes, { key })).toEqual({ verdict: 'not decided', sizes: [7, 300] })
    // Tiles of another tree decide nothing.
    expect(await codeLater(compare(smaller(200), honest, other))).toBe('ROOT_MISMATCH')
  })

  test('frames nobody: any flipped bit of the evidence fails with a typed error', async () => {
    const evidence = await evidenceOf(smaller(200, 'rewritten '), honest)
    const document = Buffer.from(JSON.stringify(evidence))
    await fc.assert(
      fc.asyncProperty(fc.nat(document.length * 8 - 1), async (bit) => {
        const code = await codeLater(verifySplitView(flip(document, bit)))
        expect(code).toMatch(/^(INVALID_SPLIT_VIEW|NOTE_|CHECKPOINT_|TEXT_)/)
      }),
      runs(300),
    )
  })

  test.each([
    ['the same note twice', (it: SplitView) => ({ ...it, notes: [it.notes[0], it.notes[0]], proof: null })],
    ['the larger tree first', (it: SplitView) => ({ ...it, notes: [it.notes[1], it.notes[0]] })],
    ['no proof', (it: SplitView) => ({ ...it, proof: null })],
    ['one note', (it: SplitView) => ({ ...it, notes: [it.notes[0]] })],
    ['something besides', (it: SplitView) => ({ ...it, comment: 'trust me' })],
  ])('with %s proves nothing', async (_, change) => {
    const evidence = await evidenceOf(smaller(200, 'rewritten '), honest)
    expect(await codeLater(verifySplitView(change(evidence)))).toBe('INVALID_SPLIT_VIEW')
  })
})
