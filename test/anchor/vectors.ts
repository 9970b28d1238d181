import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '../../anchor/bytes.ts'

/** A golden file of test/vectors; `make_vectors.py` there says how each was computed. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
}

/** Vectors write bytes without 0x. */
export function unhex(digits: string): Uint8Array {
  return hexToBytes(`0x${digits}`, digits.length / 2, 'Vector')
}

export function hex(bytes: Uint8Array): string {
  return bytesToHex(bytes).slice(2)
}

/** Runs `check` and returns the `code` of what it threw; fails when it threw nothing or another kind of error. */
export function codeOf(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
  throw new Error('nothing was thrown')
}
