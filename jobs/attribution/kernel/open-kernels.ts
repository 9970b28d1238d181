import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { Kernels } from './kernels.ts'
import { createMachine } from './machine.mjs'
import { plainKernels } from './plain.ts'
import { ThreadPool } from './pool.ts'
import { WasmKernels } from './wasm-kernels.ts'

const WASM = new URL('./kernel.wasm', import.meta.url)

export interface KernelOptions {
  /** Default: the number of cores; 1: everything in the calling thread. */
  readonly threads?: number
  /** One line when WebAssembly cannot be used. */
  readonly onFallback?: (line: string) => void
  /** Default: kernel.wasm beside this file. */
  readonly wasm?: Uint8Array<ArrayBuffer>
}

/**
 * The fastest kernels that this machine has. Close them: threads may be waiting.
 *
 * WebAssembly SIMD (every Node that we run on has it; kernel.wasm is built by `npm run kernel`), and where it cannot be
 * compiled the same sums in TypeScript, which give the same bits, some twenty times slower.
 */
export async function openKernels(options: KernelOptions = {}): Promise<Kernels> {
  try {
    const module = await WebAssembly.compile(options.wasm ?? (await readFile(WASM)))
    const pool = new ThreadPool(module, options.threads ?? availableParallelism())
    return new WasmKernels(pool, createMachine(module))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    options.onFallback?.(`Attribution runs without WebAssembly, slowly: ${reason}`)
    return plainKernels
  }
}

/** Opens kernels for as long as `work` takes. */
export async function withKernels<Result>(
  work: (kernels: Kernels) => Promise<Result>,
  options: KernelOptions = {},
): Promise<Result> {
  const kernels = await openKernels(options)
  try {
    return await work(kernels)
  } finally {
    await kernels.close()
  }
}
