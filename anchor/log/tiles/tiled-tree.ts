import { HASH_BYTES } from '../../hash.ts'
import { leafHash } from '../leaf-hash.ts'
import { nodeHash } from '../node-hash.ts'
import { consistencyRanges, inclusionRanges } from '../proof-ranges.ts'
import { emptyRootHash, rangeHash, splitSize } from '../root-hash.ts'
import { assertInRange, TREE_SIZE_MAX } from '../tree-range.ts'
import { verifyConsistency } from '../verify-consistency.ts'
import { verifyInclusion } from '../verify-inclusion.ts'
import { decodeEntryBundle } from './entry-bundle.ts'
import { TileFormatError, TileMismatchError, TileMissingError } from './errors.ts'
import { entriesPath, TILE_HEIGHT, TILE_WIDTH, type Tile, tileAt, tilePath } from './tile.ts'

/** Fetches a file of a log by its path, `tile/0/000` for example; undefined when it is not there. */
export type ReadTile = (path: string) => Promise<Uint8Array | undefined>

export interface InclusionProof {
  readonly index: number
  readonly treeSize: number
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** Tiles that one tree keeps: more than any proof needs. */
const TILES_KEPT_MAX = 64

/**
 * A tree that lies in tiles. What comes out of it is checked against its root before it is returned, so files may come from
 * anybody. A proof takes O(log size) tiles.
 */
export class TiledTree {
  readonly size: number
  readonly root: Uint8Array
  readonly #read: ReadTile
  readonly #kept = new Map<string, Uint8Array[]>()

  /** @param tree of a checkpoint whose signatures were checked @throws {@link TreeRangeError} */
  constructor(tree: { readonly size: number; readonly root: Uint8Array }, read: ReadTile) {
    assertInRange('Tree size', tree.size, 0, TREE_SIZE_MAX)
    this.size = tree.size
    this.root = tree.root
    this.#read = read
  }

  /**
   * @throws {@link TreeRangeError}, {@link TileMissingError}, {@link TileFormatError}
   * @throws {@link RootMismatchError} a tile is not of this tree
   */
  async proveInclusion(index: number): Promise<InclusionProof> {
    assertInRange('Tree size', this.size, 1, TREE_SIZE_MAX)
    assertInRange('Leaf index', index, 0, this.size - 1)
    const leaf = await this.#rangeRoot(index, index + 1)
    const proof = await this.#roots(inclusionRanges(index, this.size))
    verifyInclusion({ leafHash: leaf, index, treeSize: this.size, proof, rootHash: this.root })
    return { index, treeSize: this.size, leafHash: leaf, proof }
  }

  /**
   * The root of this tree's first `oldSize` leaves, and the proof that leads from it to this tree. Both hold for this tree
   * whatever somebody says that root was: another one of that size contradicts it.
   *
   * @throws as {@link TiledTree.proveInclusion}
   */
  async proveConsistency(oldSize: number): Promise<{ readonly oldRoot: Uint8Array; readonly proof: Uint8Array[] }> {
    assertInRange('Old tree size', oldSize, 0, this.size)
    const oldRoot = oldSize === 0 ? emptyRootHash() : await this.#rangeRoot(0, oldSize)
    const proof = await this.#roots(consistencyRanges(oldSize, this.size))
    verifyConsistency({ oldSize, newSize: this.size, proof, oldRoot, newRoot: this.root })
    return { oldRoot, proof }
  }

  /** The entry at `index`, proven to be in the tree. @throws as {@link TiledTree.proveInclusion} */
  async entry(index: number): Promise<Uint8Array> {
    const { leafHash: leaf } = await this.proveInclusion(index)
    const tile = this.#tile(0, Math.floor(index / TILE_WIDTH))
    const path = entriesPath(tile)
    const bytes = await this.#fetch(path, entriesPath({ ...tile, width: TILE_WIDTH }))
    const entries = decodeEntryBundle(path, bytes.found, bytes.isFull ? TILE_WIDTH : tile.width)
    const entry = entries[index % TILE_WIDTH]!
    assertSame(leafHash(entry), leaf, { path, index: index % TILE_WIDTH, against: tilePath(tile) })
    return entry
  }

  /**
   * Reads every tile and entry bundle of the tree and holds each to the next, up to the root. O(size).
   *
   * @throws {@link TileMismatchError} and as {@link TiledTree.proveInclusion}
   */
  async check(onProgress: (leaves: number) => void = () => {}): Promise<void> {
    for (let index = 0; tileAt(0, index, this.size) !== undefined; index++) {
      await this.#checkEntries(this.#tile(0, index))
      onProgress(Math.min(this.size, (index + 1) * TILE_WIDTH))
    }
    for (let level = 1; tileAt(level, 0, this.size) !== undefined; level++)
      for (let index = 0; tileAt(level, index, this.size) !== undefined; index++)
        await this.#checkAbove(this.#tile(level, index))
    // Full tiles hang on those above them, partial ones on the root: it is made from all of them.
    await this.proveConsistency(this.size)
  }

  async #checkEntries(tile: Tile): Promise<void> {
    const path = entriesPath(tile)
    const { found, isFull } = await this.#fetch(path, entriesPath({ ...tile, width: TILE_WIDTH }))
    const entries = decodeEntryBundle(path, found, isFull ? TILE_WIDTH : tile.width)
    const hashes = await this.#hashes(tile)
    const against = tilePath(tile)
    for (const [index, hash] of hashes.entries()) assertSame(leafHash(entries[index]!), hash, { path, index, against })
  }

  async #checkAbove(tile: Tile): Promise<void> {
    const path = tilePath(tile)
    for (const [index, hash] of (await this.#hashes(tile)).entries()) {
      const below = this.#tile(tile.level - 1, tile.index * TILE_WIDTH + index)
      const found = rangeHash(await this.#hashes(below), 0, TILE_WIDTH)
      assertSame(found, hash, { path, index, against: tilePath(below) })
    }
  }

  async #roots(ranges: readonly (readonly [number, number])[]): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = []
    for (const [start, end] of ranges) roots.push(await this.#rangeRoot(start, end))
    return roots
  }

  /** MTH(D[start:end]) for ranges of proofs: full subtrees, or what is left at the right edge. */
  async #rangeRoot(start: number, end: number): Promise<Uint8Array> {
    const width = end - start
    const height = Math.log2(width)
    if (Number.isInteger(height) && 2 ** height === width) return this.#subtreeRoot(start, height)
    const middle = start + splitSize(width)
    return nodeHash(await this.#rangeRoot(start, middle), await this.#rangeRoot(middle, end)).slice()
  }

  /** Root of the full subtree of 2^height leaves that begins at leaf `start`. */
  async #subtreeRoot(start: number, height: number): Promise<Uint8Array> {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const first = start / TILE_WIDTH ** level
    const hashes = await this.#hashes(this.#tile(level, Math.floor(first / TILE_WIDTH)))
    return rangeHash(hashes, first % TILE_WIDTH, (first % TILE_WIDTH) + width).slice()
  }

  #tile(level: number, index: number): Tile {
    const tile = tileAt(level, index, this.size)
    if (tile === undefined) throw new RangeError(`A tree of ${this.size} leaves has no tile ${level}/${index}.`)
    return tile
  }

  async #hashes(tile: Tile): Promise<Uint8Array[]> {
    const path = tilePath(tile)
    const kept = this.#kept.get(path)
    if (kept !== undefined) return kept
    const { found, isFull } = await this.#fetch(path, tilePath({ ...tile, width: TILE_WIDTH }))
    const expected = HASH_BYTES * (isFull ? TILE_WIDTH : tile.width)
    if (found.length !== expected)
      throw new TileFormatError({ path, expected: `${expected} bytes`, found: String(found.length) })
    const hashes = Array.from({ length: tile.width }, (_, n) => found.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))
    if (this.#kept.size >= TILES_KEPT_MAX) this.#kept.clear()
    this.#kept.set(path, hashes)
    return hashes
  }

  /** A log may remove a partial tile once the full one is there. */
  async #fetch(path: string, fullPath: string): Promise<{ found: Uint8Array; isFull: boolean }> {
    const found = await this.#read(path)
    if (found !== undefined) return { found, isFull: path === fullPath }
    const full = path === fullPath ? undefined : await this.#read(fullPath)
    if (full === undefined) throw new TileMissingError({ path })
    return { found: full, isFull: true }
  }
}

function assertSame(
  found: Uint8Array,
  expected: Uint8Array,
  facts: { path: string; index: number; against: string },
): void {
  for (let at = 0; at < HASH_BYTES; at++) if (found[at] !== expected[at]) throw new TileMismatchError(facts)
}
