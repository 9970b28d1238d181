import type { SplitPool, TokenSplit } from '../../jobs/statement/split.ts'
import { group } from '../../web/src/counting.ts'
import { clip, type Html, html } from '../../web/src/markup.ts'
import { poolName } from './words.ts'

/** More pools than this become one in the drawing; the table beside it has them all. */
const POOLS_DRAWN_MAX = 12
const TONES = 8
const BAR = 22
const GAP = 4
const TOPS = [26, 118, 210] as const
const HEIGHT = 254

/** Where money goes that leaves a pool; the order in which it is drawn. */
const ENDS = [
  { name: 'yours', label: 'You' },
  { name: 'others', label: 'Others' },
  { name: 'held', label: 'Held for later' },
  { name: 'unattributed', label: 'Nobody' },
] as const

interface Stretch {
  readonly x: number
  readonly width: number
}

/** A pool of the drawing. */
export interface DrawnPool extends Omit<SplitPool, 'kind' | 'asset'> {
  readonly label: string
  readonly tone: number
}

/** The pools as they are drawn: the largest apart, all others as one, so that nothing is left out. */
export function drawnPools(pools: readonly SplitPool[]): DrawnPool[] {
  const sizeOf = ({ fromFees, before }: SplitPool) => fromFees + before
  const largest = [...pools].sort((a, b) => (sizeOf(a) > sizeOf(b) ? -1 : 1)).slice(0, POOLS_DRAWN_MAX)
  const apart = pools.length > POOLS_DRAWN_MAX ? pools.filter((pool) => largest.includes(pool)) : pools
  const rest = pools.filter((pool) => !apart.includes(pool))
  const drawn = apart.map((pool, at) => ({ ...pool, label: poolName(pool.kind, pool.asset), tone: at % TONES }))
  return rest.length === 0 ? drawn : [...drawn, { ...sumOf(rest), label: `${rest.length} more pools`, tone: TONES - 1 }]
}

function sumOf(pools: readonly SplitPool[]): Omit<SplitPool, 'kind' | 'asset'> {
  const total = (name: keyof Omit<SplitPool, 'kind' | 'asset'>) => pools.reduce((sum, pool) => sum + pool[name], 0n)
  return {
    ...{ fromFees: total('fromFees'), before: total('before'), yours: total('yours') },
    ...{ others: total('others'), held: total('held'), unattributed: total('unattributed') },
  }
}

/**
 * Fees → pools → you and others, as bars one below the other: widths are in proportion to amounts.
 *
 * @param width of the drawing in its own units; one for wide pages, one for narrow ones
 * @param id    of its title and description
 */
export function splitPicture(split: TokenSplit, width: number, id: string): Html {
  const pools = drawnPools(split.pools)
  const before = pools.reduce((sum, pool) => sum + pool.before, 0n)
  const whole = split.fees + before
  const ends = ENDS.map((end) => ({ ...end, amount: pools.reduce((sum, pool) => sum + pool[end.name], 0n) }))
  const gaps = GAP * Math.max(pools.length, ENDS.length)
  const span = (amount: bigint) => (Number((amount * 1_000_000n) / whole) / 1_000_000) * (width - gaps)
  const sources = stretches([split.fees, before], span)
  const middle = stretches(
    pools.map((pool) => pool.fromFees + pool.before),
    span,
  )
  const targets = stretches(
    ends.map(({ amount }) => amount),
    span,
  )
  return html`<svg class="${width > NARROW ? 'wide' : 'narrow'}" viewBox="0 0 ${width} ${HEIGHT}" role="img"
aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">Who got what of the fees</title>
<desc id="${id}-desc">${described(split, ends, before)}</desc>
<g>${inflows(pools, sources, middle, span)}${outflows(pools, middle, targets, span)}</g>
<g>${bar(sources[0]!, TOPS[0], 'tone-fees', `Fees: ${group(String(split.fees))}`)}
${before > 0n ? bar(sources[1]!, TOPS[0], 'before', `Held from before: ${group(String(before))}`) : ''}
${pools.map((pool, at) => bar(middle[at]!, TOPS[1], `tone-${pool.tone}`, titleOf(pool)))}
${ends.map(({ label, name, amount }, at) => (amount > 0n ? bar(targets[at]!, TOPS[2], `end-${name}`, `${label}: ${group(String(amount))}`) : ''))}</g>
<g><text class="title" x="0" y="18">Fees ${group(String(split.fees))}</text>
${before > 0n ? html`<text class="title" x="${width}" y="18" text-anchor="end">from before ${group(String(before))}</text>` : ''}
<text class="title" x="0" y="${HEIGHT - 4}">You ${group(String(ends[0]!.amount))}</text>
<text class="title" x="${width}" y="${HEIGHT - 4}" text-anchor="end">all others ${group(String(whole - ends[0]!.amount))}</text></g>
</svg>`
}

/** A drawing of at most this width is for narrow pages. */
const NARROW = 400

function stretches(amounts: readonly bigint[], span: (amount: bigint) => number): Stretch[] {
  let x = 0
  return amounts.map((amount) => {
    const stretch = { x, width: amount === 0n ? 0 : Math.max(1, span(amount)) }
    x += amount === 0n ? 0 : stretch.width + GAP
    return stretch
  })
}

function described(
  { fees }: TokenSplit,
  ends: readonly { readonly label: string; readonly amount: bigint }[],
  before: bigint,
): string {
  const went = ends.filter(({ amount }) => amount > 0n).map(({ label, amount }) => `${label}: ${group(String(amount))}`)
  const held = before === 0n ? '' : ` and ${group(String(before))} held from before`
  return `Fees of ${group(String(fees))}${held} went to pools, and from there to: ${went.join('; ')}. The table below has every pool.`
}

function titleOf({ label, fromFees, before }: DrawnPool): string {
  const held = before === 0n ? '' : `, and ${group(String(before))} from before`
  return `${clip(label, 60)}: ${group(String(fromFees))}${held}`
}

function inflows(
  pools: readonly DrawnPool[],
  [fees, before]: readonly Stretch[],
  middle: readonly Stretch[],
  span: (amount: bigint) => number,
): Html[] {
  let [fromFees, fromBefore] = [fees!.x, before!.x]
  return pools.flatMap((pool, at) => {
    const { x } = middle[at]!
    const [first, second] = [span(pool.fromFees), span(pool.before)]
    const drawn = [ribbon({ x: fromFees, width: first }, { x, width: first }, TOPS[0], pool)]
    if (second > 0) drawn.push(ribbon({ x: fromBefore, width: second }, { x: x + first, width: second }, TOPS[0], pool))
    fromFees += first
    fromBefore += second
    return drawn
  })
}

function outflows(
  pools: readonly DrawnPool[],
  middle: readonly Stretch[],
  targets: readonly Stretch[],
  span: (amount: bigint) => number,
): Html[] {
  const next = targets.map(({ x }) => x)
  return pools.flatMap((pool, at) => {
    let { x } = middle[at]!
    return ENDS.flatMap(({ name }, end) => {
      const width = span(pool[name])
      if (width === 0) return []
      const drawn = ribbon({ x, width }, { x: next[end]!, width }, TOPS[1], pool)
      x += width
      next[end]! += width
      return [drawn]
    })
  })
}

function ribbon(from: Stretch, to: Stretch, top: number, { tone }: DrawnPool): Html {
  const [y0, y1] = [top + BAR, top === TOPS[0] ? TOPS[1] : TOPS[2]]
  const middle = (y0 + y1) / 2
  const [a, b, c, d] = [from.x, from.x + from.width, to.x, to.x + to.width].map(point)
  const path = `M${a} ${y0}C${a} ${middle} ${c} ${middle} ${c} ${y1}H${d}C${d} ${middle} ${b} ${middle} ${b} ${y0}Z`
  return html`<path class="ribbon tone-${tone}" d="${path}"></path>`
}

function bar({ x, width }: Stretch, top: number, className: string, title: string): Html {
  return html`<rect class="${className}" x="${point(x)}" y="${top}" width="${point(width)}" height="${BAR}"><title>${title}</title></rect>`
}

function point(value: number): string {
  return String(Math.round(value * 100) / 100)
}
