/** SHA-256 of `bytes`: a fresh array of 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Length of a SHA-256 digest, of a node and of a root. */
export const HASH_BYTES = 32

/**
 * SHA-256 (FIPS 180-4), synchronous, in Node and in the browser.
 *
 * Node's own implementation uses the processor's SHA instructions; where there is no `node:crypto` the WebAssembly of
 * hash-wasm does the same work. It is compiled once, when this module is loaded, so a page whose content security policy
 * forbids WebAssembly fails at load and not in the middle of a check.
 */
export const sha256: Sha256 = nodeSha256() ?? (await wasmSha256())

function nodeSha256(): Sha256 | undefined {
  // `getBuiltinModule` instead of an import: a bundler for the browser finds nothing here that it cannot resolve.
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined
  const crypto = process.getBuiltinModule('node:crypto')
  return (bytes) => {
    const digest = crypto.hash('sha256', bytes, 'buffer')
    // A plain view: `Buffer.slice` shares memory where `Uint8Array.slice` copies, and callers expect the latter.
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength)
  }
}

/** The browser's SHA-256. Exported so that a test can hold it to Node's. */
export async function wasmSha256(): Promise<Sha256> {
  const { createSHA256 } = await import('hash-wasm')
  const hasher = await createSHA256()
  return (bytes) => hasher.init().update(bytes).digest('binary')
}
