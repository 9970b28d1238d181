import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaPartition } from './kafka-partition.ts'

/** What one partition may hold of fetched records, and all together; what one fetch brings may come on top. */
const PARTITION_BYTES_MAX = 16 * 1024 * 1024
const BYTES_MAX = 64 * 1024 * 1024
const PARTITION_PIECES_MAX = 16
/** How long a full partition holds up the others; then it alone is paused until half of it was stored. */
const FULL_MS_MAX = 500
/** How often whoever waits tells the broker that it lives; the client sends less when that is too often. */
const HEARTBEAT_MS = 250

export interface FetchSwitch {
  readonly pause: (partition: KafkaPartition) => void
  readonly resume: (partition: KafkaPartition) => void
}

/** Bounds what was fetched and is not yet stored: by holding up the fetch, and by pausing a partition that stays full. */
export class HeldBytes {
  readonly #switch: FetchSwitch
  #partitions: readonly KafkaPartition[] = []
  readonly #paused = new Set<KafkaPartition>()
  readonly #waiting = new Set<() => void>()

  constructor(fetchSwitch: FetchSwitch) {
    this.#switch = fetchSwitch
  }

  /** Those that are counted from now on; whoever waits for others goes on. */
  reset(partitions: readonly KafkaPartition[]): void {
    this.#partitions = partitions
    this.#paused.clear()
    this.#wake()
  }

  /** Something of the partition was stored. */
  moved(partition: KafkaPartition): void {
    const roomy = partition.heldBytes <= PARTITION_BYTES_MAX / 2 && partition.waiting <= PARTITION_PIECES_MAX / 2
    if (roomy && this.#paused.delete(partition) && !partition.fetchedToEnd) this.#switch.resume(partition)
    this.#wake()
  }

  /** Resolves when more may be fetched. @throws whatever the heartbeat throws, for instance that the group rebalances */
  async room(partition: KafkaPartition, heartbeat: () => Promise<void>): Promise<void> {
    const since = Date.now()
    while (!partition.stopped && (this.#isFull(partition) || this.#total() > BYTES_MAX)) {
      if (this.#isFull(partition) && Date.now() - since >= FULL_MS_MAX) {
        this.#paused.add(partition)
        this.#switch.pause(partition)
        continue
      }
      await this.#wakened()
      await heartbeat()
    }
  }

  #isFull(partition: KafkaPartition): boolean {
    const full = partition.heldBytes > PARTITION_BYTES_MAX || partition.waiting > PARTITION_PIECES_MAX
    return full && !this.#paused.has(partition)
  }

  #total(): number {
    return this.#partitions.reduce((sum, { heldBytes }) => sum + heldBytes, 0)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  async #wakened(): Promise<void> {
    const woken = new Promise<void>((resolve) => this.#waiting.add(resolve))
    await Promise.race([woken, sleep(HEARTBEAT_MS, undefined, { ref: false })])
  }
}
