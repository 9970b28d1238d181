import { parentPort, workerData } from 'node:worker_threads'
import { keccak256 } from '../../anchor/payout/keccak256.ts'

export interface HashingTask {
  readonly with: 'keccak.wasm' | 'hash-wasm'
  /** Of this thread. */
  readonly leaves: number
  readonly module: WebAssembly.Module
}

const BLOCK = 1024
const WARM_UP = 20_000
const PAGE_BYTES = 65_536

const task = workerData as HashingTask
const hash = task.with === 'keccak.wasm' ? inBatches(task.module) : oneByOne

parentPort!.on('message', (message: string) => {
  hash(message === 'hash' ? task.leaves : WARM_UP)
  parentPort!.postMessage(message)
})

function inBatches(module: WebAssembly.Module): (leaves: number) => void {
  const { memory, leaves, nodes } = new WebAssembly.Instance(module, {}).exports as {
    memory: WebAssembly.Memory
    leaves: (rows: number, count: number, out: number) => void
    nodes: (children: number, count: number, out: number) => void
  }
  memory.grow(3)
  return (count) => {
    for (const hashBlock of [leaves, nodes]) {
      for (let done = 0; done < count; done += BLOCK) {
        hashBlock(PAGE_BYTES, Math.min(BLOCK, count - done), 3 * PAGE_BYTES)
      }
    }
  }
}

function oneByOne(count: number): void {
  const [leaf, node] = [new Uint8Array(160), new Uint8Array(64)]
  for (let i = 0; i < count; i++) keccak256(keccak256(leaf))
  for (let i = 0; i < count; i++) keccak256(node)
}
