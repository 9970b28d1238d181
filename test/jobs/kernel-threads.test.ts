import { describe, expect, test } from '@jest/globals'
import { kernelModule } from '../../jobs/attribution/kernel/kernel-module.ts'
import { createMachine, type Work } from '../../jobs/attribution/kernel/machine.mjs'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import { type Job, KernelThreadError, type Pool, ThreadPool } from '../../jobs/attribution/kernel/pool.ts'
import { WasmKernels } from '../../jobs/attribution/kernel/wasm-kernels.ts'
import { type Numbers, numbers } from './kernel-numbers.ts'

const EMPTY: Work = { bytes: 65_536, copies: [], results: [] }
const BROKEN: Work = { ...EMPTY, call: { name: 'noSuchFunction', args: [] } }

/** The blocks of each job in another order each time. */
class ShuffledPool implements Pool {
  readonly threads: number
  readonly #inner: Pool
  readonly #random: Numbers

  constructor(inner: Pool, seed: number) {
    this.threads = 7
    this.#inner = inner
    this.#random = numbers(seed)
  }

  run(job: Job): Promise<void> {
    const blocks = [...job.blocks]
    for (let at = blocks.length - 1; at > 0; at--) {
      const other = this.#random.below(at + 1)
      const block = blocks[at]!
      blocks[at] = blocks[other]!
      blocks[other] = block
    }
    return this.#inner.run({ ...job, blocks })
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

describe('threads', () => {
  test('whatever thread does which block in which order, the bits are the same', async () => {
    const random = numbers(3)
    const [count, rank, classes] = [500, 12, 4]
    const rows = {
      count,
      rank,
      classes,
      factors: Int8Array.from({ length: count * rank }, () => random.between(-63, 63)),
      multipliers: Uint16Array.from({ length: count }, () => random.below(65_536)),
      errors: random.int16(count * classes, 1_000),
      errorSumMax: 4_000,
    }
    const vectors = random.int16(9 * rank * classes, 32_767)
    const shifts = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8)
    const limb = random.int16(count, 30_000).map(Math.abs)
    const m = [Float64Array.from(limb), Float64Array.from(limb), Float64Array.from(limb)] as const
    const group = Uint32Array.from({ length: count }, () => random.below(5))
    // Rows of equal score compete for the last places.
    const few = { vectors: vectors.map((value) => value >> 14), weights: new Uint32Array(count).fill(1 << 20) }
    const query = { ...few, segmentOf: group, segments: 5, top: 20 }
    const all = async (kernels: Pick<typeof plainKernels, keyof typeof plainKernels>) => [
      await kernels.movements(rows, vectors, shifts),
      await kernels.weightedSum(rows, m),
      await kernels.groupGradients(rows, new Uint32Array(count).fill(2 ** 21 - 1), group, 5),
      await kernels.scorePairs(rows, query),
    ]
    const wanted = await all(plainKernels)
    const machine = createMachine(kernelModule())
    for (const seed of [1, 2, 3]) {
      const kernels = new WasmKernels(new ShuffledPool(new ThreadPool(kernelModule(), 2), seed), machine)
      expect(await all(kernels)).toEqual(wanted)
      await kernels.close()
    }
  })

  test.each([1, 2])('a failure in one of %i threads is reported, and the pool goes on', async (threads) => {
    const pool = new ThreadPool(kernelModule(), threads)
    const failing = pool.run({ blocks: [{ work: EMPTY }, { work: BROKEN }, { work: EMPTY }, { work: EMPTY }] })
    await expect(failing).rejects.toThrow(KernelThreadError)
    await expect(failing).rejects.toThrow(/not a function/)
    let done = 0
    const onDone = () => {
      done++
    }
    await pool.run({ blocks: Array.from({ length: 5 }, () => ({ work: EMPTY, onDone })) })
    expect(done).toBe(5)
    await pool.close()
  })

  test('more memory than there is is an error, not a crash', async () => {
    const pool = new ThreadPool(kernelModule(), 1)
    await expect(pool.run({ blocks: [{ work: { ...EMPTY, bytes: 2 ** 33 } }] })).rejects.toThrow(KernelThreadError)
    await pool.close()
  })

  test('jobs that are asked for at once do not disturb each other', async () => {
    const kernels = openKernels({ threads: 2 })
    const random = numbers(5)
    const rows = {
      count: 300,
      rank: 8,
      classes: 1,
      factors: Int8Array.from({ length: 2_400 }, () => random.between(-63, 63)),
      multipliers: new Uint16Array(300),
      errors: new Int16Array(300).fill(1),
      errorSumMax: 1,
    }
    const asked = [1, 2, 3, 4].map((value) => new Int32Array(8).fill(value))
    const found = await Promise.all(asked.map((v) => kernels.project(rows, v)))
    expect(found).toEqual(await Promise.all(asked.map((v) => plainKernels.project(rows, v))))
    await kernels.close()
  })

  test('closing ends what runs with an error', async () => {
    const pool = new ThreadPool(kernelModule(), 2)
    const running = pool.run({ blocks: Array.from({ length: 1_000 }, () => ({ work: EMPTY })) })
    const outcome = expect(running).rejects.toThrow(KernelThreadError)
    await new Promise((resolve) => setImmediate(resolve))
    await pool.close()
    await outcome
  })
})

test('where WebAssembly cannot be compiled the plain kernels are used, with one line', () => {
  const lines: string[] = []
  const load = () => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109))
  expect(openKernels({ load, onFallback: (line) => lines.push(line) })).toBe(plainKernels)
  expect(lines).toEqual([expect.stringMatching(/^Attribution runs without WebAssembly, slowly: .*WebAssembly\.Module/)])
})
