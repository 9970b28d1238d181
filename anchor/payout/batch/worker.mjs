// A thread: does its share of the passes that it is told to, on the arrays it was started with.
import { parentPort, workerData } from 'node:worker_threads'
import { createBatchHasher } from './batch-hasher.mjs'
import { PASSES } from './tree-work.mjs'

const { module, prefix, tree } = workerData
const hasher = createBatchHasher(module, prefix)

parentPort.on('message', (pass) => {
  PASSES[pass](tree, hasher)
  parentPort.postMessage(pass)
})
