import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ATTESTATION_BYTES_MAX } from '../../anchor/chain/attestation-document.ts'
import type { DroppedAttestation, GivenAttestation } from '../../anchor/chain/count-attestations.ts'
import { TallyError } from '../../schemas/errors.ts'

/** Files of one folder: three attesters and an epoch an hour fill it in four years. */
const FILES_MAX = 100_000

export class AttestationsMissingError extends TallyError {
  override readonly code = 'ATTESTATIONS_MISSING'
  constructor(facts: { path: string }) {
    super(`There is no file and no folder ${facts.path}.`, {
      facts,
      hint: 'Name the files that attesters sent, or a folder that holds them.',
    })
  }
}

/** Where attestations lie. */
export interface AttestationPlaces {
  /** Files and folders that have to be there. */
  readonly named?: readonly string[]
  /** A folder that attesters' files are put into; it may be missing. */
  readonly dropFolder?: string
}

/**
 * Reads what may be attestations: the named files, and of each folder the files `*.json`. What cannot be one (a link, a file
 * that is too large or unreadable) is dropped with a reason, since anybody may have put it there.
 *
 * @throws AttestationsMissingError
 */
export async function readAttestations({ named = [], dropFolder }: AttestationPlaces): Promise<{
  given: GivenAttestation[]
  dropped: DroppedAttestation[]
}> {
  const paths: string[] = []
  for (const path of named) {
    const entry = await lstat(path).catch(() => undefined)
    if (entry === undefined) throw new AttestationsMissingError({ path })
    paths.push(...(entry.isDirectory() ? await filesOf(path) : [path]))
  }
  if (dropFolder !== undefined && (await lstat(dropFolder).catch(() => undefined))?.isDirectory())
    paths.push(...(await filesOf(dropFolder)))
  const given: GivenAttestation[] = []
  const dropped: DroppedAttestation[] = []
  for (const name of paths) {
    const read = await readOne(name)
    if (typeof read === 'string') dropped.push({ name, reason: read })
    else given.push({ name, bytes: read })
  }
  return { given, dropped }
}

async function filesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
  return names
    .sort()
    .slice(0, FILES_MAX)
    .map((name) => join(folder, name))
}

/** The bytes, or why there are none. */
async function readOne(path: string): Promise<Uint8Array | string> {
  try {
    const entry = await lstat(path)
    if (!entry.isFile()) return 'It is no file.'
    if (entry.size > ATTESTATION_BYTES_MAX) return `It has more than ${ATTESTATION_BYTES_MAX} bytes.`
    return await readFile(path)
  } catch (error) {
    return `It cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}
