import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { ALARM_KINDS, type Alarm } from '../../anchor/watch/alarm.ts'
import type { Look } from '../../anchor/watch/watcher.ts'

/** The numbers of a watcher; docs/operations/watching.md explains each. */
export class WatchMetrics {
  readonly #registry = new Registry()
  readonly #looks: Counter
  readonly #up: Gauge
  readonly #alarms: Counter
  readonly #webhookFailures: Counter
  readonly #pending: Gauge
  readonly #window: Gauge
  readonly #finalized: Gauge
  readonly #checked: Gauge
  readonly #attested: Gauge

  constructor() {
    const registers = [this.#registry]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers })
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name, help, labelNames, registers })
    this.#looks = counter('tally_watch_looks_total', 'Looks at the chain, by what they found.', ['outcome'])
    this.#up = gauge('tally_watch_alarm', '1 while an alarm of the kind is up.', ['kind'])
    this.#alarms = counter('tally_watch_alarms_total', 'Alarms told, repetitions included.', ['kind'])
    this.#webhookFailures = counter('tally_watch_webhook_failures_total', 'Alarms that the webhook did not take.')
    this.#pending = gauge('tally_watch_pending_epoch', 'Epoch that is proposed; 0 when none is.')
    this.#window = gauge('tally_watch_window_seconds', 'Until the pending proposal can be finalized, by block time.')
    this.#finalized = gauge('tally_watch_finalized_epoch', 'Newest finalized epoch in a final block.')
    this.#checked = gauge('tally_watch_checked_epoch', 'Newest finalized epoch that is what was recomputed.')
    this.#attested = gauge('tally_watch_attested_epoch', 'Epoch of the newest attestation; absent before the first.')
    for (const kind of ALARM_KINDS) this.#up.set({ kind }, 0)
    collectDefaultMetrics({ register: this.#registry })
  }

  onLook({ outcome, epoch, deadline_s, now_s, lastFinalized, checkedTo }: Look): void {
    this.#looks.inc({ outcome })
    this.#pending.set(epoch ?? 0)
    if (deadline_s === null) this.#window.remove()
    else this.#window.set(Number(deadline_s - now_s))
    this.#finalized.set(lastFinalized)
    this.#checked.set(checkedTo)
    if (outcome === 'attested' && epoch !== null) this.#attested.set(epoch)
  }

  onFailure(): void {
    this.#looks.inc({ outcome: 'failed' })
  }

  onAlarm({ kind }: Alarm): void {
    this.#alarms.inc({ kind })
  }

  onAlarmsUp(alarms: readonly Alarm[]): void {
    for (const kind of ALARM_KINDS) this.#up.set({ kind }, alarms.some((alarm) => alarm.kind === kind) ? 1 : 0)
  }

  onWebhookFailure(): void {
    this.#webhookFailures.inc()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }
}
