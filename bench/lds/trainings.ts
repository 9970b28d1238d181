import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { BenchData } from './data.ts'
import { LEARNERS, runTraining, type Training } from './learners.ts'
import type { WorkerStart } from './training-worker.ts'

export interface TrainingOptions {
  /** 0: in this thread. */
  readonly threads: number
  /** Where results of earlier runs lie; undefined: nothing is kept. */
  readonly cache?: string
  readonly onProgress?: (done: number, total: number) => void
}

/** A folder in which results are kept from run to run, of this user alone. */
export function defaultCache(): string {
  return join(tmpdir(), `tally-lds-${userInfo().uid}`)
}

/** Trains what no earlier run of the same code has trained. @returns one result a training, in order */
export async function trainAll(
  data: BenchData,
  trainings: readonly Training[],
  options: TrainingOptions,
): Promise<Float64Array[]> {
  const kept = new Cache(data, options.cache)
  const results = trainings.map((training) => kept.read(training))
  const missing = [...trainings.keys()].filter((index) => results[index] === undefined)
  let done = trainings.length - missing.length
  const store = (index: number, result: Float64Array) => {
    results[index] = result
    kept.write(trainings[index]!, result)
    options.onProgress?.(++done, trainings.length)
  }
  if (options.threads === 0) for (const index of missing) store(index, runTraining(data, trainings[index]!))
  else await inThreads(data, trainings, missing, Math.min(options.threads, missing.length), store)
  return results as Float64Array[]
}

async function inThreads(
  { name, seed, parts }: BenchData,
  trainings: readonly Training[],
  missing: readonly number[],
  threads: number,
  store: (index: number, result: Float64Array) => void,
): Promise<void> {
  const queue = [...missing]
  const start: WorkerStart = { name, seed, parts }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const script = new URL(`./training-worker.${extension}`, import.meta.url)
  const runOne = async () => {
    const worker = new Worker(script, { workerData: start })
    try {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        worker.postMessage(trainings[index])
        const [result] = (await once(worker, 'message')) as [Float64Array]
        store(index, result)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: threads }, runOne))
}

/** Results by the hash of everything they follow from. */
class Cache {
  readonly #data: BenchData
  readonly #folder: string | undefined
  readonly #code: string

  constructor(data: BenchData, folder: string | undefined) {
    this.#data = data
    this.#folder = folder
    this.#code = folder === undefined ? '' : codeHash()
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  read(training: Training): Float64Array | undefined {
    if (this.#folder === undefined) return undefined
    try {
      const bytes = readFileSync(this.#path(training))
      return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Renamed into place, so that a run that is ended leaves no half of a result. */
  write(training: Training, result: Float64Array): void {
    if (this.#folder === undefined) return
    const path = this.#path(training)
    writeFileSync(`${path}.${process.pid}`, result)
    renameSync(`${path}.${process.pid}`, path)
  }

  #path(training: Training): string {
    const { name, seed, parts } = this.#data
    const recipe = LEARNERS[training.learner].recipe(this.#data)
    const key = JSON.stringify([this.#code, name, seed, parts, recipe, training])
    return join(this.#folder!, createHash('sha256').update(key).digest('hex'))
  }
}

/** Of the learners and of all files of ours that they import, at any depth: a change of one may change a model. */
function codeHash(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const seen = new Map<string, string>()
  const visit = (url: URL) => {
    if (seen.has(url.href)) return
    const code = readFileSync(url, 'utf8')
    seen.set(url.href, code)
    for (const [, path] of code.matchAll(/from '(\.[^']+)'/g)) visit(new URL(path!, url))
  }
  for (const file of ['data', 'learners']) visit(new URL(`./${file}.${extension}`, import.meta.url))
  const hash = createHash('sha256')
  for (const href of [...seen.keys()].sort()) hash.update(seen.get(href)!)
  return hash.digest('hex')
}
