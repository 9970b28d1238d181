import { Worker } from 'node:worker_threads'
import type { Scores } from './arithmetic.ts'
import { VoteThreadError } from './errors.ts'
import type { Shard } from './shard.ts'
import { suffixVote } from './suffix-vote.ts'
import type { VoteStart } from './vote-worker.ts'

/** So many are scored before threads have started. */
const SCORED_HERE = 16

interface Waiting {
  readonly resolve: (scores: Scores) => void
  readonly reject: (error: Error) => void
}

/**
 * Suffix-votes of many outputs, on threads that share the corpus: the same scores as {@link suffixVote}, whatever their number.
 * They start with the 17th output and are ended by {@link close}.
 */
export class VoteThreads {
  readonly #shards: readonly Shard[]
  readonly #contributors: Int32Array | undefined
  readonly #count: number
  #threads: VoteThread[] = []
  #asked = 0

  /** @param count 1: everything in the calling thread */
  constructor(shards: readonly Shard[], contributors: Int32Array | undefined, count: number) {
    this.#shards = shards
    this.#contributors = contributors
    this.#count = count
  }

  /** @throws VoteThreadError */
  async score(output: Int32Array): Promise<Scores> {
    const contributors = this.#contributors
    const asked = this.#asked++
    if (this.#count === 1 || asked < SCORED_HERE)
      return suffixVote(this.#shards, output, contributors && ((document) => contributors[document]!))
    if (this.#threads.length === 0) {
      const start = startOf(this.#shards, contributors)
      this.#threads = Array.from({ length: this.#count }, () => new VoteThread(start))
    }
    return this.#threads[asked % this.#count]!.score(output)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()))
  }
}

/** One worker; answers come in the order of the questions. */
class VoteThread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined

  constructor(start: VoteStart) {
    this.#worker = new Worker(new URL('./vote-worker.js', import.meta.url), { workerData: start })
    this.#worker.on('message', (scores: Scores) => this.#waiting.shift()?.resolve(scores))
    this.#worker.on('error', (error) => this.#fail(error.message))
    this.#worker.on('exit', (code) => this.#fail(`it ended with code ${code}`))
  }

  score(output: Int32Array): Promise<Scores> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(output)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(reason: string): void {
    this.#failure ??= new VoteThreadError({ reason })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

function startOf(shards: readonly Shard[], contributors: Int32Array | undefined): VoteStart {
  return {
    shards: shards.map(({ arrays: { tokens, suffixes, starts }, documents, withdrawn }) => ({
      arrays: { tokens: shared(tokens), suffixes: shared(suffixes), starts: shared(starts) },
      documents: shared(documents),
      withdrawn,
    })),
    contributors: contributors === undefined ? undefined : shared(contributors),
  }
}

function shared(values: Int32Array): Int32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values
  const copy = new Int32Array(new SharedArrayBuffer(values.byteLength))
  copy.set(values)
  return copy
}
