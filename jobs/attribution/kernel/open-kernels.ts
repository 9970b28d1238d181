import { availableParallelism } from 'node:os'
import { kernelModule } from './kernel-module.ts'
import type { Kernels } from './kernels.ts'
import { createMachine } from './machine.mjs'
import { plainKernels } from './plain.ts'
import { ThreadPool } from './pool.ts'
import { WasmKernels } from './wasm-kernels.ts'

export interface KernelOptions {
  /** Default: the number of cores; 1: everything in the calling thread. */
  readonly threads?: number
  /** One line when WebAssembly cannot be used. */
  readonly onFallback?: (line: string) => void
  /** Where the module comes from. */
  readonly load?: () => WebAssembly.Module
}

/**
 * The fastest kernels that this machine has. Close them when done.
 *
 * kernel.wasm (built by `npm run kernel`) on threads; where it cannot be compiled the same sums in TypeScript on one thread,
 * which give the same bits much more slowly.
 */
export function openKernels({ threads, onFallback, load = kernelModule }: KernelOptions = {}): Kernels {
  try {
    const module = load()
    return new WasmKernels(new ThreadPool(module, threads ?? availableParallelism()), createMachine(module))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onFallback?.(`Attribution runs without WebAssembly, slowly: ${reason}`)
    return plainKernels
  }
}

let shared: Kernels | undefined

/**
 * Kernels for many short questions: opened with the first one and never closed, since starting threads takes longer than a short
 * question does. Idle threads keep no process alive.
 */
export function sharedKernels(): Kernels {
  shared ??= openKernels()
  return shared
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
