import { createHash } from 'node:crypto'
import { bitLength } from '../../integers.ts'
import type { Kernels } from '../kernel/kernels.ts'
import type { AttributionMethod, PeriodResult } from '../method.ts'
import type { FeatureFiles, Inferences } from './feature-files.ts'

const FEE_BITS = 48

export interface AttributeFilesOptions {
  readonly method: AttributionMethod
  /** Millionths of a fee that go to data. */
  readonly dataParts: number
  readonly minEvents: number
  /** D̄ at exponent 128 of the period before, null when this is the first. */
  readonly dBarFixed: bigint | null
  readonly kernels: Kernels
  readonly onProgress?: (text: string) => void
}

export interface FileAttribution {
  readonly method: string
  /** SHA-256 of V as big-endian int32, as manifests have it; null when there is nothing to attribute. */
  readonly vHash: string | null
  /** Why there is nothing to attribute. */
  readonly reason: string | null
  readonly contributions: number
  readonly inferences: number
  /** Σ fee. */
  readonly fees: bigint
  readonly effectiveEvents: bigint
  /** Whether there are enough effective events that the period would pay. */
  readonly pays: boolean
  /** D̄ at exponent 128 for the period after this one; null when this one does not pay. */
  readonly dBarFixed: bigint | null
  /** Share of the sum of all positive scores, and its 90 % interval; ascending by account bytes. */
  readonly accounts: readonly { account: string; share: number; low: number; high: number; score: bigint }[]
  /** One a contribution, in file order; whole numbers. */
  readonly values: readonly { id: string; value: number }[]
}

/** One period from files alone: the same engine, and the same bits, as an epoch with these features. */
export async function attributeFiles(files: FeatureFiles, options: AttributeFilesOptions): Promise<FileAttribution> {
  const { contributions, inferences } = files
  const { method, dataParts, minEvents, dBarFixed, kernels, onProgress } = options
  const accounts = [...new Set(contributions.accounts)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const indexes = new Map(accounts.map((account, index) => [account, index]))
  const account = new Uint32Array(new SharedArrayBuffer(contributions.ids.length * Uint32Array.BYTES_PER_ELEMENT))
  for (const [item, name] of contributions.accounts.entries()) account[item] = indexes.get(name)!
  const result = await method.attribute({
    accounts: accounts.length,
    items: { rows: contributions.rows, account, withdrawn: contributions.withdrawn },
    events: { rows: inferences.rows, p16: inferences.p16, fees: scaledFees(inferences.fees), own: inferences.own },
    dataParts,
    minEvents,
    dBarFixed,
    kernels,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  return {
    method: method.name,
    vHash: result === undefined ? null : hashOf(result.v),
    reason: result === undefined ? reasonOf(files) : null,
    contributions: contributions.ids.length,
    inferences: inferences.ids.length,
    fees: sumOf(inferences.fees),
    effectiveEvents: result?.effectiveEvents ?? 0n,
    pays: result !== undefined && result.next !== null,
    dBarFixed: result?.next?.dBarFixed ?? null,
    accounts: accounts.map((name, index) => describeAccount(name, index, result)),
    values: contributions.ids.map((id, item) => ({ id, value: result?.values[item] ?? 0 })),
  }
}

/** fee' of docs/attribution.md step 5. */
function scaledFees(fees: Inferences['fees']): Float64Array {
  const shift = BigInt(Math.max(0, bitLength(sumOf(fees)) - FEE_BITS))
  return Float64Array.from(fees, (fee) => Number(fee >> shift))
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

function describeAccount(account: string, index: number, result: PeriodResult | undefined) {
  const interval = result?.intervals[index]
  return {
    account,
    share: interval?.value ?? 0,
    low: interval?.low ?? 0,
    high: interval?.high ?? 0,
    score: result?.scores[index] ?? 0n,
  }
}

function reasonOf({ contributions, inferences }: FeatureFiles): string {
  if (contributions.ids.length === 0) return 'There are no contributions.'
  if (inferences.ids.length === 0) return 'There are no paid uses.'
  if (sumOf(inferences.fees) === 0n) return 'No fee was paid.'
  return 'No contribution has a gradient: every row is zero, or its model is already certain.'
}

function hashOf(v: Int32Array): string {
  const bytes = new DataView(new ArrayBuffer(v.length * Int32Array.BYTES_PER_ELEMENT))
  for (const [index, value] of v.entries()) bytes.setInt32(index * Int32Array.BYTES_PER_ELEMENT, value)
  return `0x${createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex')}`
}
