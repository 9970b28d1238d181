import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SealedShardError } from './errors.ts'

const FILE = 'words.txt'

/**
 * The words of a dictionary, one a line (none has a line end in it). What lies behind the bytes that the manifest counts was
 * written before a kill, and is cut off.
 */
export function readWords(folder: string, words: number, bytes: number): string[] {
  const path = join(folder, FILE)
  if (!existsSync(path)) {
    if (words > 0) throw new SealedShardError('it is missing', { file: path })
    return []
  }
  truncateSync(path, bytes)
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  if (lines.length !== words) throw new SealedShardError('it does not hold the words that were written', { file: path })
  return lines
}

/** @returns bytes of the file */
export function appendWords(folder: string, words: readonly string[], bytes: number): number {
  const file = openSync(join(folder, FILE), 'a')
  try {
    const more = Buffer.from(words.map((word) => `${word}\n`).join(''))
    for (let at = 0; at < more.length; ) at += writeSync(file, more, at)
    fsyncSync(file)
    return bytes + more.length
  } finally {
    closeSync(file)
  }
}
