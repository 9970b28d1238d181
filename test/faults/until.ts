import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50

/**
 * Waits until it is so.
 *
 * @param complaint what to say when it is not so in time
 */
export async function until(
  is: () => boolean | Promise<boolean>,
  limit_ms: number,
  complaint: () => string,
): Promise<void> {
  const deadline_ms = performance.now() + limit_ms
  while (!(await is())) {
    if (performance.now() > deadline_ms) throw new Error(complaint())
    await sleep(POLL_MS)
  }
}
