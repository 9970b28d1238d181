import type { ManifestPeriod } from '../manifest.ts'
import { assertBetween, assertEqual, ReceiptMismatchError } from './steps.ts'

const MILLIONTHS = 1_000_000n

/** What a scores row says of an account in a period. */
export interface AccountScore {
  /** s_c, whole, in units of 2^−exponent of the period; may be negative. */
  readonly s: string
  readonly pay: string
  readonly heldBack: string
}

/**
 * Holds what an account was paid to its score by the rule of docs/attribution.md step 8, and the period's own numbers to each
 * other, as far as the numbers of one account go. The unit that largest remainder may add depends on the remainders of all
 * accounts, so pay is checked to within that one unit.
 *
 * @returns in words what was proven
 * @throws  {@link ReceiptMismatchError}
 */
export function checkPay(period: ManifestPeriod, score: AccountScore): string {
  const { sumPositive, denominator, payable, paid } = checkBooks(period)
  const s = BigInt(score.s)
  const weight = s > 0n ? s : 0n
  assertBetween('s of the account', weight, 0n, sumPositive)
  const [pay, heldBack] = [BigInt(score.pay), BigInt(score.heldBack)]
  const share = pay + heldBack
  assertShare('pay + heldBack', share, payable * weight, denominator)
  assertEqual('heldBack', (share * BigInt(period.holdBackParts)) / MILLIONTHS, heldBack)
  assertBetween('pay', pay, 0n, paid)
  const quota = `s ${score.s} of Σs ${sumPositive}, over ${denominator}, of the ${payable} payable`
  const held = heldBack === 0n ? '' : ` (${heldBack} of ${share} is held back)`
  return `${pay}${held} is ${quota} (within the one unit that largest remainder gives); V has the hash ${period.vHash}`
}

/** What of a period's pool is payable, paid, carried and unattributed follows from its pool and its two sums. */
function checkBooks(period: ManifestPeriod) {
  const what = (key: string) => `${key} of the period ${period.model}`
  assertEqual(what('state'), 'paid', period.state)
  if (period.sumPositive === null || period.denominator === null || period.dBar === null)
    throw new ReceiptMismatchError(what('Σs and denominator'), 'numbers', 'null')
  const [sumPositive, denominator] = [BigInt(period.sumPositive), BigInt(period.denominator)]
  const [pool, carriedIn, paid] = [BigInt(period.pool), BigInt(period.carriedIn), BigInt(period.paid)]
  const earned = paid + BigInt(period.heldBack)
  const own = pool - carriedIn
  if (own < 0n) throw new ReceiptMismatchError(what('pool'), `at least ${carriedIn}`, pool)
  if (denominator < sumPositive || denominator === 0n)
    throw new ReceiptMismatchError(what('denominator'), `at least ${sumPositive}, above 0`, denominator)
  if (period.feeShift === 0) {
    const floor = BigInt(period.dBar) * BigInt(period.fees)
    assertEqual(what('denominator'), floor > sumPositive ? floor : sumPositive, denominator)
  }
  const most = own + own / 9n
  const payable = pool < most ? pool : most
  // The last part of the division, which is paid to nobody, has its unit or not as any other.
  assertShare(what('unpaid part'), payable - earned, payable * (denominator - sumPositive), denominator)
  const left = pool - earned
  const carries = own > carriedIn ? own : carriedIn
  const carried = left < carries ? left : carries
  assertEqual(what('carried'), carried, BigInt(period.carried))
  assertEqual(what('unattributed'), left - carried, BigInt(period.unattributed))
  return { sumPositive, denominator, payable, paid }
}

/** Largest remainder gives ⌊product / whole⌋, or one more where something is left over. */
function assertShare(what: string, found: bigint, product: bigint, whole: bigint): void {
  const quota = product / whole
  assertBetween(what, found, quota, product % whole === 0n ? quota : quota + 1n)
}
