import { readFileSync, statSync } from 'node:fs'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { TallyError } from '../../schemas/errors.ts'

/** Who else may read a file: its group and everybody. */
const OTHERS = 0o077

export class AttesterKeyError extends TallyError {
  override readonly code = 'CONFIG'
  constructor(facts: { path: string; problem: string }) {
    super(`The key in ${facts.path} cannot be used: ${facts.problem}.`, {
      facts,
      hint: 'The file holds 0x and 64 hex digits, and nobody but you may read it (chmod 600).',
    })
  }
}

/** The key that attests: of the file, else of the configuration (ATTESTER_KEY). @throws AttesterKeyError */
export function attesterKey(configured: string | undefined, path: string | undefined): LocalAccount | undefined {
  const key = path === undefined ? configured : readKeyFile(path)
  if (key === undefined) return undefined
  try {
    return privateKeyToAccount(key as `0x${string}`)
  } catch {
    // Not the reason of the library: it could hold the key.
    throw new AttesterKeyError({ path: path ?? 'ATTESTER_KEY', problem: 'it is no key of secp256k1' })
  }
}

function readKeyFile(path: string): string {
  let text: string
  try {
    if ((statSync(path).mode & OTHERS) !== 0) throw new AttesterKeyError({ path, problem: 'others may read it' })
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof AttesterKeyError) throw error
    throw new AttesterKeyError({ path, problem: error instanceof Error ? error.message : String(error) })
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new AttesterKeyError({ path, problem: 'it is not 0x and 64 hex digits' })
  return text
}
