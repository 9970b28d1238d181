import { setTimeout as sleep } from 'node:timers/promises'
import { type PublishedLetters, publishDeadLetters, waitingTopics } from '../../pipelines/dead-letters/publish.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { printWarning } from '../output.ts'

/** How long a dead letter may wait for its topic, as long as that takes it. */
const PAUSE_MS = 2_000

export interface LetterOutboxOptions {
  /** A connection of its own. */
  readonly warehouse: Database
  readonly sink: RecordSink
  /** Undefined until the ledger is founded: a letter carries the ledger's id. */
  readonly ledgerId: () => Uint8Array | undefined
  readonly clock: () => bigint
}

/**
 * Sends dead letters to their topics until the signal aborts. A topic that refuses is said once, and tried again each time:
 * its letters wait, and nothing else does.
 */
export async function runLetterOutbox(options: LetterOutboxOptions, signal: AbortSignal): Promise<void> {
  const { ledgerId, ...ports } = options
  let said = ''
  while (!signal.aborted) {
    const id = ledgerId()
    if (id !== undefined) said = say(await publishDeadLetters({ ...ports, ledgerId: id, signal }), said)
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined) // only the signal ends a pause early
  }
}

function say({ stopped }: PublishedLetters, before: string): string {
  const now = stopped.map(({ topic, code }) => `${topic} ${code}`).join()
  if (now !== before)
    for (const { topic, message, hint } of stopped) printWarning(`Dead letters wait for ${topic}: ${message}`, hint)
  return now
}

/** Dead letters that are still to be sent. */
export async function waitingLetters(warehouse: Database): Promise<number> {
  return (await waitingTopics(warehouse)).reduce((sum, { waiting }) => sum + waiting, 0)
}
