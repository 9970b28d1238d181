import { Worker } from 'node:worker_threads'
import { kernelModule } from '../kernel/kernel-module.ts'
import { Layout } from '../kernel/layout.ts'
import { createMachine, type Done, type Machine, perform, type Work } from '../kernel/machine.mjs'
import { ShardTooLargeError, SuffixThreadError } from './errors.ts'
import { suffixArray } from './suffix-array.ts'

/** Tokens with separators: some 18 bytes each have to fit into the 4 GiB of a WebAssembly memory. */
export const SHARD_TOKENS_MAX = 1 << 27
/** Fewer are sorted before a thread has started. */
const TOKENS_IN_THREAD_MIN = 1 << 18

export interface SortOptions {
  /** Default: a thread of its own for many tokens. */
  readonly inThread?: boolean
  /** One line when WebAssembly cannot be used. */
  readonly onFallback?: (line: string) => void
  /** Where the module comes from. */
  readonly load?: () => WebAssembly.Module
}

/**
 * The suffix array of a shard, by kernel.wasm in a thread of its own, which gives its memory back when it ends; where WebAssembly
 * cannot be compiled the same places from the plain twin, in the calling thread.
 *
 * @param tokens whole numbers from 0
 * @throws ShardTooLargeError above {@link SHARD_TOKENS_MAX}
 * @throws SuffixThreadError when memory runs out; nothing was changed
 */
export async function sortedSuffixes(
  tokens: Int32Array,
  { inThread = tokens.length >= TOKENS_IN_THREAD_MIN, onFallback, load = kernelModule }: SortOptions = {},
): Promise<Int32Array> {
  if (tokens.length > SHARD_TOKENS_MAX) throw new ShardTooLargeError({ tokens: tokens.length, limit: SHARD_TOKENS_MAX })
  const greatest = tokens.reduce((most, token) => (token > most ? token : most), 0)
  let module: WebAssembly.Module
  try {
    module = load()
  } catch (error) {
    onFallback?.(`Suffixes are sorted without WebAssembly, slowly: ${reasonOf(error)}`)
    return suffixArray(tokens, greatest)
  }
  const machine = createMachine(module)
  const work = sortingWork(machine, tokens, greatest)
  const { outputs } = inThread ? await performInThread(module, work) : performHere(machine, work)
  const [sorted] = outputs
  return new Int32Array(sorted!.buffer)
}

function sortingWork({ functions }: Machine, tokens: Int32Array, greatest: number): Work {
  const { length } = tokens
  const layout = new Layout()
  const textAt = layout.place(length * 4)
  const sortedAt = layout.place(length * 4)
  const scratchAt = layout.place(functions.suffixBytes!(length, greatest))
  return {
    bytes: layout.bytes,
    copies: [{ at: textAt, from: tokens }],
    call: { name: 'suffixArray', args: [textAt, sortedAt, length, greatest, scratchAt] },
    results: [{ at: sortedAt, length: length * 4 }],
  }
}

function performHere(machine: Machine, work: Work): Done {
  try {
    return perform(machine, work)
  } catch (error) {
    throw new SuffixThreadError({ reason: reasonOf(error) })
  }
}

async function performInThread(module: WebAssembly.Module, work: Work): Promise<Done> {
  const worker = new Worker(new URL('../kernel/worker.mjs', import.meta.url), { workerData: { module } })
  try {
    return await new Promise<Done>((resolve, reject) => {
      const fail = (reason: string) => reject(new SuffixThreadError({ reason }))
      worker.on('message', (message: { done: Done } | { failed: string }) =>
        'done' in message ? resolve(message.done) : fail(message.failed),
      )
      worker.on('error', (error) => fail(reasonOf(error)))
      worker.on('exit', (code) => fail(`it ended with code ${code}`))
      worker.postMessage(work)
    })
  } finally {
    await worker.terminate()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
