import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createBatchHasher } from './batch/batch-hasher.mjs'
import { keccakModule } from './batch/keccak-module.ts'
import { hashTop, type PASSES, type TreeArrays } from './batch/tree-work.mjs'
import { PayoutThreadError } from './errors.ts'
import { PAYOUT_ROW_BYTES, packPayouts, shareRows } from './payout-rows.ts'
import { buildPayoutTree, orderLeaves, PayoutTree, type PayoutTreeInput, sortByKey, startTree } from './payout-tree.ts'

/** Below it threads take longer to start than they save. */
const THREADS_FROM = 50_000
/** More have nothing to do: the sort between the passes is one thread's. */
const THREADS_MAX = 16

export interface ThreadOptions {
  /** Default: the number of cores, at most 16. */
  readonly threads?: number
  /** Leaves from which threads are used. */
  readonly threadsFrom?: number
}

/**
 * As `buildPayoutTree`, the same bytes, on worker threads of Node when the tree is large enough for them to pay.
 *
 * Rows from `allocatePayoutRows` are shared with the threads, others are copied once. Memory: see `buildPayoutTree`, and about
 * 10 MB a thread.
 *
 * @throws as `buildPayoutTree`, and {@link PayoutThreadError}
 */
export async function buildPayoutTreeOnThreads(
  input: PayoutTreeInput,
  { threads = availableParallelism(), threadsFrom = THREADS_FROM }: ThreadOptions = {},
): Promise<PayoutTree> {
  const { chainId, distributor } = input
  const rows = 'rows' in input ? input.rows : packPayouts(input.payouts)
  const module = keccakModule()
  const used = Math.min(threads, THREADS_MAX)
  if (module === undefined || used < 2 || rows.length < Math.max(1, threadsFrom) * PAYOUT_ROW_BYTES) {
    return buildPayoutTree({ chainId, distributor, rows })
  }
  const { prefix, tree } = startTree({ chainId, distributor, rows: shareRows(rows) })
  const crew = new Crew(used, { module, prefix, tree })
  try {
    // The threads hash leaves while this one sorts rows.
    const leavesHashed = crew.run('hashLeaves')
    leavesHashed.catch(() => undefined)
    const byKey = sortByKey(tree)
    await leavesHashed
    orderLeaves(tree)
    await crew.run('placeLeaves')
    await crew.run('hashSubtrees')
    hashTop(tree, createBatchHasher(module, prefix))
    return new PayoutTree(input, { ...tree, byKey })
  } finally {
    await crew.end()
  }
}

interface WorkerData {
  readonly module: WebAssembly.Module
  readonly prefix: Uint8Array
  readonly tree: TreeArrays
}

/** Threads that do one pass at a time together. */
class Crew {
  readonly #workers: readonly Worker[]
  readonly #tree: TreeArrays
  /** Rejects when a thread dies, whether or not a pass is under way. */
  readonly #death: Promise<never>

  constructor(threads: number, workerData: WorkerData) {
    this.#tree = workerData.tree
    const script = new URL('./batch/worker.mjs', import.meta.url)
    this.#workers = Array.from({ length: threads }, () => new Worker(script, { workerData }))
    this.#death = new Promise((_, reject) => {
      for (const worker of this.#workers) {
        worker.on('error', (error) => reject(new PayoutThreadError({ reason: error.message }, error)))
        worker.on('exit', (code) => reject(new PayoutThreadError({ reason: `it ended with code ${code}` })))
      }
    })
    this.#death.catch(() => undefined)
  }

  /** @throws {@link PayoutThreadError} */
  async run(pass: keyof typeof PASSES): Promise<void> {
    this.#tree.next[0] = 0
    const done = this.#workers.map((worker) => {
      return new Promise((resolve) => {
        worker.once('message', resolve)
        worker.postMessage(pass)
      })
    })
    await Promise.race([this.#death, Promise.all(done)])
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
