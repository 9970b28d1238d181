import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArtefactError } from './errors.ts'

/** Files of an extractor's folder (docs/features.md#the-extractors-folder). */
const FILES = { code: 'extractor.json', weights: 'weights.f64', basis: 'basis.f64' } as const
type Part = keyof typeof FILES

const FORMAT = 'tallystick-extractor/1'
/** Each file is read whole. */
const FILE_BYTES_MAX = 2 ** 31

/** Everything that features were extracted with, as bytes: a feature map commits to the SHA-256 of each. */
export interface Artefact {
  /** JSON: which code, and its settings. */
  readonly code: Uint8Array
  /** Numbers as little-endian float64, as are those of the basis. */
  readonly weights: Uint8Array
  readonly basis: Uint8Array
}

/** The text of extractor.json: format and name first, then the settings as they are given. */
export function codeBytes(extractor: string, settings: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(`${JSON.stringify({ format: FORMAT, extractor, ...settings }, null, 2)}\n`)
}

/** Name and settings of what {@link codeBytes} wrote. @throws {@link ArtefactError} */
export function readCode({ code }: Artefact): Readonly<Record<string, unknown>> & { readonly extractor: string } {
  const refuse = (reason: string): never => {
    throw new ArtefactError({ file: FILES.code, reason })
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(code).toString())
    if (typeof value !== 'object' || value === null || !('extractor' in value) || !('format' in value))
      return refuse('it has no format and extractor')
    if (value.format !== FORMAT || typeof value.extractor !== 'string') return refuse(`its format is not ${FORMAT}`)
    return { ...value, extractor: value.extractor }
  } catch (error) {
    if (error instanceof SyntaxError) return refuse('it is no JSON')
    throw error
  }
}

export function artefactHashes(artefact: Artefact): {
  codeHash: Uint8Array
  weightsHash: Uint8Array
  basisHash: Uint8Array
} {
  const hash = (part: Part) => createHash('sha256').update(artefact[part]).digest()
  return { codeHash: hash('code'), weightsHash: hash('weights'), basisHash: hash('basis') }
}

/** Weights tell much of what a model was trained on: a new folder is its owner's alone. */
export function writeArtefact(folder: string, artefact: Artefact): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [part, file] of Object.entries(FILES)) writeFileSync(join(folder, file), artefact[part as Part])
}

/** @throws {@link ArtefactError} for a file that is missing or too large */
export function readArtefact(folder: string): Artefact {
  const read = (part: Part): Uint8Array => {
    const path = join(folder, FILES[part])
    try {
      if (statSync(path).size > FILE_BYTES_MAX) throw new RangeError(`it has more than ${FILE_BYTES_MAX} bytes`)
      return readFileSync(path)
    } catch (cause) {
      throw new ArtefactError({ file: path, reason: cause instanceof Error ? cause.message : String(cause) }, cause)
    }
  }
  return { code: read('code'), weights: read('weights'), basis: read('basis') }
}

/** Numbers as little-endian float64, whatever the machine's own order is. */
export function float64Bytes(parts: readonly Float64Array[]): Uint8Array {
  const out = new Uint8Array(8 * parts.reduce((sum, part) => sum + part.length, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const part of parts) {
    for (const value of part) {
      view.setFloat64(at, value, true)
      at += 8
    }
  }
  return out
}

/**
 * The numbers that {@link float64Bytes} wrote.
 *
 * @param part  whose they are, for the error
 * @param count how many there must be
 * @throws      {@link ArtefactError}
 */
export function float64Values(artefact: Artefact, part: 'weights' | 'basis', count: number): Float64Array {
  const bytes = artefact[part]
  if (bytes.length !== 8 * count)
    throw new ArtefactError({ file: FILES[part], reason: `it has ${bytes.length} bytes, not ${8 * count}` })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = Float64Array.from({ length: count }, (_, at) => view.getFloat64(8 * at, true))
  if (!values.every(Number.isFinite)) throw new ArtefactError({ file: FILES[part], reason: 'a number is not finite' })
  return values
}
