import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes } from '../../../anchor/bytes.ts'
import { HASH_BYTES } from '../../../anchor/hash.ts'
import { type Frontier, frontierRoot } from '../../../anchor/log/frontier.ts'
import { leafHash } from '../../../anchor/log/leaf-hash.ts'
import { edgeRoot, emptyEdge, growEdge, partialTiles, type TileEdge } from '../../../anchor/log/tiles/edge.ts'
import { encodeEntryBundle } from '../../../anchor/log/tiles/entry-bundle.ts'
import {
  endOfTile,
  entriesPath,
  levelSize,
  TILE_LEVELS,
  TILE_WIDTH,
  type Tile,
  tilePath,
} from '../../../anchor/log/tiles/tile.ts'
import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { CorruptWarehouseError } from '../../close/errors.ts'
import { entryBytes } from '../../close/leaves.ts'
import { readOptional, replaceFile, syncFolders } from './durable-files.ts'
import { LogFileConflictError } from './errors.ts'

const leafEntries = readSql(new URL('./leaf-entries.sql', import.meta.url))
const pageOfEntries = readSql(new URL('./page-of-entries.sql', import.meta.url))
/** So many leaves are in memory at once, with their tiles being written: 64 tiles and 64 bundles. */
const PAGE_LEAVES = 64 * TILE_WIDTH

export interface TileWriting {
  readonly warehouse: Database
  /** Folder of the log. */
  readonly folder: string
  /** The tree whose tiles were written before. */
  readonly before: Frontier
  /** The tree whose tiles are wanted. */
  readonly after: Frontier
  /** Leaves that a signed checkpoint covers: their tiles never change. */
  readonly signedSize: number
}

/**
 * Writes the tiles and entry bundles that lie in the tree after an epoch and not in the one before; what is there already
 * stays. Takes the epoch's leaves, at most 255 before them, and the partial tiles of the tree before: O(n + log N). When
 * those are missing or damaged all tiles are written again, from the first leaf on.
 *
 * Killed at any moment: whole files are there or not, and nobody was told of them. The next call writes the rest. All is
 * durable when this returns.
 *
 * @returns what became full, for {@link removePartials}
 * @throws {@link LogFileConflictError}, {@link CorruptWarehouseError}
 */
export async function writeTiles(writing: TileWriting): Promise<readonly Tile[]> {
  const { warehouse, folder, after } = writing
  const files = new LogFiles(folder, writing.signedSize)
  let edge = (await readEdge(folder, writing.before)) ?? emptyEdge()
  const full: Tile[] = []
  await warehouse.run(leafEntries, { from: BigInt(edge.size), to: BigInt(after.size) })
  for (let from = edge.size; from < after.size; from += PAGE_LEAVES) {
    const entries = await readEntries(warehouse, from, Math.min(after.size, from + PAGE_LEAVES))
    const grown = growEdge(edge, entries.map(leafHash))
    edge = grown.edge
    full.push(...grown.full)
    await Promise.all([
      ...grown.full.map((tile) => files.write(tilePath(tile), tile, tile.bytes)),
      ...bundlesOf(from, entries).map(({ tile, bytes }) => files.write(entriesPath(tile), tile, bytes)),
    ])
  }
  if (!equalBytes(edgeRoot(edge), frontierRoot(after)))
    throw new CorruptWarehouseError({ what: `the leaves below ${after.size} do not lead to the ledger's root` })
  await Promise.all(partialTiles(edge).map((tile) => files.write(tilePath(tile), tile, tile.bytes)))
  await files.sync()
  return full
}

/** Removes the partial tiles of tiles that are full: a reader of an older tree takes the full one. */
export async function removePartials(folder: string, full: readonly Tile[]): Promise<void> {
  const paths = full.flatMap((tile) => (tile.level === 0 ? [tilePath(tile), entriesPath(tile)] : [tilePath(tile)]))
  for (const path of paths) await rm(join(folder, `${path}.p`), { recursive: true, force: true })
}

/**
 * The edge of the tree's full tiles of level 0: the tree without its last up to 255 leaves. Undefined when its files are not
 * there, or do not lead to its root.
 */
async function readEdge(folder: string, tree: Frontier): Promise<TileEdge | undefined> {
  const size = tree.size - (tree.size % TILE_WIDTH)
  const levels: Uint8Array[][] = []
  for (let level = 0; level < TILE_LEVELS; level++) {
    const width = levelSize(size, level) % TILE_WIDTH
    const tile = { level, index: Math.floor(levelSize(size, level) / TILE_WIDTH), width }
    const bytes = width === 0 ? new Uint8Array() : await readPart(folder, tile)
    if (bytes === undefined) return undefined
    levels.push(Array.from({ length: width }, (_, n) => bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES)))
  }
  // One hash of a frontier for each bit of its size, the largest first: those of the smaller tree are the first of them.
  const bits = [...size.toString(2)].filter((bit) => bit === '1').length
  const root = frontierRoot({ size, hashes: tree.hashes.slice(0, bits) })
  return equalBytes(edgeRoot({ size, levels }), root) ? { size, levels } : undefined
}

async function readPart(folder: string, tile: Tile): Promise<Uint8Array | undefined> {
  const bytes =
    (await readOptional(join(folder, tilePath(tile)))) ??
    (await readOptional(join(folder, tilePath({ ...tile, width: TILE_WIDTH }))))
  return bytes !== undefined && bytes.length >= tile.width * HASH_BYTES ? bytes : undefined
}

async function readEntries(warehouse: Database, from: number, to: number): Promise<Uint8Array[]> {
  const rows = await warehouse.all(pageOfEntries, { from: BigInt(from), to: BigInt(to) })
  if (rows.length !== to - from)
    throw new CorruptWarehouseError({ what: `${to - from} leaves from ${from} have ${rows.length} records` })
  return rows.map((row, n) => {
    const entry = entryBytes(row)
    if (row.leaf_index !== BigInt(from + n) || !equalBytes(leafHash(entry), fromBlob(row.leaf_hash)))
      throw new CorruptWarehouseError({ what: `leaf ${from + n} is not the hash of its record` })
    return entry
  })
}

function bundlesOf(from: number, entries: readonly Uint8Array[]): { tile: Tile; bytes: Uint8Array }[] {
  return Array.from({ length: Math.ceil(entries.length / TILE_WIDTH) }, (_, n) => {
    const part = entries.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH)
    return {
      tile: { level: 0, index: from / TILE_WIDTH + n, width: part.length },
      bytes: encodeEntryBundle(part),
    }
  })
}

/** Files of a log, which are written once. */
class LogFiles {
  readonly #folder: string
  readonly #signedSize: number
  readonly #folders = new Set<string>()

  constructor(folder: string, signedSize: number) {
    this.#folder = folder
    this.#signedSize = signedSize
  }

  /** A file that no signed checkpoint covers was left by a run that was killed: it may be replaced. */
  async write(name: string, tile: Tile, bytes: Uint8Array): Promise<void> {
    const path = join(this.#folder, name)
    const found = await readOptional(path)
    this.#folders.add(dirname(path))
    if (found !== undefined && equalBytes(found, bytes)) return
    if (found !== undefined && endOfTile(tile) <= this.#signedSize)
      throw new LogFileConflictError({ path, signedSize: this.#signedSize })
    await replaceFile(path, bytes)
  }

  sync(): Promise<void> {
    return syncFolders(this.#folders, this.#folder)
  }
}
