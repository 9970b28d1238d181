import { createHash } from 'node:crypto'
import type { CacheFolder } from '../../cache-folder.ts'
import { lambdaOf, ridgedMatrix } from '../bilinear/curvature.ts'
import { Cholesky } from '../solver/cholesky.ts'
import { backward, forward } from '../solver/plain-cholesky.ts'

const HASH_BYTES = 32

/** L of K + λI, to substitute with: without refinements, for what is only shown. */
export class StoredFactor {
  readonly #lower: Float64Array
  readonly #size: number

  constructor(lower: Float64Array, size: number) {
    this.#lower = lower
    this.#size = size
  }

  /** docs/attribution.md, substitute. */
  substitute(b: Float64Array): Float64Array {
    return backward(this.#lower, this.#size, forward(this.#lower, this.#size, b))
  }
}

/** Names the factor of K: SHA-256 of λ in decimal, a line feed, and K as it is stored; hex. */
export function curvatureHash(k: BigInt64Array, size: number): string {
  const bytes = new Uint8Array(k.buffer, k.byteOffset, k.byteLength)
  return createHash('sha256')
    .update(`${lambdaOf(k, size)}\n`)
    .update(bytes)
    .digest('hex')
}

/**
 * The factor of the curvature that has this hash: read, or made from `curvature` and kept for the next time.
 *
 * @param size D
 */
export async function factorOf(
  cache: CacheFolder,
  hash: string,
  size: number,
  curvature: () => Promise<BigInt64Array>,
): Promise<StoredFactor> {
  const stored = await readFactor(cache, hash, size)
  if (stored !== undefined) return new StoredFactor(stored, size)
  const k = await curvature()
  const lower = lowerOf(new Cholesky(ridgedMatrix(k, size, lambdaOf(k, size)), size), size)
  await cache.write('factor', hash, async (file) => {
    const packed = packLower(lower, size)
    await file.appendFile(packed)
    await file.appendFile(createHash('sha256').update(packed).digest())
  })
  return new StoredFactor(lower, size)
}

/** Undefined when there is none, or when it is not what was written. */
async function readFactor(cache: CacheFolder, hash: string, size: number): Promise<Float64Array | undefined> {
  const file = await cache.open('factor', hash)
  if (file === undefined) return undefined
  try {
    const bytes = await file.readFile()
    const packed = bytes.subarray(0, Math.max(0, bytes.length - HASH_BYTES))
    const found = createHash('sha256').update(packed).digest()
    if (packed.length !== 4 * size * (size + 1) || !found.equals(bytes.subarray(packed.length))) return undefined
    return unpackLower(packed, size)
  } finally {
    await file.close()
  }
}

function lowerOf(cholesky: Cholesky, size: number): Float64Array {
  const columns = cholesky.columns()
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) lower[i * size + j] = columns[j * size + i]!
  return lower
}

/** The lower triangle row by row. */
function packLower(lower: Float64Array, size: number): Uint8Array {
  const packed = new Float64Array((size * (size + 1)) / 2)
  for (let i = 0, at = 0; i < size; at += ++i) packed.set(lower.subarray(i * size, i * size + i + 1), at)
  return new Uint8Array(packed.buffer)
}

function unpackLower(bytes: Uint8Array, size: number): Float64Array {
  const packed = new Float64Array(bytes.slice().buffer)
  const lower = new Float64Array(size * size)
  for (let i = 0, at = 0; i < size; at += ++i) lower.set(packed.subarray(at, at + i + 1), i * size)
  return lower
}
