import { parentPort, workerData } from 'node:worker_threads'
import { type DataName, loadData, type Parts } from './data.ts'
import { runTraining, type Training } from './learners.ts'

/** What a thread is started with; then it is sent one training after the other and answers with numbers. */
export interface WorkerStart {
  readonly name: DataName
  readonly seed: string
  readonly parts: Parts
}

const { name, seed, parts } = workerData as WorkerStart
const data = await loadData(name, seed, parts)
parentPort!.on('message', (training: Training) => {
  const result = runTraining(data, training)
  parentPort!.postMessage(result, [result.buffer as ArrayBuffer])
})
