import { BLOB, type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { type AccountWeights, type ChannelUse, PARTS_WHOLE } from '../attribution/channels/weights.ts'
import { PAID_CHANNELS, type PaidChannel, weightsOf } from '../attribution/channels/weights-of.ts'
import { compareText } from '../funding/channels.ts'
import { firstUseFunded } from '../funding/held-fees.ts'
import { apportion } from './apportion.ts'
import type { ChannelParts } from './channel-parts.ts'
import { addTo, type Lines } from './lines.ts'

const channelUses = readSql(new URL('./channel-uses.sql', import.meta.url))
/** Uses that are weighed at once; bounds memory. */
const PAGE_USES = 20_000

type BroughtUse = ChannelUse & {
  readonly model: string
  readonly token: string
  readonly fee: bigint
  /** Of 10^12 of the fee. */
  readonly parts: bigint
}

/** What a channel divides of one (model, token). */
interface Pool {
  readonly model: string
  readonly token: string
  readonly own: bigint
  /** By account. */
  readonly weights: Map<string, bigint>
  /** Nobody's. */
  rest: bigint
}

/**
 * Divides the data parts that channels took in the epoch, but for features, whose uses have periods (docs/formats.md#channels): each
 * (model, token) is one pool, in which a use weighs what it brings. Lines are added to `lines`.
 *
 * @returns by token: what is nobody's
 */
export async function payChannels(
  warehouse: Database,
  epoch: number,
  parts: ChannelParts,
  lines: Lines,
): Promise<ReadonlyMap<string, bigint>> {
  const unattributed = new Map<string, bigint>()
  for (const channel of PAID_CHANNELS) {
    const pools = poolsOf(parts.of(channel))
    if (pools.size === 0) continue
    await weigh(warehouse, epoch, channel, pools)
    const rows = [...pools.values()].map((pool): DuckDBValue[] => {
      const left = payPool(channel, pool, lines)
      addTo(unattributed, pool.token, left)
      return [epoch, channel, pool.model, pool.token, pool.own, left]
    })
    await warehouse.append('channel_pool', [INTEGER, VARCHAR, VARCHAR, VARCHAR, HUGEINT, HUGEINT], rows)
  }
  return unattributed
}

function poolsOf(parts: ReadonlyMap<string, bigint>): Map<string, Pool> {
  const pools = new Map<string, Pool>()
  for (const [key, own] of parts) {
    const at = key.lastIndexOf('/')
    const of = { model: key.slice(0, at), token: key.slice(at + 1) }
    if (own > 0n) pools.set(key, { ...of, own, weights: new Map(), rest: 0n })
  }
  return pools
}

/** Fills the weights of the pools, and writes down those of each use. */
async function weigh(
  warehouse: Database,
  epoch: number,
  channel: PaidChannel,
  pools: ReadonlyMap<string, Pool>,
): Promise<void> {
  await warehouse.run(channelUses, { epoch, channel, firstUse: await firstUseFunded(warehouse, epoch) })
  for (let from = 0; ; from += PAGE_USES) {
    const uses = await warehouse.all<BroughtUse>(
      `SELECT inference, model, token, fee, parts, retrieval_rule AS "retrievalRule" FROM brought
       WHERE n >= $from AND n < $to ORDER BY n`,
      { from, to: from + PAGE_USES },
    )
    if (uses.length === 0) return
    const weights = await weightsOf(channel, warehouse, epoch, uses)
    for (const [index, use] of uses.entries()) {
      const pool = pools.get(`${use.model}/${use.token}`)
      // A part of so little that no atom came of it has no pool.
      if (pool !== undefined) addWeights(pool, use, weights[index]!)
    }
    await writeWeights(warehouse, epoch, channel, uses, weights)
  }
}

/** A use weighs what it brings, and divides that as its own weights say. */
function addWeights(pool: Pool, { fee, parts }: BroughtUse, weights: AccountWeights): void {
  const brings = fee * parts
  let rest = PARTS_WHOLE
  for (const { account, weight } of weights) {
    addTo(pool.weights, account, brings * BigInt(weight))
    rest -= weight
  }
  pool.rest += brings * BigInt(rest)
}

async function writeWeights(
  warehouse: Database,
  epoch: number,
  channel: PaidChannel,
  uses: readonly BroughtUse[],
  weights: readonly AccountWeights[],
): Promise<void> {
  const rows = uses.flatMap(({ inference }, index) =>
    weights[index]!.map(({ account, weight }): DuckDBValue[] => [epoch, channel, inference, account, weight]),
  )
  await warehouse.append('channel_weight', [INTEGER, VARCHAR, BLOB, VARCHAR, INTEGER], rows)
}

/** @returns what is nobody's */
function payPool(channel: PaidChannel, { model, token, own, weights, rest }: Pool, lines: Lines): bigint {
  const payees = [...weights].sort(([a], [b]) => compareText(a, b))
  const amounts = apportion(own, [...payees.map(([, weight]) => weight), rest])
  for (const [index, [account]] of payees.entries())
    lines.add({ account, token, kind: channel, asset: model }, amounts[index]!)
  return amounts.at(-1)!
}
