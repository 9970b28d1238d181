import { existsSync } from 'node:fs'
import { type PublishedLetters, publishDeadLetters } from '../pipelines/dead-letters/publish.ts'
import { printWarning } from './output.ts'
import type { Session } from './session.ts'

/**
 * Sends the dead letters that wait to their topics. What stops a topic stops nothing else: its letters wait.
 *
 * @returns null before the ledger is founded: a letter carries the ledger's id
 */
export async function publishLetters(session: Session): Promise<PublishedLetters | null> {
  if (!existsSync(session.directory.genesis)) return null
  const { ledgerId, warehouse } = await session.ledger()
  const { sink } = await session.log()
  return publishDeadLetters({ warehouse, ledgerId, sink, clock: session.clock })
}

/** Says on stderr which dead-letter topics could not be written. */
export function warnOfStopped(published: PublishedLetters | null): void {
  for (const { topic, message, hint } of published?.stopped ?? [])
    printWarning(`Dead letters wait for ${topic}: ${message}`, hint)
}
