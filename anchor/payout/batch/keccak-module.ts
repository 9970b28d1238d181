let compiled: WebAssembly.Module | null | undefined

/**
 * keccak.wasm, compiled once in a process.
 *
 * @returns undefined where there is no Node to read it with (a browser), or no SIMD
 */
export function keccakModule(): WebAssembly.Module | undefined {
  if (compiled === undefined) compiled = compile()
  return compiled ?? undefined
}

function compile(): WebAssembly.Module | null {
  // `getBuiltinModule` instead of an import, as in anchor/hash.ts: a bundler for the browser finds nothing to resolve.
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return null
  const bytes = process.getBuiltinModule('node:fs').readFileSync(new URL('./keccak.wasm', import.meta.url))
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null
}
