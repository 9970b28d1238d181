import type { RecordHeader } from './cloud-events.ts'

const PARTS = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const MINUTE_MS = 60_000

/**
 * What a producer's clock said, to the millisecond below: shown, and compared with a cut to mark what came late. Nothing else is
 * decided by it.
 *
 * A day that its month does not have is one of the next month, a second of 60 the first of the next minute: so nothing depends on
 * whose calendar is asked.
 *
 * @param time RFC 3339, as `parseHeaders` lets it through
 * @returns    Unix milliseconds; below 0 before 1970
 * @throws     RangeError on anything else
 */
export function producerTimeMs(time: string): bigint {
  const parts = PARTS.exec(time)
  if (parts === null) throw new RangeError('A ce_time is RFC 3339 where it is asked for.')
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    ...[number, number, number],
    ...[number, number, number],
  ]
  // Date.UTC takes years below 100 for 1900 and later.
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Number((parts[7] ?? '').padEnd(3, '0')))
  const sign = parts[8] === '-' ? 1 : -1
  const offset = parts[8] === undefined ? 0 : sign * (Number(parts[9]) * 60 + Number(parts[10])) * MINUTE_MS
  return BigInt(date.getTime() + offset)
}

/** The `ce_time` of a record whose headers `parseHeaders` let through: of those of the name, the one that is not empty. */
export function producerTimeOf(headers: readonly RecordHeader[]): string {
  const header = headers.find(([name, value]) => name === 'ce_time' && value !== null && value.length > 0)
  if (header === undefined) throw new RangeError('A record without a ce_time was let through.')
  return Buffer.from(header[1]!).toString('latin1')
}
