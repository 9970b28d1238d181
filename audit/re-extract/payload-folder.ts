import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../anchor/hash.ts'
import { toHex } from '../../schemas/ids.ts'
import { causeText } from '../difference.ts'
import { BundleUnreadableError } from '../errors.ts'

const SALT_BYTES = 16
/** A payload is read whole. */
const PAYLOAD_BYTES_MAX = 256 * 1024 * 1024

/** What lies in the store under a content hash. */
export type FoundPayload =
  | { readonly state: 'found'; readonly salt: Uint8Array; readonly payload: Uint8Array }
  | { readonly state: 'absent' | 'damaged' }

/**
 * Reads salt ‖ payload from a folder `ab/abcd…` (the content hash in hex, its first two digits as a folder) and holds them to
 * that hash.
 *
 * @throws BundleUnreadableError when the machine keeps a file from being read
 */
export async function readPayload(folder: string, contentHash: Uint8Array): Promise<FoundPayload> {
  const name = toHex(contentHash).slice(2)
  const path = join(folder, name.slice(0, 2), name)
  try {
    const entry = await lstat(path)
    if (!entry.isFile() || entry.size < SALT_BYTES || entry.size > PAYLOAD_BYTES_MAX) return { state: 'damaged' }
    const bytes = await readFile(path)
    if (toHex(sha256(bytes)).slice(2) !== name) return { state: 'damaged' }
    return { state: 'found', salt: bytes.subarray(0, SALT_BYTES), payload: bytes.subarray(SALT_BYTES) }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' }
    throw new BundleUnreadableError({ path, cause: causeText(cause) }, cause)
  }
}
