import { ReportDataError } from './errors.ts'
import { type Html, html } from './markup.ts'
import type { ReportAccount } from './report-data.ts'

type Share = NonNullable<ReportAccount['share']>

const MILLION = 1_000_000
/** Where a bar may end, in per cent: the least of these that every interval fits in. */
const BAR_ENDS = [5, 10, 15, 20, 25, 30, 40, 50, 75, 100]

/** The share at the right end of all bars, in per cent. */
export function barEnd(shares: readonly (Share | null)[]): number {
  const highest = Math.max(0, ...shares.map((share) => (share === null ? 0 : Math.max(share.high, share.value))))
  return BAR_ENDS.find((end) => end * 10_000 >= highest) ?? 100
}

/**
 * A bar with whiskers, all within 0 to 100 % of its width.
 *
 * @param end the share at its right end, in per cent
 * @throws {@link ReportDataError} when the interval is no interval
 */
export function shareBar(share: Share, end: number): Html {
  const { low, value, high } = share
  if (![low, value, high].every(Number.isFinite) || low > high) {
    throw new ReportDataError('A share has no proper interval.', { low, value, high })
  }
  const [left, right, width] = [position(low, end), position(high, end), position(value, end)]
  return html`<svg class="share-bar" width="100%" height="16" aria-hidden="true" focusable="false">
<rect class="track" x="0" y="4" width="100%" height="8" rx="2"></rect>
<rect class="fill" x="0" y="4" width="${width}%" height="8" rx="2"></rect>
<line class="whisker" x1="${left}%" x2="${right}%" y1="8" y2="8"></line>
<line class="whisker" x1="${left}%" x2="${left}%" y1="3" y2="13"></line>
<line class="whisker" x1="${right}%" x2="${right}%" y1="3" y2="13"></line>
</svg>`
}

/** `9.8 %`, from millionths. */
export function writePercent(millionths: number): string {
  return `${percentDigits(millionths)} %`
}

/** `8.2 to 11.4 %`. */
export function writeInterval({ low, high }: Share): string {
  return `${percentDigits(Math.max(0, low))} to ${percentDigits(Math.min(MILLION, high))} %`
}

function percentDigits(millionths: number): string {
  if (millionths > 0 && millionths < 500) return '<0.1'
  return (millionths / 10_000).toFixed(1)
}

function position(millionths: number, end: number): string {
  const percent = (Math.min(Math.max(millionths, 0), MILLION) / (end * 10_000)) * 100
  return Math.min(percent, 100).toFixed(2)
}
