import { InvalidArgumentError } from 'commander'
import { parseVerifierKey, type VerifierKey } from '../../anchor/log/note/keys.ts'

/** Reads a verifier key of the command line. @throws InvalidArgumentError */
export function toKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text.trim())
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

/** As {@link toKey}, of a flag that may be repeated. */
export function toKeys(text: string, before: readonly VerifierKey[] = []): readonly VerifierKey[] {
  return [...before, toKey(text)]
}
