import { parentPort, workerData } from 'node:worker_threads'
import { Shard, type ShardArrays } from './shard.ts'
import { suffixVote } from './suffix-vote.ts'

/** What a thread is started with, in memory that all share; then it is sent outputs and answers each with its scores, in order. */
export interface VoteStart {
  readonly shards: readonly {
    readonly arrays: ShardArrays
    readonly documents: Int32Array
    /** Places in `documents`. */
    readonly withdrawn: readonly number[]
  }[]
  /** One a document; undefined: nobody is told apart. */
  readonly contributors: Int32Array | undefined
}

const { shards: parts, contributors } = workerData as VoteStart
const shards = parts.map(({ arrays, documents }) => new Shard(arrays, documents))
const contributorOf = contributors === undefined ? undefined : (document: number) => contributors[document]!
for (const [at, { withdrawn }] of parts.entries()) if (withdrawn.length > 0) await shards[at]!.withdraw(withdrawn)
parentPort!.on('message', (output: Int32Array) => {
  parentPort!.postMessage(suffixVote(shards, output, contributorOf))
})
