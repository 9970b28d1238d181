import type { Kafka } from 'kafkajs'
import type { Xoshiro128 } from '../../extractors/random.ts'
import type { RunningKafka } from '../support/kafka/kafka.mjs'
import type { Ingester } from './ingester.ts'
import type { LedgerFolder } from './ledger-folder.ts'
import type { Load } from './load.ts'

/** What a fault has its hands on: a broker, a load that does not stop, an ingester that is started again, its ledger. */
export interface World {
  readonly kafka: RunningKafka
  readonly client: Kafka
  readonly load: Load
  /** Sends messages of a fault beside the load, and on its account. */
  readonly control: Load
  readonly ingester: Ingester
  readonly ledger: LedgerFolder
  readonly random: Xoshiro128
  /** Makes another ledger folder of the same ledger. */
  otherLedger(name: string): LedgerFolder
  say(text: string): void
}

export interface Fault {
  readonly name: string
  readonly nodes: 1 | 3
  /** Does it once, and leaves everything running when it resolves. Called again and again until its time is over. */
  inject(world: World): Promise<void>
}
