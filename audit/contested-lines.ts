import { lineKey } from './disputes.ts'
import type { DisputeBooks } from './held-disputes.ts'
import { addTo } from './sums.ts'

/** What an adjustment found of a line of an earlier epoch. */
interface FoundLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly delta: bigint
}

interface ReleasedLine {
  readonly account: string
  readonly token: string
  readonly kind: 'released'
  readonly asset: string
  readonly amount: bigint
}

/** docs/formats.md#adjustments: how much of each delta disputes took before. @param found of an epoch, in accept order of the adjustments */
export function forfeitedOf<Found extends FoundLine>(
  { adjustedLines, forfeited: taken }: DisputeBooks,
  found: readonly Found[],
): (Found & { readonly forfeited: bigint })[] {
  const counted = new Map<string, bigint>()
  return found.map((each) => {
    const line = keyOf(each)
    const before = counted.get(line) ?? adjustedLines.get(line)?.counted ?? 0n
    const left = (taken.get(line) ?? 0n) - before
    const { delta } = each
    const forfeited = delta < 0n ? least(-delta, left) : -least(delta, before)
    counted.set(line, before + forfeited)
    return { ...each, forfeited }
  })
}

/** Remembers what adjustments of an epoch did to lines. @returns by line: what its account owes because of it, above 0 */
export function adjustLines(
  { adjustedLines }: DisputeBooks,
  found: readonly (FoundLine & { readonly forfeited: bigint })[],
): ReadonlyMap<string, bigint> {
  const owes = owesOf(found)
  for (const each of found) {
    const line = adjustedLines.get(keyOf(each)) ?? { counted: 0n, lowered: 0n }
    adjustedLines.set(keyOf(each), line)
    line.counted += each.forfeited
  }
  for (const [line, amount] of owes) adjustedLines.get(line)!.lowered += amount
  return owes
}

/** By line: what the adjustments of an epoch make its account owe, where that is above 0. */
export function owesOf(found: readonly (FoundLine & { readonly forfeited: bigint })[]): Map<string, bigint> {
  const owes = new Map<string, bigint>()
  for (const each of found) addTo(owes, keyOf(each), -each.delta - each.forfeited)
  return new Map([...owes].filter(([, amount]) => amount > 0n))
}

interface OpenDispute {
  readonly lineEpoch: number
  readonly opener: string
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  wanted: bigint
  held: bigint
}

/** Disputes of lines that were lowered want less, and give back what they hold above it, the newest first; changed in place. */
export function releaseLowered(disputes: readonly OpenDispute[], owes: ReadonlyMap<string, bigint>): ReleasedLine[] {
  const released: ReleasedLine[] = []
  for (const [line, amount] of owes) {
    const own = disputes.filter((each) => each.opener !== each.account && lineKey(each) === line)
    if (own.length === 0) continue
    for (const each of own) each.wanted -= least(each.wanted, amount)
    let held = own.reduce((sum, each) => sum + each.held, 0n)
    for (const each of [...own].reverse()) {
      const part = least(each.held, held - each.wanted)
      if (part <= 0n) continue
      held -= part
      each.held -= part
      const { account, token, asset } = each
      released.push({ account, token, kind: 'released', asset, amount: part })
    }
  }
  return released
}

function keyOf({ epoch, ...line }: FoundLine): string {
  return lineKey({ ...line, lineEpoch: epoch })
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
