import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalAccount } from 'viem'
import type { ChainConnection } from './connect.ts'
import { NotFinalYetError, RpcRefusedError, RpcUnreachableError } from './errors.ts'
import { RpcMalformedError } from './sending-errors.ts'
import type { TransactionStore } from './transaction-store.ts'

/** How long to wait for finality, and how often to look. */
export interface WaitLimits {
  readonly poll_ms: number
  readonly timeout_ms: number
}

/** Who sends, where, and where it is written down. */
export interface SendContext {
  readonly connection: ChainConnection
  readonly store: TransactionStore
  readonly account: LocalAccount
  /** Default: a quarter of an hour fits in it where a chain finalizes; half a minute on a local one. */
  readonly wait?: WaitLimits
}

/** Looks in a row that may find no node, or one that refuses to answer, before a call gives up. */
const FAILED_LOOKS_MAX = 5

function defaultWait({ entry }: ChainConnection): WaitLimits {
  return entry.finalityTag === 'latest'
    ? { poll_ms: 50, timeout_ms: 30_000 }
    : { poll_ms: 4_000, timeout_ms: 3_600_000 }
}

/** What a look at the chain found: the end, or why to look again, perhaps with the error to end with when time is over. */
export type Looked<Result> = { readonly result: Result } | { readonly wait: string; readonly because?: Error }

/**
 * Looks until there is a result. A node that is away or talks nonsense for a moment is asked again.
 *
 * @throws {@link NotFinalYetError}, or what the last look gave as its reason, when the time is over; what `look` throws
 */
export async function lookUntil<Result>(
  context: SendContext,
  intent: string,
  look: () => Promise<Looked<Result>>,
): Promise<Result> {
  const { poll_ms, timeout_ms } = context.wait ?? defaultWait(context.connection)
  const deadline = performance.now() + timeout_ms
  let failed = 0
  for (;;) {
    let looked: Looked<Result>
    try {
      looked = await look()
      failed = 0
    } catch (error) {
      failed += 1
      if (!isPassing(error) || failed >= FAILED_LOOKS_MAX) throw error
      looked = { wait: error.message }
    }
    if ('result' in looked) return looked.result
    if (performance.now() >= deadline) {
      throw looked.because ?? new NotFinalYetError({ intent, waited_ms: timeout_ms, detail: looked.wait })
    }
    await sleep(poll_ms)
  }
}

/** A failure between us and a node, which the next look may not meet. */
export function isPassing(error: unknown): error is RpcUnreachableError | RpcRefusedError | RpcMalformedError {
  return error instanceof RpcUnreachableError || error instanceof RpcRefusedError || error instanceof RpcMalformedError
}
