import { Worker } from 'node:worker_threads'
import { keccakModule } from '../../anchor/payout/batch/keccak-module.ts'
import type { HashingTask } from './hashing-thread.ts'
import type { MeasuredTree } from './measured.ts'

/**
 * The hashes of a tree and nothing else: two keccaks of 160 and 32 bytes a leaf and one of 64 an inner node, shared out evenly,
 * over the same block of messages again and again. Threads are up, and have hashed before, when the clock starts.
 */
export async function hashOnThreads(task: Omit<HashingTask, 'module'> & { threads: number }): Promise<MeasuredTree> {
  const { threads, leaves } = task
  const script = new URL('./hashing-thread.js', import.meta.url)
  const workers = Array.from({ length: threads }, (_, thread) => {
    const own = Math.floor(((thread + 1) * leaves) / threads) - Math.floor((thread * leaves) / threads)
    const workerData: HashingTask = { with: task.with, leaves: own, module: keccakModule()! }
    return new Worker(script, { workerData })
  })
  const answers = (message: string) =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve).once('error', reject)
            worker.postMessage(message)
          }),
      ),
    )
  await answers('warm up')
  const before_mib = process.memoryUsage.rss() / 2 ** 20
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  await answers('hash')
  const wall_ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  await Promise.all(workers.map((worker) => worker.terminate()))
  return { wall_ms, cpu_ms: (user + system) / 1e3, before_mib, peak_mib: process.resourceUsage().maxRSS / 1024 }
}
