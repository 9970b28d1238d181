import type { Flow } from './flow-recipients.ts'

/** Places of the picture's parts in its own units; one for wide pages, one for narrow ones. */
export interface FlowShape {
  readonly width: number
  readonly top: number
  readonly fees: { readonly x: number }
  readonly pools: { readonly x: number; readonly slot: number }
  readonly recipients: { readonly x: number; readonly slot: number }
  readonly bar: number
  /** Height of all fees together. */
  readonly scale: number
}

export interface FlowNode {
  readonly name: string
  readonly atoms: bigint
  /** Which of the pools' colours. */
  readonly tone: number
  readonly x: number
  readonly y: number
  readonly height: number
}

export interface FlowRibbon {
  readonly from: string
  readonly to: string
  readonly atoms: bigint
  readonly tone: number
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly height: number
}

export interface FlowLayout {
  readonly height: number
  readonly fees: FlowNode
  readonly pools: readonly FlowNode[]
  readonly recipients: readonly FlowNode[]
  readonly ribbons: readonly FlowRibbon[]
}

/** Thinner than this cannot be seen. */
const HEIGHT_MIN = 1

/** Computes where everything of the picture lies. Heights are in proportion to amounts, down to what can be seen. */
export function layFlow(flow: Flow, shape: FlowShape): FlowLayout {
  const poured = flow.pools.reduce((sum, pool) => sum + pool.atoms, 0n)
  const whole = poured > flow.fees ? poured : flow.fees
  const heightOf = (atoms: bigint) =>
    Math.max(HEIGHT_MIN, (Number((atoms * 1_000_000n) / whole) / 1_000_000) * shape.scale)
  const named = flow.pools.flatMap((pool, tone) => pool.recipients.map((recipient) => ({ ...recipient, tone })))
  const poolItems = flow.pools.map((pool, tone) => ({ name: pool.label, atoms: pool.atoms, tone }))
  const columns = [
    columnHeight(poolItems, shape.pools.slot, heightOf),
    columnHeight(named, shape.recipients.slot, heightOf),
  ]
  const inner = Math.max(shape.scale, ...columns)
  const fees = {
    name: 'Fees',
    atoms: flow.fees,
    tone: -1,
    x: shape.fees.x,
    y: shape.top + (inner - shape.scale) / 2,
    height: heightOf(flow.fees),
  }
  const pools = stack(poolItems, { ...shape.pools, top: shape.top, inner }, heightOf)
  const recipients = stack(named, { ...shape.recipients, top: shape.top, inner }, heightOf)
  const ribbons = [
    ...join([fees], pools, () => 0, shape.bar),
    ...join(pools, recipients, (node) => node.tone, shape.bar),
  ]
  return { height: shape.top + inner + 4, fees, pools, recipients, ribbons }
}

interface Item {
  readonly name: string
  readonly atoms: bigint
  readonly tone: number
}

function columnHeight(items: readonly Item[], slot: number, heightOf: (atoms: bigint) => number): number {
  return items.reduce((sum, item) => sum + Math.max(slot, heightOf(item.atoms) + GAP), 0)
}

const GAP = 6

/** Puts items below each other, each in a slot with room for its label, all in the middle of the picture's height. */
function stack(
  items: readonly Item[],
  column: { x: number; slot: number; top: number; inner: number },
  heightOf: (atoms: bigint) => number,
): FlowNode[] {
  let y = column.top + (column.inner - columnHeight(items, column.slot, heightOf)) / 2
  return items.map((item) => {
    const height = heightOf(item.atoms)
    const slot = Math.max(column.slot, height + GAP)
    const node = { ...item, x: column.x, y: y + (slot - height) / 2, height }
    y += slot
    return node
  })
}

/** Ribbons leave their source one below the other and fill their target. */
function join(
  sources: readonly FlowNode[],
  targets: readonly FlowNode[],
  sourceOf: (target: FlowNode) => number,
  bar: number,
): FlowRibbon[] {
  const next = sources.map((source) => source.y)
  return targets.map((target) => {
    const index = sourceOf(target)
    const source = sources[index]!
    const lowest = source.y + source.height - target.height
    const y0 = Math.max(source.y, Math.min(next[index]!, lowest))
    next[index] = y0 + target.height
    const { name: to, atoms, tone, height, x: x1, y: y1 } = target
    return { from: source.name, to, atoms, tone, x0: source.x + bar, y0, x1, y1, height }
  })
}
