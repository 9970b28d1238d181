import { type Alarm, alarmKey } from './alarm.ts'

/** Which alarms are up, and when each was last told. An alarm that goes on is told again at an interval. */
export class AlarmBook {
  readonly #repeat_ms: number
  readonly #told = new Map<string, { alarm: Alarm; at_ms: number }>()

  constructor(repeat_ms: number) {
    this.#repeat_ms = repeat_ms
  }

  /** All that are up. */
  get up(): readonly Alarm[] {
    return [...this.#told.values()].map(({ alarm }) => alarm)
  }

  /**
   * Takes what the newest look found: what is not among it any more is down.
   *
   * @param now_ms of a clock that never goes back
   * @returns those to tell now: new ones, and old ones whose interval has passed
   */
  replace(alarms: readonly Alarm[], now_ms: number): Alarm[] {
    const keys = new Set(alarms.map(alarmKey))
    for (const key of this.#told.keys()) if (!keys.has(key)) this.#told.delete(key)
    return alarms.filter((alarm) => this.#isDue(alarm, now_ms))
  }

  /** Adds one, whatever else is up. @returns whether to tell it now */
  add(alarm: Alarm, now_ms: number): boolean {
    return this.#isDue(alarm, now_ms)
  }

  #isDue(alarm: Alarm, now_ms: number): boolean {
    const key = alarmKey(alarm)
    const before = this.#told.get(key)
    const isDue = before === undefined || now_ms - before.at_ms >= this.#repeat_ms
    this.#told.set(key, { alarm, at_ms: isDue ? now_ms : before.at_ms })
    return isDue
  }
}
