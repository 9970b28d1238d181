import { Xoshiro128 } from '../../../extractors/random.ts'

export const EPOCH_INTERVAL_S = 3_600
/** In the past for whoever runs it, so that what is appended later on is later. */
const YEAR_2025_MS = Date.UTC(2025, 0, 1)
const DAYS = 300
const HOUR_MS = 3_600_000

/**
 * The demo's time: it stands still until somebody acts, so that the same seed gives the same append times on every machine.
 * It begins on a full hour of 2025 that the seed chooses.
 */
export class DemoClock {
  readonly #random: Xoshiro128
  readonly startMs: bigint
  #nowMs: bigint

  constructor(seed: string) {
    this.#random = Xoshiro128.fromSeed(seed).fork('clock')
    this.startMs = BigInt(YEAR_2025_MS + this.#random.nextInt(DAYS * 24) * HOUR_MS)
    this.#nowMs = this.startMs
  }

  /** Reads the time and lets 1 to 20 ms pass. */
  tick(): bigint {
    this.#nowMs += BigInt(1 + this.#random.nextInt(20))
    return this.#nowMs
  }

  now(): bigint {
    return this.#nowMs
  }

  /** RFC 3339. */
  text(): string {
    return new Date(Number(this.#nowMs)).toISOString()
  }

  /** Lets time pass until `offset_s` after the start of epoch `epoch` (from 1). */
  moveTo(epoch: number, offset_s: number): void {
    const target = this.startMs + BigInt(((epoch - 1) * EPOCH_INTERVAL_S + offset_s) * 1_000)
    if (target > this.#nowMs) this.#nowMs = target
  }
}
