import { setTimeout as sleep } from 'node:timers/promises'
import { type Alarm, alarmOf } from './alarm.ts'
import { AlarmBook } from './alarm-book.ts'
import type { Look } from './watcher.ts'

/** Looks in a row that fail before the watcher says that it is blind. */
const BLIND_LOOKS = 5

export interface WatchOptions {
  readonly watcher: { look(): Promise<Look> }
  /** Between two looks. */
  readonly poll_ms: number
  /** Between two times that an alarm which goes on is told. */
  readonly repeat_ms: number
  /** Ends it, after the look at hand. */
  readonly signal: AbortSignal
  readonly onLook: (look: Look) => void
  /** A look that failed; the next one tries again. */
  readonly onFailure: (error: unknown) => void
  /** An alarm to tell now. */
  readonly onAlarm: (alarm: Alarm) => void
  /** After each look: all alarms that are up. */
  readonly onAlarmsUp: (alarms: readonly Alarm[]) => void
}

/** Looks again and again. Nothing that a look meets ends it: what keeps it from seeing becomes an alarm of its own. */
export async function watch(options: WatchOptions): Promise<void> {
  const book = new AlarmBook(options.repeat_ms)
  let failed = 0
  while (!options.signal.aborted) {
    try {
      const look = await options.watcher.look()
      failed = 0
      options.onLook(look)
      for (const alarm of book.replace(look.alarms, performance.now())) options.onAlarm(alarm)
    } catch (error) {
      failed += 1
      options.onFailure(error)
      if (failed >= BLIND_LOOKS) {
        const alarm = blind(error)
        if (book.add(alarm, performance.now())) options.onAlarm(alarm)
      }
    }
    options.onAlarmsUp(book.up)
    await sleep(options.poll_ms, undefined, { signal: options.signal }).catch(() => undefined) // aborted: the loop ends
  }
}

function blind(error: unknown): Alarm {
  const cause = error instanceof Error ? error.message : String(error)
  const message = `The watcher sees nothing: ${BLIND_LOOKS} looks in a row failed. ${cause}`
  return alarmOf({ kind: 'blind', message, difference: null, command: null })
}
