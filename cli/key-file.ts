import { readFileSync, statSync } from 'node:fs'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { TallyError } from '../schemas/errors.ts'

/** Who else may read a file: its group and everybody. */
const OTHERS = 0o077

export class KeyFileError extends TallyError {
  override readonly code = 'CONFIG'
  constructor(facts: { path: string; problem: string }) {
    super(`The key in ${facts.path} cannot be used: ${facts.problem}.`, {
      facts,
      hint: 'The file holds 0x and 64 hex digits, and nobody but you may read it (chmod 600).',
    })
  }
}

/** The account whose key a file holds. @throws KeyFileError */
export function accountOfKeyFile(path: string): LocalAccount {
  return accountOfKey(readKeyFile(path), path)
}

/** @param where named when it is none @throws KeyFileError */
export function accountOfKey(key: string, where: string): LocalAccount {
  try {
    return privateKeyToAccount(key as `0x${string}`)
  } catch {
    // Not the reason of the library: it could hold the key.
    throw new KeyFileError({ path: where, problem: 'it is no key of secp256k1' })
  }
}

function readKeyFile(path: string): string {
  let text: string
  try {
    if ((statSync(path).mode & OTHERS) !== 0) throw new KeyFileError({ path, problem: 'others may read it' })
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    throw new KeyFileError({ path, problem: (error as NodeJS.ErrnoException).message })
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new KeyFileError({ path, problem: 'it is not 0x and 64 hex digits' })
  return text
}
