import { HASH_BYTES } from '../../hash.ts'
import { type Frontier, frontierRoot } from '../frontier.ts'
import { rangeHash } from '../root-hash.ts'
import { assertHash, assertInRange, TREE_SIZE_MAX } from '../tree-range.ts'
import { levelSize, TILE_LEVELS, TILE_WIDTH, type Tile } from './tile.ts'

/** A tile with what it holds. */
export interface TileHashes extends Tile {
  /** `32 · width` bytes. */
  readonly bytes: Uint8Array
}

/** The partial tiles of a tree: all that is needed to write the tiles of a larger one. At most 7 · 255 hashes. */
export interface TileEdge {
  /** Leaves in the tree. */
  readonly size: number
  /** For each level the hashes of its partial tile, 0 to 255 of them. */
  readonly levels: readonly (readonly Uint8Array[])[]
}

/** The edge of the tree without leaves. */
export function emptyEdge(): TileEdge {
  return { size: 0, levels: Array.from({ length: TILE_LEVELS }, () => []) }
}

/**
 * Appends leaves, and names the tiles that became full by it. O(n) hashes; the edge given stays as it was.
 *
 * @throws {@link TreeRangeError}, {@link HashLengthError}
 */
export function growEdge(edge: TileEdge, leafHashes: readonly Uint8Array[]): { edge: TileEdge; full: TileHashes[] } {
  assertEdge(edge)
  assertInRange('Number of new leaves', leafHashes.length, 0, TREE_SIZE_MAX - edge.size)
  const levels = edge.levels.map((hashes) => [...hashes])
  const full: TileHashes[] = []
  leafHashes.forEach((leaf, n) => {
    assertHash('Leaf hash', leaf)
    levels[0]!.push(leaf)
    // A full tile is one hash of the level above, which may be full by it too.
    for (let level = 0; levels[level]!.length === TILE_WIDTH; level++) {
      const hashes = levels[level]!
      full.push({ ...tileOf(level, edge.size + n + 1, TILE_WIDTH), bytes: joined(hashes) })
      levels[level + 1]!.push(rangeHash(hashes, 0, TILE_WIDTH).slice())
      levels[level] = []
    }
  })
  return { edge: { size: edge.size + leafHashes.length, levels }, full }
}

/** The partial tiles of the tree. */
export function partialTiles({ size, levels }: TileEdge): TileHashes[] {
  return levels.flatMap((hashes, level) =>
    hashes.length === 0 ? [] : [{ ...tileOf(level, size, hashes.length), bytes: joined(hashes) }],
  )
}

/** Root of the tree. O(1) hashes. @throws {@link TreeRangeError}, {@link HashLengthError} */
export function edgeRoot(edge: TileEdge): Uint8Array {
  assertEdge(edge)
  const hashes: Frontier['hashes'][number][] = []
  for (const level of edge.levels.toReversed()) {
    let start = 0
    for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
      if ((level.length & width) === 0) continue
      hashes.push(rangeHash(level, start, start + width))
      start += width
    }
  }
  return frontierRoot({ size: edge.size, hashes })
}

/** The last tile of a level that has `width` hashes in it. */
function tileOf(level: number, size: number, width: number): Tile {
  return { level, index: (levelSize(size, level) - width) / TILE_WIDTH, width }
}

function assertEdge({ size, levels }: TileEdge): void {
  assertInRange('Tree size', size, 0, TREE_SIZE_MAX)
  assertInRange('Levels of tiles', levels.length, TILE_LEVELS, TILE_LEVELS)
  for (const [level, hashes] of levels.entries()) {
    const width = levelSize(size, level) % TILE_WIDTH
    assertInRange(`Hashes of level ${level} of ${size} leaves`, hashes.length, width, width)
    for (const hash of hashes) assertHash('Hash of a tile', hash)
  }
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [n, hash] of hashes.entries()) bytes.set(hash, n * HASH_BYTES)
  return bytes
}
