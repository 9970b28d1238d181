import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncPathNow } from '../../../../pipelines/warehouse/sync-path.ts'
import type { ShardArrays } from '../shard.ts'
import { SealedShardError } from './errors.ts'

/** Little-endian int32, as every machine that Node.js runs on has them in memory. */
const FILES = ['tokens.i32', 'sa.i32', 'docstart.i32', 'documents.i32'] as const
const PARTIAL = '.partial'

/** A shard on disk, as the manifest names it. */
export interface SealedShard {
  readonly name: string
  readonly documents: number
  /** With separators. */
  readonly tokens: number
  /** SHA-256 of each file, hex. */
  readonly hashes: Readonly<Record<(typeof FILES)[number], string>>
}

/** What is read back. */
export interface OpenedShard {
  readonly arrays: ShardArrays
  /** The corpus's number of each document. */
  readonly documents: Int32Array
}

/** Whether a folder is one that {@link sealShard} was making, or has made. */
export function isShardName(name: string): boolean {
  return /^shard-\d+(\.partial)?$/.test(name)
}

/**
 * Writes a shard into a folder beside its place, fsyncs it and renames it there. Killed before the rename: the half-built folder has a
 * name that no manifest names. Killed after: so has this one, until the manifest is written.
 */
export function sealShard(folder: string, name: string, { arrays, documents }: OpenedShard): SealedShard {
  const partial = join(folder, `${name}${PARTIAL}`)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial)
  const { tokens, suffixes, starts } = arrays
  const contents = [tokens, suffixes, starts, documents]
  const hashes = FILES.map((file, at) => [file, writeWhole(join(partial, file), bytesOf(contents[at]!))] as const)
  syncPathNow(partial)
  rmSync(join(folder, name), { recursive: true, force: true })
  renameSync(partial, join(folder, name))
  syncPathNow(folder)
  return {
    name,
    documents: documents.length,
    tokens: tokens.length,
    hashes: Object.fromEntries(hashes) as SealedShard['hashes'],
  }
}

/** @throws SealedShardError when a file is missing or is not what was written */
export function readShard(folder: string, { name, hashes, documents, tokens }: SealedShard): OpenedShard {
  const [text, suffixes, starts, numbers] = FILES.map((file) => {
    const path = join(folder, name, file)
    let bytes: Buffer
    try {
      bytes = readFileSync(path)
    } catch (cause) {
      throw new SealedShardError('it cannot be read', { file: path }, cause)
    }
    if (sha256(bytes) !== hashes[file]) throw new SealedShardError('it is not what was written', { file: path })
    return int32Of(bytes)
  }) as [Int32Array, Int32Array, Int32Array, Int32Array]
  // The hashes hold this, unless the manifest was made by something else.
  if (
    text.length !== tokens ||
    suffixes.length !== tokens ||
    starts.length !== documents + 1 ||
    numbers.length !== documents
  )
    throw new SealedShardError('its files do not fit each other', { file: join(folder, name) })
  return { arrays: { tokens: text, suffixes, starts }, documents: numbers }
}

/** Replaces a file as a whole: a reader sees the old one or the new one. */
export function replaceFile(path: string, content: string): void {
  writeWhole(`${path}${PARTIAL}`, Buffer.from(content))
  renameSync(`${path}${PARTIAL}`, path)
  syncPathNow(dirname(path))
}

function writeWhole(path: string, bytes: Uint8Array): string {
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return sha256(bytes)
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function int32Of(bytes: Buffer): Int32Array {
  // Read files begin anywhere in a pool of memory; numbers do not.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
  return new Int32Array(aligned.buffer, aligned.byteOffset, bytes.length >> 2)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
