import { resolveSchemas } from './avro-resolution.ts'
import type { AvroSchema } from './avro-schema.ts'

/** As Confluent's registry names them; without TRANSITIVE only the newest version is looked at. */
export const COMPATIBILITY_MODES = [
  'BACKWARD',
  'FORWARD',
  'FULL',
  'BACKWARD_TRANSITIVE',
  'FORWARD_TRANSITIVE',
  'FULL_TRANSITIVE',
] as const
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number]

export interface Incompatibility {
  /** Place of the version in the list. */
  readonly version: number
  /** BACKWARD: the candidate cannot read that version's data. FORWARD: that version cannot read the candidate's. */
  readonly direction: 'BACKWARD' | 'FORWARD'
  readonly fault: string
}

/**
 * Why a schema may not follow these versions; nothing when it may.
 *
 * @param versions oldest first
 */
export function findIncompatibilities(
  mode: CompatibilityMode,
  candidate: AvroSchema,
  versions: readonly AvroSchema[],
): Incompatibility[] {
  const first = mode.endsWith('_TRANSITIVE') ? 0 : Math.max(0, versions.length - 1)
  const reads = !mode.startsWith('FORWARD')
  const isRead = !mode.startsWith('BACKWARD')
  return versions
    .slice(first)
    .flatMap((version, index) => [
      ...(reads ? faultsOf(version, candidate, { version: first + index, direction: 'BACKWARD' }) : []),
      ...(isRead ? faultsOf(candidate, version, { version: first + index, direction: 'FORWARD' }) : []),
    ])
}

function faultsOf(
  writer: AvroSchema,
  reader: AvroSchema,
  place: Pick<Incompatibility, 'version' | 'direction'>,
): Incompatibility[] {
  const resolution = resolveSchemas(writer, reader)
  return resolution.outcome === 'readable' ? [] : resolution.faults.map((fault) => ({ ...place, fault }))
}
