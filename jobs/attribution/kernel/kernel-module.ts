import { readFileSync } from 'node:fs'

const WASM = new URL('./kernel.wasm', import.meta.url)
let compiled: WebAssembly.Module | undefined

/**
 * kernel.wasm, compiled once in a process (some milliseconds).
 *
 * @throws WebAssembly.CompileError where this machine's Node has no SIMD, and what reading a file throws
 */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(WASM))
  return compiled
}
