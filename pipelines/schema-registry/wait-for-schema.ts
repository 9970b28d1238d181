import { RegistryUnavailableError } from './errors.ts'
import { pause } from './request.ts'
import type { FoundSchema, SchemaRegistry } from './schema-registry.ts'

const FIRST_PAUSE_MS = 1_000
const PAUSE_MS_MAX = 30_000
const WAITED_MS_MAX = 10 * 60_000

export interface WaitOptions {
  /** The sum of pauses after which waiting ends. Default: ten minutes. */
  readonly waitedMsMax?: number
  readonly firstPauseMs?: number
  readonly signal?: AbortSignal
  /** Before each pause. */
  readonly onWaiting: (error: RegistryUnavailableError, pauseMs: number) => void
}

/**
 * What the registry has under an id, as soon as it answers. A registry that is down says nothing about the schema, so
 * whoever reads records with it has to wait.
 *
 * @throws RegistryUnavailableError, which is retriable, when it did not come back for a long while, or `signal` ends the wait
 * @throws whatever else `schemaOfId` throws, at once
 */
export async function waitForSchema(registry: SchemaRegistry, id: number, options: WaitOptions): Promise<FoundSchema> {
  const { waitedMsMax = WAITED_MS_MAX, firstPauseMs = FIRST_PAUSE_MS, signal } = options
  let pauseMs = firstPauseMs
  for (let waitedMs = 0; ; waitedMs += pauseMs, pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return await registry.schemaOfId(id)
    } catch (error) {
      if (!(error instanceof RegistryUnavailableError)) throw error
      if (signal?.aborted || waitedMs + pauseMs > waitedMsMax) throw error
      options.onWaiting(error, pauseMs)
      await pause(pauseMs, signal)
    }
  }
}
