import { Xoshiro128 } from '../../../extractors/random.ts'

export const EPOCH_INTERVAL_S = 3_600
/** In the past for whoever runs it, so that what is appended later on is later. */
const YEAR_2025_MS = Date.UTC(2025, 0, 1)
const DAYS = 300
const DAY_S = 86_400

/**
 * The demo's time: it stands still until somebody acts, so that the same seed gives the same append times on every machine.
 * It begins with an epoch of 2025 that the seed chooses, unless epochs are too long for a choice.
 */
export class DemoClock {
  readonly #random: Xoshiro128
  readonly startMs: bigint
  readonly #interval_s: number
  #nowMs: bigint

  constructor(seed: string, interval_s = EPOCH_INTERVAL_S) {
    this.#random = Xoshiro128.fromSeed(seed).fork('clock')
    this.#interval_s = interval_s
    const first = Math.ceil(YEAR_2025_MS / (interval_s * 1_000))
    const choices = interval_s > DAY_S ? 1 : Math.floor((DAYS * DAY_S) / interval_s)
    this.startMs = BigInt((first + this.#random.nextInt(choices)) * interval_s * 1_000)
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
    const target = this.startMs + BigInt(((epoch - 1) * this.#interval_s + offset_s) * 1_000)
    if (target > this.#nowMs) this.#nowMs = target
  }
}
