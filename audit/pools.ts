import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { apportion } from './apportion.ts'
import { ChannelSums, type Way } from './data-channels.ts'
import { keptUpstream, WHOLE } from './derivation.ts'
import type { FundedUse } from './funding.ts'
import type { History } from './history.ts'
import { compareText } from './order.ts'
import type { AcceptOrder } from './ownership.ts'
import { addTo, sumOf } from './sums.ts'

type Policy = EventBodies['PolicyPublished']

/** What one account is paid for one cause. */
export interface SettlementLine {
  readonly account: string
  readonly token: string
  readonly kind:
    | 'data'
    | 'retrieval'
    | 'text'
    | 'model'
    | 'royalty'
    | 'agent'
    | 'outcome'
    | 'infrastructure'
    | 'treasury'
    | 'sale'
    | 'licence'
    | 'adjustment'
    | 'released'
    | 'award'
    | 'bond'
    | 'refund'
  readonly asset: string
  readonly amount: bigint
}

export interface Pools {
  /** Lines of all kinds but data; one (account, token, kind, asset) may stand here several times. */
  readonly lines: readonly SettlementLine[]
  /** Data parts that channels divide. */
  readonly sums: ChannelSums
  /** Data parts of sums that wait for a channel; one (model, token) may stand here several times. */
  readonly waiting: readonly DataPart[]
  /** By token: data parts that no channel will take. */
  readonly nobodys: ReadonlyMap<string, bigint>
  /** Outcome parts; one (payer, token) may stand here several times. */
  readonly outcomes: readonly PayerPart[]
}

export interface DataPart {
  readonly model: string
  readonly token: string
  /** Whether it is of uses with retrieved contributions. */
  readonly isRetrieved: boolean
  readonly part: bigint
}

/** Of what a payer paid for the work of agents. */
export interface PayerPart {
  readonly payer: string
  readonly token: string
  readonly part: bigint
}

/** (model, token) as one text; the token first, because its length is fixed. */
export function periodKey(model: string, token: string): string {
  return token + model
}

/** A funded use, and where its data part goes in this epoch. */
export interface WayOfUse {
  readonly use: FundedUse
  readonly way: Way
}

interface FeeSum {
  readonly model: string
  readonly infrastructure: string
  readonly agent: string
  readonly token: string
  readonly way: Way
  readonly isRetrieved: boolean
  readonly uses: FundedUse[]
  fees: bigint
}

/**
 * Step 3 of settlement: fees summed by (model, infrastructure, agent, token, way, whether something was retrieved), each sum split by the policy,
 * each part over those who owned the asset when its fees came.
 */
export function splitPools(funded: readonly WayOfUse[], policy: Policy, history: History, order: AcceptOrder): Pools {
  const lines: SettlementLine[] = []
  const sums = new ChannelSums()
  const waiting: DataPart[] = []
  const nobodys = new Map<string, bigint>()
  const outcomes: PayerPart[] = []
  for (const sum of feeSums(funded)) {
    const { model, infrastructure, agent, token, way, isRetrieved } = sum
    const split = apportion(
      sum.fees,
      [policy.dataParts, policy.modelParts, policy.upstreamParts, policy.agentParts]
        .concat(policy.outcomeParts, policy.infrastructureParts, policy.treasuryParts)
        .map(BigInt),
    ) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint]
    const [data, toModel, upstream, toAgent, byOutcome, toInfrastructure, toTreasury] = split
    const toRetrieved = BigInt(isRetrieved ? policy.retrievalParts : 0)
    const [atOnce, rest] = apportion(data, [toRetrieved, 1_000_000n - toRetrieved]) as [bigint, bigint]
    const key = periodKey(model, token)
    if (atOnce > 0n) sums.add('retrieval', key, atOnce)
    if (way === 'waits') waiting.push({ model, token, isRetrieved, part: rest })
    else if (way === 'nobody') addTo(nobodys, token, rest)
    else sums.add(way, key, rest)
    const { royalties, left } = splitUpstream(history, model, upstream)
    const pay = (kind: SettlementLine['kind'], asset: string, amount: bigint) =>
      lines.push(...ownerLines(history, order, sum, kind, asset, amount))
    pay('model', model, toModel + left + (agent === '' ? toAgent + byOutcome : 0n))
    if (agent !== '') {
      pay('agent', agent, toAgent)
      outcomes.push(...payerParts(sum, byOutcome))
    }
    for (const [ancestor, amount] of royalties) pay('royalty', ancestor, amount)
    pay('infrastructure', infrastructure, toInfrastructure)
    lines.push({ account: toHex(policy.treasury), token, kind: 'treasury', asset: policy.policy, amount: toTreasury })
  }
  return { lines, sums, waiting, nobodys, outcomes }
}

function feeSums(funded: readonly WayOfUse[]): FeeSum[] {
  const sums = new Map<string, FeeSum>()
  let last: FeeSum | undefined
  for (const { use, way } of funded) {
    const isRetrieved = use.retrieved.length > 0
    // Most uses are of what the one before was of.
    if (last === undefined || !isSumOf(last, use, way, isRetrieved)) {
      const { model, infrastructure, agent, token } = use
      const key = JSON.stringify([model, infrastructure, agent, token, way, isRetrieved])
      last = sums.get(key) ?? { model, infrastructure, agent, token, way, isRetrieved, uses: [], fees: 0n }
      sums.set(key, last)
    }
    last.uses.push(use)
    last.fees += use.fee
  }
  return [...sums.values()]
}

function isSumOf(
  sum: FeeSum,
  { model, infrastructure, agent, token }: FundedUse,
  way: Way,
  isRetrieved: boolean,
): boolean {
  const isOfSame = sum.model === model && sum.infrastructure === infrastructure && sum.agent === agent
  return isOfSame && sum.token === token && sum.way === way && sum.isRetrieved === isRetrieved
}

/** Over the payers by their fees, ascending by account. */
function payerParts({ token, uses }: FeeSum, amount: bigint): PayerPart[] {
  if (amount === 0n) return []
  const fees = new Map<string, bigint>()
  for (const { payer, fee } of uses) addTo(fees, payer, fee)
  const payers = [...fees].sort(([a], [b]) => compareText(a, b))
  const parts = apportion(
    amount,
    payers.map(([, own]) => own),
  )
  return payers.map(([payer], index) => ({ payer, token, part: parts[index]! }))
}

/** What each ancestor gets of the upstream part, and what nobody was promised. */
function splitUpstream(
  { assets }: History,
  model: string,
  part: bigint,
): { royalties: [string, bigint][]; left: bigint } {
  const kept = [...keptUpstream(assets, model)].sort(([a], [b]) => compareText(a, b))
  const shares = kept.map(([, share]) => share)
  const amounts = apportion(part, [...shares, WHOLE - sumOf(shares)])
  return { royalties: kept.map(([ancestor], index) => [ancestor, amounts[index]!]), left: amounts.at(-1)! }
}

/** First over the versions of the asset's ownership, by their fees; then each over its owners, ascending by account. */
function ownerLines(
  { ownership }: History,
  order: AcceptOrder,
  { token, uses, fees: all }: FeeSum,
  kind: SettlementLine['kind'],
  asset: string,
  amount: bigint,
): SettlementLine[] {
  const versions = new Map<number, bigint>()
  if (!ownership.hasMoved(asset)) versions.set(0, all)
  else
    for (const { row, fee } of uses) {
      const version = ownership.versionAt(asset, row, order)
      versions.set(version, (versions.get(version) ?? 0n) + fee)
    }
  const ascending = [...versions].sort(([a], [b]) => a - b)
  const parts = apportion(
    amount,
    ascending.map(([, fees]) => fees),
  )
  return ascending.flatMap(([version], at) => {
    const owners = [...ownership.in(asset, version)].sort(([a], [b]) => compareText(a, b))
    const amounts = apportion(
      parts[at]!,
      owners.map(([, own]) => BigInt(own)),
    )
    return owners.map(([account], index) => ({ account, token, kind, asset, amount: amounts[index]! }))
  })
}
