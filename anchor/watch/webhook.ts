import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarm } from './alarm.ts'
import type { WatchPins } from './record-chain.ts'

const ALARM_FORMAT = 'tallystick-alarm/1'

export interface WebhookLimits {
  /** Of one request, from its beginning to the status line. */
  readonly timeout_ms: number
  /** Waited before each further try; so many tries and one. */
  readonly retry_ms: readonly number[]
}

const LIMITS: WebhookLimits = { timeout_ms: 10_000, retry_ms: [1_000, 5_000] }
/** Deliveries under way at once; more alarms than that are in the log and the metrics. */
const UNDER_WAY_MAX = 16

export type Delivery = { readonly delivered: true } | { readonly delivered: false; readonly problem: string }

/** Body of a webhook, see docs/formats.md#alarm. */
export function alarmBody(alarm: Alarm, chainId: number, { distributor, ledger }: WatchPins): string {
  const { deadline_s, ...rest } = alarm
  const deadline = deadline_s === null ? null : new Date(Number(deadline_s) * 1_000).toISOString()
  return JSON.stringify({ format: ALARM_FORMAT, chainId, distributor, ledger, ...rest, deadline })
}

/**
 * Posts JSON. Only a status 2xx is a delivery: a redirect is not followed, since it could lead anywhere, and what the answer
 * holds is not read.
 */
async function post(url: string, body: string, limits = LIMITS): Promise<Delivery> {
  let problem = ''
  for (const wait_ms of [0, ...limits.retry_ms]) {
    await sleep(wait_ms)
    problem = await tryOnce(url, body, limits.timeout_ms)
    if (problem === '') return { delivered: true }
  }
  return { delivered: false, problem }
}

/** @returns what went wrong; empty when nothing did */
async function tryOnce(url: string, body: string, timeout_ms: number): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout_ms),
    })
    await response.body?.cancel()
    return response.ok ? '' : `status ${response.status}`
  } catch (error) {
    // fetch says "fetch failed", and keeps the reason behind it.
    const { cause, message } = error as Error & { cause?: Partial<NodeJS.ErrnoException> }
    return cause?.message || cause?.code || message
  }
}

/** Delivers alarms beside the watching: one that hangs or is refused holds nothing up. */
export class WebhookOutbox {
  readonly #url: string
  readonly #onFailure: (problem: string) => void
  readonly #limits: WebhookLimits
  readonly #underWay = new Set<Promise<void>>()

  constructor(url: string, onFailure: (problem: string) => void, limits = LIMITS) {
    this.#url = url
    this.#onFailure = onFailure
    this.#limits = limits
  }

  send(body: string): void {
    if (this.#underWay.size >= UNDER_WAY_MAX) {
      this.#onFailure(`${UNDER_WAY_MAX} deliveries are under way already`)
      return
    }
    const delivery = post(this.#url, body, this.#limits).then((result) => {
      if (!result.delivered) this.#onFailure(result.problem)
      this.#underWay.delete(delivery)
    })
    this.#underWay.add(delivery)
  }

  /** Waits for what is under way, which the limits bound. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
