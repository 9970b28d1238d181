import { Worker } from 'node:worker_threads'
import { TallyError } from '../../../schemas/errors.ts'
import { createMachine, type Done, type Machine, perform, type Work } from './machine.mjs'

/** Work that a thread has while it does other work, so that it never waits for a message. */
const AHEAD = 2

export class KernelThreadError extends TallyError {
  override readonly code = 'KERNEL_THREAD_FAILED'
  constructor(facts: { reason: string }) {
    super(`A thread of the attribution kernel failed: ${facts.reason}.`, {
      facts,
      retriable: true,
      hint: 'Nothing was changed. If memory ran out, use fewer threads.',
    })
  }
}

/** One of many pieces of a job; what comes back goes to `onDone`, in any order. */
export interface Block {
  readonly work: Work
  readonly onDone?: (done: Done) => void
}

/** A job in pieces that any thread may do. */
export interface Job {
  /** What each thread does first: shared inputs, sums set to 0. */
  readonly first?: Work
  readonly blocks: Iterable<Block>
  /** What each thread that did a block does last: its sums. */
  readonly last?: Block
}

/** Does jobs one after the other, the blocks of a job on all its threads. */
export interface Pool {
  readonly threads: number
  /** @throws KernelThreadError */
  run(job: Job): Promise<void>
  /** Ends the threads; what runs fails. */
  close(): Promise<void>
}

/**
 * Threads that each have a machine of their own. They start with the first job that has more than one block; a job of one
 * block, and everything when `threads` is 1, runs in the calling thread.
 */
export class ThreadPool implements Pool {
  readonly threads: number
  readonly #module: WebAssembly.Module
  readonly #own: Machine
  #threads: Thread[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(module: WebAssembly.Module, threads: number) {
    this.threads = threads
    this.#module = module
    this.#own = createMachine(module)
  }

  run(job: Job): Promise<void> {
    const done = this.#turn.then(() => this.#run(job))
    this.#turn = done.catch(() => undefined)
    return done
  }

  async close(): Promise<void> {
    const threads = this.#threads
    this.#threads = []
    await Promise.all(threads.map((thread) => thread.end()))
  }

  async #run(job: Job): Promise<void> {
    const blocks = new Ahead(job.blocks)
    if (this.threads === 1 || !blocks.hasSeveral()) return runHere(this.#own, job, blocks)
    if (this.#threads.length === 0) this.#threads = Array.from({ length: this.threads }, () => new Thread(this.#module))
    try {
      await Promise.all(this.#threads.map((thread) => runOn(thread, job, blocks)))
    } catch (error) {
      // The others still have work of a job that nobody waits for.
      await this.close()
      throw error
    }
  }
}

/** Blocks are made when a thread is free; the second one early, to see whether there is one. */
class Ahead {
  readonly #source: Iterator<Block>
  readonly #made: Block[] = []

  constructor(blocks: Iterable<Block>) {
    this.#source = blocks[Symbol.iterator]()
  }

  hasSeveral(): boolean {
    while (this.#made.length < 2) {
      const { value, done } = this.#source.next()
      if (done === true) break
      this.#made.push(value)
    }
    return this.#made.length > 1
  }

  next(): Block | undefined {
    const made = this.#made.shift()
    if (made !== undefined) return made
    const { value, done } = this.#source.next()
    return done === true ? undefined : value
  }
}

async function runHere(machine: Machine, job: Job, blocks: Ahead): Promise<void> {
  try {
    if (job.first !== undefined) perform(machine, job.first)
    for (let block = blocks.next(); block !== undefined; block = blocks.next()) {
      doHere(machine, block)
      await yieldToOthers()
    }
    if (job.last !== undefined) doHere(machine, job.last)
  } catch (error) {
    throw asThreadError(error)
  }
}

function doHere(machine: Machine, { work, onDone }: Block): void {
  const done = perform(machine, work)
  onDone?.(done)
}

function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function runOn(thread: Thread, job: Job, blocks: Ahead): Promise<void> {
  const pending: Promise<void>[] = []
  const send = ({ work, onDone }: Block) => {
    const done = thread.perform(work).then((result) => onDone?.(result))
    // When the thread dies all of them fail, and only the first is waited for.
    done.catch(() => undefined)
    pending.push(done)
  }
  let isUsed = false
  for (let block = blocks.next(); block !== undefined; block = blocks.next()) {
    if (!isUsed && job.first !== undefined) send({ work: job.first })
    isUsed = true
    send(block)
    while (pending.length > AHEAD) await pending.shift()
  }
  if (isUsed && job.last !== undefined) send(job.last)
  await Promise.all(pending)
}

interface Waiting {
  readonly resolve: (done: Done) => void
  readonly reject: (error: Error) => void
}

/** One worker; answers come in the order of the questions. */
class Thread {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined

  constructor(module: WebAssembly.Module) {
    this.#worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { module } })
    // An idle pool keeps no process alive.
    this.#worker.unref()
    this.#worker.on('message', (message: { done: Done } | { failed: string }) => {
      const waiting = this.#waiting.shift()
      if (this.#waiting.length === 0) this.#worker.unref()
      if ('done' in message) waiting?.resolve(message.done)
      else waiting?.reject(asThreadError(message.failed))
    })
    this.#worker.on('error', (error) => this.#fail(asThreadError(error)))
    this.#worker.on('exit', (code) => this.#fail(asThreadError(`it ended with code ${code}`)))
  }

  perform(work: Work): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      this.#worker.ref()
      const copies = work.copies.map(({ at, from }) => ({ at, from: isShared(from) ? from : copyOf(from) }))
      const transferred = copies.flatMap(({ from }) => (from.buffer instanceof ArrayBuffer ? [from.buffer] : []))
      this.#worker.postMessage({ ...work, copies }, transferred)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

function isShared({ buffer }: ArrayBufferView): boolean {
  return buffer instanceof SharedArrayBuffer
}

function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(byteLength)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}

function asThreadError(error: unknown): KernelThreadError {
  if (error instanceof KernelThreadError) return error
  return new KernelThreadError({ reason: error instanceof Error ? error.message : String(error) })
}
