// A thread of the pool: does what it is sent, in order, on a machine of its own.
import { parentPort, workerData } from 'node:worker_threads'
import { createMachine, perform } from './machine.mjs'

const machine = createMachine(workerData.module)

parentPort.on('message', (work) => {
  try {
    const done = perform(machine, work)
    parentPort.postMessage(
      { done },
      done.outputs.map(({ buffer }) => buffer),
    )
  } catch (error) {
    parentPort.postMessage({ failed: error instanceof Error ? error.message : String(error) })
  }
})
