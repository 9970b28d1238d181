import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { edgeRoot, emptyEdge, growEdge, partialTiles } from '../../anchor/log/tiles/edge.ts'
import { encodeEntryBundle } from '../../anchor/log/tiles/entry-bundle.ts'
import { entriesPath, TILE_WIDTH, tilePath } from '../../anchor/log/tiles/tile.ts'
import type { ReadTile } from '../../anchor/log/tiles/tiled-tree.ts'

/** A log's static files in memory. */
export interface TiledLog {
  readonly size: number
  readonly root: Uint8Array
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly read: ReadTile
}

/** The tiles and entry bundles of a tree over `entries`. */
export function tiledLog(entries: readonly Uint8Array[]): TiledLog {
  const { edge, full } = growEdge(emptyEdge(), entries.map(leafHash))
  const files = new Map([...full, ...partialTiles(edge)].map((tile) => [tilePath(tile), tile.bytes]))
  for (let index = 0; index * TILE_WIDTH < entries.length; index++) {
    const part = entries.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
    files.set(entriesPath({ index, width: part.length }), encodeEntryBundle(part))
  }
  return { size: entries.length, root: edgeRoot(edge), files, read: async (path) => files.get(path) }
}

/** Entries that differ by their number, and by `history`. */
export function someEntries(count: number, history = ''): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => new TextEncoder().encode(`${history}entry ${n}`))
}
