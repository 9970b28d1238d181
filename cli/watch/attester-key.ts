import type { LocalAccount } from 'viem'
import { accountOfKey, accountOfKeyFile } from '../key-file.ts'

/** The key that attests: of the file, else of the configuration (ATTESTER_KEY). @throws KeyFileError */
export function attesterKey(configured: string | undefined, path: string | undefined): LocalAccount | undefined {
  if (path !== undefined) return accountOfKeyFile(path)
  return configured === undefined ? undefined : accountOfKey(configured, 'ATTESTER_KEY')
}
