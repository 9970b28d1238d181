import { createHash } from 'node:crypto'
import type { FeatureRows, PeriodEvents, PeriodItems } from '../../jobs/attribution/rows.ts'
import { readVectors } from '../anchor/vectors.ts'

/** What test/vectors/attribution_vectors.py made of one period; numbers of any size are decimal text. */
export interface AttributionCase {
  readonly name: string
  readonly kind: 'factored' | 'dense'
  readonly rank: number
  readonly classes: number
  readonly accounts: number
  readonly dataParts: number
  readonly minEvents: number
  readonly dBarFixed: string | null
  /** Members of a TRAK ensemble. */
  readonly blocks?: number
  /** Rows in place of those below, of which there is then only a hash. */
  readonly made?: { readonly name: string; readonly items: number; readonly events: number }
  readonly items: readonly string[] | string
  readonly events: readonly string[] | string
  readonly outputs: Readonly<Record<string, string | number | null>>
}

/** One contribution or use: its multiplier, its vector, and what else its kind has. */
interface Row {
  readonly vector: readonly number[]
  readonly multiplier: number
  readonly p: readonly number[]
  readonly label: number
  readonly weight: number | undefined
  readonly account: number
  readonly isWithdrawn: boolean
  readonly fee: bigint
  readonly isOwn: boolean
  readonly p16: number
}

export interface VectorPeriod {
  readonly items: PeriodItems
  /** Fees are fee' of docs/attribution.md step 5. */
  readonly events: PeriodEvents
  /** As they were paid. */
  readonly fees: readonly bigint[]
}

export function attributionCases(file: string): { method: string; cases: AttributionCase[] } {
  return readVectors(`attribution/${file}.json`)
}

/** The rows of a case; those that are only named are made again and held to their hash. */
export function periodOf(each: AttributionCase): VectorPeriod {
  const items = rowsOf(each, 'items').map(parseRow)
  const events = rowsOf(each, 'events').map(parseRow)
  const fees = events.map(({ fee }) => fee)
  const shift = BigInt(each.outputs.feeShift!)
  return {
    items: {
      rows: featureRows(each, items),
      account: Uint32Array.from(items, ({ account }) => account),
      withdrawn: Uint8Array.from(items, ({ isWithdrawn }) => Number(isWithdrawn)),
    },
    events: {
      rows: featureRows(each, events),
      p16: Uint16Array.from(events, ({ p16 }) => p16),
      fees: Float64Array.from(fees, (fee) => Number(fee >> shift)),
      own: Uint8Array.from(events, ({ isOwn }) => Number(isOwn)),
    },
    fees,
  }
}

/** What the vectors have for a long list: itself as text, or its hash. */
export function listText(each: AttributionCase, values: readonly (bigint | number)[]): string {
  const text = values.join(',')
  return each.made === undefined ? text : sha256(text)
}

export function sha256(content: string | Uint8Array): string {
  return `0x${createHash('sha256').update(content).digest('hex')}`
}

function rowsOf(each: AttributionCase, part: 'items' | 'events'): readonly string[] {
  if (each.made === undefined) return each[part] as readonly string[]
  const rows = Array.from({ length: each.made[part] }, (_, n) => madeRow(each, each.made!.name, part, n))
  if (sha256(rows.join('\n')) !== each[part]) throw new Error(`The ${part} of ${each.name} were made otherwise.`)
  return rows
}

/** As make_period of attribution_vectors.py has it. */
function madeRow(
  { kind, rank, classes, accounts }: AttributionCase,
  name: string,
  part: 'items' | 'events',
  n: number,
) {
  const isItem = part === 'items'
  const drawn = seededNumbers(`attribution ${name} ${isItem ? 'item' : 'event'} ${n}`, rank + classes + 2)
  const vector = drawn.slice(0, rank).map((number) => (number % 127) - 63)
  const cuts = drawn.slice(rank, rank + classes - 1).map((number) => number % 1_001)
  const bounds = [0, ...cuts.sort((a, b) => a - b), 1_000]
  const p = bounds.slice(1).map((high, c) => high - bounds[c]!)
  const [chosen, strength, other] = drawn.slice(rank + classes - 1) as [number, number, number]
  const label = chosen % 4 === 0 ? other % classes : p.indexOf(Math.max(...p))
  const multiplier = 2_000 + (strength % 20_000)
  const odds = kind === 'factored' ? ` p=${p} label=${label}` : ''
  if (isItem) return `account=${n % accounts} withdrawn=${Number(n % 11 === 10)} a=${vector} ua=${multiplier}${odds}`
  const [fee, p16] = seededNumbers(`attribution ${name} pay ${n}`, 2) as [number, number]
  return `fee=${fee + 1} own=${Number(n % 7 === 6)} b=${vector} ub=${multiplier} p16=${p16 % 65_536}${odds}`
}

/** Numbers below 2^32 out of SHA-256(name ‖ ' ' ‖ 0), SHA-256(name ‖ ' ' ‖ 1), …, big-endian. */
function seededNumbers(name: string, count: number): number[] {
  const blocks = Array.from({ length: Math.ceil(count / 8) }, (_, n) =>
    createHash('sha256').update(`${name} ${n}`).digest(),
  )
  const bytes = Buffer.concat(blocks)
  return Array.from({ length: count }, (_, at) => bytes.readUInt32BE(4 * at))
}

function parseRow(text: string): Row {
  const fields = new Map(text.split(' ').map((field) => field.split('=') as [string, string]))
  const numbers = (key: string) => fields.get(key)?.split(',').map(Number) ?? []
  return {
    vector: [...numbers('a'), ...numbers('b')],
    multiplier: Number(fields.get('ua') ?? fields.get('ub')),
    p: numbers('p'),
    label: Number(fields.get('label') ?? 0),
    weight: numbers('weight')[0],
    account: Number(fields.get('account') ?? 0),
    isWithdrawn: fields.get('withdrawn') === '1',
    fee: BigInt(fields.get('fee') ?? 0),
    isOwn: fields.get('own') === '1',
    p16: Number(fields.get('p16') ?? 0),
  }
}

function featureRows({ kind, rank, classes, blocks }: AttributionCase, rows: readonly Row[]): FeatureRows {
  const vectors = {
    count: rows.length,
    rank,
    factors: Int8Array.from(rows.flatMap(({ vector }) => vector)),
    multipliers: Uint16Array.from(rows, ({ multiplier }) => multiplier),
  }
  if (kind === 'factored') {
    return {
      kind,
      ...vectors,
      classes,
      checkpointCount: 0,
      probabilities: Uint16Array.from(rows.flatMap(({ p }) => p)),
      checkpoints: new Uint16Array(0),
      labels: Uint16Array.from(rows, ({ label }) => label),
    }
  }
  const weights = rows.map(({ weight }) => weight).filter((weight) => weight !== undefined)
  return {
    kind,
    ...vectors,
    ...(blocks === undefined ? {} : { blocks }),
    ...(weights.length === 0 ? {} : { weights: Uint16Array.from(weights) }),
  }
}
