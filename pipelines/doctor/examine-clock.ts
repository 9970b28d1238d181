import { type Finding, ok } from './finding.ts'

/** Close waits so long behind the end of an epoch for records that are still on their way (jobs/close/choose-cut.ts). */
const GRACE_MS = 2_000n
const NOTICED_MS = 500n

/** When the broker appended a record, and when this machine asked for that and had the answer; all Unix milliseconds. */
export interface ClockReading {
  readonly askedMs: bigint
  readonly appendedMs: bigint
  readonly answeredMs: bigint
}

/** The broker's clock against this machine's: only what lies outside of asking and answer is surely wrong. */
export function examineClock({ askedMs, appendedMs, answeredMs }: ClockReading): Finding {
  const skew_ms = appendedMs < askedMs ? appendedMs - askedMs : appendedMs > answeredMs ? appendedMs - answeredMs : 0n
  const size_ms = skew_ms < 0n ? -skew_ms : skew_ms
  if (size_ms <= NOTICED_MS)
    return ok('clock', `the broker's differs by less than ${answeredMs - askedMs + size_ms} ms`)
  const isBeyondGrace = size_ms > GRACE_MS
  return {
    check: 'clock',
    severity: isBeyondGrace ? 'error' : 'warning',
    subject: null,
    found: `the broker's clock is ${size_ms} ms ${skew_ms < 0n ? 'behind' : 'ahead of'} this machine's`,
    means: isBeyondGrace
      ? 'More than the grace of 2 s that close gives: an epoch ends earlier or later than its interval says. No record is lost by it.'
      : 'Within the grace of 2 s that close gives, but growing clocks do not stay there.',
    mend: 'Run an NTP client (chrony, systemd-timesyncd) on brokers and on this machine',
  }
}
