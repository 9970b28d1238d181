import { assertInRange, TREE_SIZE_MAX } from '../tree-range.ts'

/** A tile spans so many levels of the tree, and holds so many hashes when it is full (c2sp.org/tlog-tiles). */
export const TILE_HEIGHT = 8
export const TILE_WIDTH = 256
/** Levels of tiles that a tree of 2^53 − 1 leaves has. */
export const TILE_LEVELS = 7

/** Hashes `256 · index` and on of a level: leaves at level 0, roots of full tiles of the level below elsewhere. */
export interface Tile {
  readonly level: number
  readonly index: number
  /** 1 to 256; below 256 it is a partial tile. */
  readonly width: number
}

/** How many hashes a level of tiles has. */
export function levelSize(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** The tile of that place as a tree of `size` leaves has it; undefined when the tree does not reach it. */
export function tileAt(level: number, index: number, size: number): Tile | undefined {
  const width = Math.min(TILE_WIDTH, levelSize(size, level) - index * TILE_WIDTH)
  return width > 0 ? { level, index, width } : undefined
}

/** Number of leaves up to the end of what a tile holds: a tree that large has the tile as it is. */
export function endOfTile({ level, index, width }: Tile): number {
  return (index * TILE_WIDTH + width) * TILE_WIDTH ** level
}

/**
 * `tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last with an x in front.
 *
 * @throws {@link TreeRangeError}
 */
export function tilePath({ level, index, width }: Tile): string {
  assertInRange('Tile level', level, 0, TILE_LEVELS - 1)
  return `tile/${level}/${placePath(index, width)}`
}

/** `tile/entries/<N>[.p/<W>]`: the entries of a tile of level 0. @throws {@link TreeRangeError} */
export function entriesPath({ index, width }: Omit<Tile, 'level'>): string {
  return `tile/entries/${placePath(index, width)}`
}

function placePath(index: number, width: number): string {
  assertInRange('Tile index', index, 0, Math.floor(TREE_SIZE_MAX / TILE_WIDTH))
  assertInRange('Tile width', width, 1, TILE_WIDTH)
  const groups = [String(index % 1_000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
    groups.unshift(`x${String(rest % 1_000).padStart(3, '0')}`)
  return `${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}
