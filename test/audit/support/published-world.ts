import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CanonicalJson, canonicalJson } from '../../../anchor/canonical-json.ts'
import { sha256 } from '../../../anchor/hash.ts'
import { contentHash } from '../../../anchor/log/content-hash.ts'
import { encodeEntry } from '../../../anchor/log/entry.ts'
import { leafHash } from '../../../anchor/log/leaf-hash.ts'
import { rootHash } from '../../../anchor/log/root-hash.ts'
import { type Manifest, type ManifestPeriod, manifestHash } from '../../../anchor/manifest.ts'
import { buildPayoutTree } from '../../../anchor/payout/payout-tree.ts'
import { tableRoot } from '../../../anchor/table-root.ts'
import type { Contribution, PeriodEvent } from '../../../audit/attribution/period.ts'
import { Solver } from '../../../audit/attribution/solve.ts'
import { type Address, type Hash32, toHex } from '../../../schemas/ids.ts'
import { REJECTION_REASONS, type RejectionReason } from '../../../schemas/rejection.ts'
import { type Cell, type EpochFiles, type Table, writeBundle } from './bundle-writer.ts'
import { root } from './exact-arithmetic.ts'
import { attributeExactly, type ExactInput, type ExactResult } from './exact-attribution.ts'
import {
  addressOf,
  makeWorld,
  type Person,
  POLICY,
  SHAPE,
  type World,
  type WorldPlace,
  type WorldRecord,
} from './world.ts'

const hex = (bytes: Uint8Array) => toHex(bytes) as Hash32
const jsonHash = (document: CanonicalJson) => hex(sha256(canonicalJson(document)))

/** Amounts that were worked out by hand from docs/formats.md#settlement; see the comments. */
const HAND = {
  // 1,801 split 50 / 30 / 15 / 5 %: 900.5, 540.3, 270.15, 90.05; the unit left goes to the largest remainder, the data part.
  // 200 without features: 100, 60, 30, 10; its data part is unattributed.
  epoch1: {
    funded: 2_001n,
    unfunded: 1_000_000n,
    // 7 without a voucher, 9 by one that is not there yet.
    reported: 16n,
    channel: { cumulative: '1002001', sequence: '2', spent: '2001' },
    dataPool: 901n,
    unattributed: 100n,
    balance: 10_000n - 2_001n,
    // 540 over 333,333 and 666,667 parts: 179.99982 and 360.00018; 60: 19.99998 and 40.00002.
    lines: { modeller: ['model', 'reader', 180n + 20n], partner: ['model', 'reader', 360n + 40n] },
    infrastructure: 270n + 30n,
    treasury: 90n + 10n,
  },
  // 100: 50, 30, 15, 5; 30 over the owners: 9.99999 and 20.00001.
  epoch2: {
    funded: 100n,
    unfunded: 0n,
    reported: 0n,
    channel: { cumulative: '1002001', sequence: '3', spent: '2101' },
    dataPool: 50n,
    unattributed: 0n,
    balance: 10_000n - 2_001n - 100n,
    lines: { modeller: ['model', 'reader', 10n], partner: ['model', 'reader', 20n] },
    infrastructure: 15n,
    treasury: 5n,
  },
} as const

const MAP = { kind: 'factored', ...SHAPE } as const

type Line = { account: string; token: string; kind: string; asset: string; amount: bigint }

export interface PublishedWorld {
  readonly world: World
  readonly epochs: EpochFiles[]
}

const LOCAL_PLACE: WorldPlace = {
  chainId: 31337,
  distributor: `0x${'d1'.repeat(20)}`,
  token: `0x${'70'.repeat(20)}`,
}

/** The world as two bundles, made from its outcomes, the amounts worked out by hand and exact attribution. */
export async function publishWorld(place: WorldPlace = LOCAL_PLACE): Promise<PublishedWorld> {
  const world = await makeWorld(place)
  const first = publishFirst(world, place)
  return { world, epochs: [first.files, publishSecond(world, place, first)] }
}

interface FirstEpoch {
  readonly files: EpochFiles
  readonly carried: bigint
  readonly dBarFixed: bigint
  readonly leaves: readonly Uint8Array[]
}

function publishFirst(world: World, place: WorldPlace): FirstEpoch {
  const { accounts, events } = periodInput(world, 1)
  const exact = attributeExactly({ ...MAP, accounts, events, dataParts: BigInt(POLICY.dataParts), dBarFixed: null })!
  const { sumPositive, denominator, least, fees } = exact
  const pool = HAND.epoch1.dataPool
  const positive = exact.scores.map((s) => (s > 0n ? s : 0n))
  // Nothing was carried in: the whole pool is payable, and what is left of it is less than it.
  const shares = largestRemainder(pool, [...positive, denominator - sumPositive])
  const carried = shares.at(-1)!
  const dBarNext = sumPositive / fees > least ? sumPositive / fees : least
  const dBarFixed = dBarNext << BigInt(128 - exact.exponent)
  const vectors = vectorsOf(exact)
  const period: ManifestPeriod = {
    ...heldPeriod(place, 1, events, pool, 0n),
    ...solvedKeys(exact, vectors),
    state: 'paid',
    paid: (pool - carried).toString(),
    carried: carried.toString(),
    dBarNext: dBarNext.toString(),
  }
  const people = PEOPLE_IN_ORDER
  const scores = scoresOf(place, accounts, exact, shares)
  const dataLines = people.map((person, index) => ({
    account: addressOf[person],
    token: place.token,
    kind: 'data',
    asset: 'reader',
    amount: shares[index]!,
  }))
  const leaves = world.epochs[0]!.map(leafOf)
  const files = assemble({
    world,
    place,
    epoch: 1,
    hand: HAND.epoch1,
    dataLines,
    period,
    scores,
    vectors,
    leaves: [leaves],
    previous: undefined,
    openPool: carried,
    carriedIn: carried,
    openEpochs: [],
    dBarFixed,
    heldIn: 0n,
    unattributedSoFar: HAND.epoch1.unattributed,
  })
  return { files, carried, dBarFixed, leaves }
}

const PEOPLE_IN_ORDER = ['alice', 'bob'].sort((a, b) =>
  addressOf[a as Person] < addressOf[b as Person] ? -1 : 1,
) as Person[]

/** Rows of the scores table; a held period has them too, with nothing paid. */
function scoresOf(place: WorldPlace, accounts: ExactInput['accounts'], exact: ExactResult, shares: readonly bigint[]) {
  return PEOPLE_IN_ORDER.map((person, index) => ({
    model: 'reader',
    token: place.token,
    account: addressOf[person],
    items: accounts[index]!.items.length,
    duplicates: person === 'bob' ? 1 : 0,
    s: exact.scores[index]!.toString(),
    pay: shares[index]!.toString(),
    held_back: '0',
  }))
}

/** What every period has in which there was something to solve. */
function solvedKeys(exact: ExactResult, vectors: Vectors) {
  return {
    effectiveEvents: `${exact.effectiveEvents}`,
    lambda: `${exact.lambda}`,
    lambdaRetries: exact.lambdaRetries,
    exponent: exact.exponent,
    vExponent: exact.vExponent,
    dBar: `${exact.dBar}`,
    sumPositive: `${exact.sumPositive}`,
    denominator: `${exact.denominator}`,
    vHash: hex(sha256(vectors.v)),
    xHash: hex(sha256(vectors.x)),
    vErrorNano: vectors.errorNano.toString(),
  }
}

/** One event is fewer than two: the period is held. */
function publishSecond(world: World, place: WorldPlace, first: FirstEpoch): EpochFiles {
  const { accounts, events } = periodInput(world, 2)
  const pool = first.carried + HAND.epoch2.dataPool
  const dataParts = BigInt(POLICY.dataParts)
  const exact = attributeExactly({ ...MAP, accounts, events, dataParts, dBarFixed: first.dBarFixed })!
  const vectors = vectorsOf(exact)
  const period = { ...heldPeriod(place, 2, events, pool, first.carried), ...solvedKeys(exact, vectors) }
  const leaves = world.epochs[1]!.map(leafOf)
  return assemble({
    world,
    place,
    epoch: 2,
    hand: HAND.epoch2,
    dataLines: [],
    period,
    scores: scoresOf(place, accounts, exact, [0n, 0n]),
    vectors,
    leaves: [first.leaves, leaves],
    previous: first.files,
    openPool: pool,
    carriedIn: first.carried,
    openEpochs: [2],
    dBarFixed: first.dBarFixed,
    heldIn: first.carried,
    unattributedSoFar: HAND.epoch1.unattributed,
  })
}

function heldPeriod(
  place: WorldPlace,
  epoch: number,
  events: readonly PeriodEvent[],
  pool: bigint,
  carriedIn: bigint,
): ManifestPeriod {
  return {
    model: 'reader',
    token: place.token as Address,
    featureMap: 'map-1',
    method: POLICY.method,
    state: 'held',
    firstEpoch: epoch,
    epochs: 1,
    events: events.length,
    items: 5,
    duplicates: 1,
    effectiveEvents: '0',
    fees: events.reduce((sum, { fee }) => sum + fee, 0n).toString(),
    pool: pool.toString(),
    carriedIn: carriedIn.toString(),
    paid: '0',
    holdBackParts: 0,
    heldBack: '0',
    carried: '0',
    unattributed: '0',
    feeShift: 0,
    lambda: null,
    lambdaRetries: null,
    exponent: null,
    vExponent: null,
    dBar: null,
    dBarNext: null,
    sumPositive: null,
    denominator: null,
    vHash: null,
    xHash: null,
    vErrorNano: null,
  }
}

/** Kept items by account ascending, and the events of an epoch's period. */
function periodInput(world: World, epoch: number): { accounts: { items: Contribution[] }[]; events: PeriodEvent[] } {
  const people = ['alice', 'bob'].sort((a, b) => (addressOf[a as Person] < addressOf[b as Person] ? -1 : 1))
  const accounts = people.map((person) => ({
    // The last item of all is Bob's copy.
    items: world.items
      .slice(0, -1)
      .filter((item) => item.person === person)
      .map(({ index, features }) => ({
        account: addressOf[person as Person],
        fingerprint: toHex(features.fingerprint),
        priority: 0,
        batchRank: 0,
        index,
        near: [],
        isWithdrawn: false,
        a: Int8Array.from(features.a),
        ua: features.ua,
        p: features.p,
        label: features.label,
      })),
  }))
  const events = world.inferences
    .filter((inference) => inference.epoch === epoch && inference.isFunded && inference.features !== undefined)
    .map(({ fee, features }) => ({
      fee,
      isPayerOwner: false,
      b: Int8Array.from(features!.b),
      ub: features!.ub,
      p: features!.p,
      label: features!.label,
      p16: features!.p16,
    }))
  return { accounts, events }
}

function largestRemainder(pool: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  const parts = weights.map((weight, index) => ({
    index,
    floor: (pool * weight) / total,
    rest: (pool * weight) % total,
  }))
  const left = Number(pool - parts.reduce((sum, { floor }) => sum + floor, 0n))
  const lucky = [...parts]
    .sort((a, b) => (a.rest > b.rest ? -1 : a.rest < b.rest ? 1 : a.index - b.index))
    .slice(0, left)
  return parts.map((part) => part.floor + (lucky.includes(part) ? 1n : 0n))
}

interface Vectors {
  readonly v: Uint8Array
  readonly x: Uint8Array
  readonly errorNano: bigint
}

/** x is a float64 by definition, so it comes from the solver under test; V is exact; the bound is recomputed from fractions. */
function vectorsOf(exact: ExactResult): Vectors {
  const { matrix: a, g } = exact
  const x = new Solver(Float64Array.from(a.flat(), Number), g.length).solve(Float64Array.from(g, Number))
  const bytes = Buffer.alloc(g.length * 8)
  x.forEach((value, index) => {
    bytes.writeDoubleBE(value, index * 8)
  })
  // The least q for which x · 2^q is whole, found by trying.
  let q = 0
  while (x.some((value) => !Number.isInteger(value * 2 ** q))) q++
  const whole = Array.from(x, (value) => BigInt(value * 2 ** q))
  const residual = g.map(
    (value, i) => (value << BigInt(q)) - a[i]!.reduce((sum, each, j) => sum + each * whole[j]!, 0n),
  )
  const norm = root(residual.reduce((sum, value) => sum + value * value, 0n)) + 1n
  const unit = exact.lambda << BigInt(q)
  const numerator = norm * 10n ** 9n * 2n ** BigInt(exact.vExponent)
  return { v: int32(exact.v), x: bytes, errorNano: numerator / unit + (numerator % unit === 0n ? 0n : 1n) }
}

function int32(values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeInt32BE(value, index * 4)
  })
  return bytes
}

function reasonOf({ outcome }: WorldRecord): number {
  return outcome === 'accepted' || outcome === 'duplicate' ? 0 : REJECTION_REASONS[outcome]
}

function leafOf(record: WorldRecord): Uint8Array {
  const { outcome } = record
  return leafHash(
    encodeEntry({
      incarnation: 0,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      effectiveTimeMs: record.effectiveMs,
      outcome: outcome === 'accepted' || outcome === 'duplicate' ? outcome : 'rejected',
      reason: reasonOf(record),
      content: contentHash(record),
    }),
  )
}

interface Assembly {
  world: World
  place: WorldPlace
  epoch: number
  hand: typeof HAND.epoch1 | typeof HAND.epoch2
  dataLines: Line[]
  period: ManifestPeriod
  scores: Record<string, Cell>[]
  vectors: Vectors
  leaves: readonly (readonly Uint8Array[])[]
  previous: EpochFiles | undefined
  openPool: bigint
  carriedIn: bigint
  openEpochs: number[]
  dBarFixed: bigint
  heldIn: bigint
  unattributedSoFar: bigint
}

function assemble(parts: Assembly): EpochFiles {
  const { world, place, epoch, hand, period, scores, previous } = parts
  const records = world.epochs[epoch - 1]!
  const lines = linesOf(parts)
  const accounts = accountsOf(lines, previous, epoch)
  const state = {
    format: 'tallystick-state/1',
    epoch,
    balances: [{ payer: addressOf.payer, token: place.token, amount: hand.balance.toString() }],
    channels: [{ payer: addressOf.payer, model: 'reader', token: place.token, ...hand.channel }],
    outside: [],
    periods: [
      {
        model: 'reader',
        token: place.token,
        epochs: parts.openEpochs,
        pool: parts.openPool.toString(),
        carriedIn: parts.carriedIn.toString(),
        dBarFixed: parts.dBarFixed.toString(),
      },
    ],
    disputes: [],
    outcomes: [],
    reserves: [],
    retired: [],
    unattributed: [{ token: place.token, amount: parts.unattributedSoFar.toString() }],
    waiting: [],
    recoveries: [],
    owed: [],
  }
  const manifest: Manifest = {
    format: 'tallystick-manifest/1',
    ledger: jsonHash(world.genesis),
    epoch,
    attempt: 1,
    vetoed: [],
    engine: 'test',
    previous: previous === undefined ? null : manifestHash(previous.manifest),
    cut: cutOf(records, epoch, previous),
    holes: epoch === 1 ? [{ topic: 'tally.chain', partition: 0, from: '1', to: '2' }] : [],
    gaps: [],
    counts: countsOf(records),
    tree: treeOf(parts.leaves),
    policy: 'policy-1',
    periods: [period],
    conservation: [
      {
        token: place.token as Address,
        funded: hand.funded.toString(),
        outside: '0',
        released: '0',
        refunded: '0',
        unfunded: hand.unfunded.toString(),
        reported: hand.reported.toString(),
        sold: '0',
        bonds: '0',
        bondsReturned: '0',
        heldIn: parts.heldIn.toString(),
        out: lines.reduce((sum, { amount }) => sum + amount, 0n).toString(),
        heldOut: parts.openPool.toString(),
        unattributed: hand.unattributed.toString(),
        owed: '0',
        owing: '0',
        minimumPayout: '0',
      },
    ],
    payout: payoutOf(accounts, parts),
    adjustments: [],
    tables: {
      accounts: { rows: accounts.length, root: hex(tableRoot(accounts.map(accountJson))) },
      disputes: { rows: 0, root: hex(tableRoot([])) },
      adjustments: { rows: 0, root: hex(tableRoot([])) },
      lines: { rows: lines.length, root: hex(tableRoot(lines.map((line) => lineJson(line, epoch)))) },
      sales: { rows: 0, root: hex(tableRoot([])) },
      scores: { rows: scores.length, root: hex(tableRoot(scores.map(scoreJson))) },
    },
    carryIn: previous === undefined ? emptyStateHash() : jsonHash(previous.state),
    carryOut: jsonHash(state),
  }
  return { manifest, genesis: world.genesis, state, tables: tablesOf(parts, lines, accounts, records) }
}

function emptyStateHash(): Hash32 {
  const lists = {
    balances: [],
    channels: [],
    disputes: [],
    outcomes: [],
    outside: [],
    periods: [],
    reserves: [],
    retired: [],
    unattributed: [],
    waiting: [],
    recoveries: [],
    owed: [],
  }
  return jsonHash({ epoch: 0, format: 'tallystick-state/1', ...lists })
}

function linesOf({ place, hand, dataLines }: Assembly): Line[] {
  const line = (person: Person, kind: string, asset: string, amount: bigint): Line => ({
    account: addressOf[person],
    token: place.token,
    kind,
    asset,
    amount,
  })
  const lines = [
    ...dataLines,
    ...Object.entries(hand.lines).map(([person, [kind, asset, amount]]) => line(person as Person, kind, asset, amount)),
    line('host', 'infrastructure', 'metal', hand.infrastructure),
    line('treasury', 'treasury', 'policy-1', hand.treasury),
  ]
  return lines.filter(({ amount }) => amount > 0n).sort((a, b) => (a.account < b.account ? -1 : 1))
}

function lineJson({ account, token, kind, asset, amount }: Line, epoch: number): CanonicalJson {
  return { account, amount: amount.toString(), asset, epoch, kind, token }
}

type AccountText =
  | 'account'
  | 'token'
  | 'before'
  | 'earned'
  | 'disputed'
  | 'cumulative'
  | 'lines_root'
  | 'netted'
  | 'small_before'
  | 'small'
type AccountCells = Record<AccountText, string> & {
  lines: number
}

function accountsOf(lines: readonly Line[], previous: EpochFiles | undefined, epoch: number): AccountCells[] {
  const before = new Map(
    (previous?.tables.accounts.rows ?? []).map((row) => [row.account as string, BigInt(row.cumulative as string)]),
  )
  const everPaid = [...new Set([...before.keys(), ...lines.map(({ account }) => account)])].sort()
  return everPaid.map((account) => {
    const own = lines.filter((line) => line.account === account)
    const earned = own.reduce((sum, { amount }) => sum + amount, 0n)
    return {
      account,
      token: lines[0]!.token,
      before: (before.get(account) ?? 0n).toString(),
      earned: earned.toString(),
      disputed: '0',
      cumulative: ((before.get(account) ?? 0n) + earned).toString(),
      lines_root: hex(tableRoot(own.map((line) => lineJson(line, epoch)))),
      lines: own.length,
      netted: '0',
      small_before: '0',
      small: '0',
    }
  })
}

export function accountJson({
  account,
  before,
  cumulative,
  disputed,
  earned,
  lines,
  lines_root,
  netted,
  small,
  small_before,
  token,
}: AccountCells): CanonicalJson {
  return {
    account,
    before,
    cumulative,
    disputed,
    earned,
    lines,
    linesRoot: lines_root,
    netted,
    small,
    smallBefore: small_before,
    token,
  }
}

export function scoreJson({ held_back: heldBack, ...row }: Record<string, Cell>): CanonicalJson {
  return { ...row, heldBack } as Record<string, string>
}

function cutOf(records: readonly WorldRecord[], epoch: number, previous: EpochFiles | undefined): Manifest['cut'] {
  const topics = [
    ...new Set([
      ...records.map(({ topic }) => topic),
      ...(previous?.manifest.cut.partitions ?? []).map(({ topic }) => topic),
    ]),
  ].sort()
  return {
    timeMs: String(epoch * 2_000_000),
    partitions: topics.map((topic) => {
      const from = previous?.manifest.cut.partitions.find((part) => part.topic === topic)?.to ?? '0'
      const last = records.filter((record) => record.topic === topic).at(-1)
      return { topic, partition: 0, incarnation: 0, from, to: last === undefined ? from : String(last.offset + 1n) }
    }),
  }
}

function countsOf(records: readonly WorldRecord[]): Manifest['counts'] {
  const reasons: Record<string, number> = {}
  const counts = { accepted: 0, duplicate: 0, rejected: 0 }
  for (const { outcome } of records) {
    if (outcome === 'accepted' || outcome === 'duplicate') counts[outcome]++
    else {
      counts.rejected++
      reasons[outcome] = (reasons[outcome as RejectionReason] ?? 0) + 1
    }
  }
  return { ...counts, late: 0, reasons }
}

function treeOf(leaves: readonly (readonly Uint8Array[])[]): Manifest['tree'] {
  const all = leaves.flat()
  return {
    size: String(all.length),
    root: hex(rootHash(all)),
    previousSize: String(all.length - leaves.at(-1)!.length),
  }
}

function payoutOf(
  accounts: readonly AccountCells[],
  { place, openPool, unattributedSoFar }: Assembly,
): Manifest['payout'] {
  const payouts = accounts.map(({ account, token, cumulative }) => ({
    account: account as Address,
    token: token as Address,
    cumulative: BigInt(cumulative),
  }))
  const distributor = place.distributor as Address
  const tree = buildPayoutTree({ chainId: BigInt(place.chainId), distributor, payouts })
  const cumulative = payouts.reduce((sum, payout) => sum + payout.cumulative, 0n)
  const reserved = openPool + unattributedSoFar
  return {
    chainId: place.chainId,
    distributor,
    root: tree.root as Hash32,
    leaves: accounts.length,
    totals: [
      {
        token: place.token as Address,
        cumulative: cumulative.toString(),
        reserved: reserved.toString(),
        total: (cumulative + reserved).toString(),
      },
    ],
  }
}

function tablesOf(
  { leaves, place, scores, vectors }: Assembly,
  lines: readonly Line[],
  accounts: AccountCells[],
  records: readonly WorldRecord[],
): EpochFiles['tables'] {
  const before = leaves.slice(0, -1).flat().length
  const table = (columns: Table['columns'], rows: Record<string, Cell>[]): Table => ({ columns, rows })
  const text = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'VARCHAR' as const]))
  return {
    leaves: table(
      { leaf_index: 'BIGINT', leaf_hash: 'BLOB' },
      leaves.at(-1)!.map((leaf, index) => ({ leaf_index: BigInt(before + index), leaf_hash: leaf })),
    ),
    accounts: table(
      {
        ...text('account', 'token', 'before', 'earned', 'disputed', 'cumulative', 'lines_root'),
        lines: 'INTEGER',
        ...text('netted', 'small_before', 'small'),
      },
      accounts,
    ),
    disputes: table(
      {
        ...text('dispute', 'source', 'id', 'opener', 'account', 'token', 'kind', 'asset'),
        line_epoch: 'INTEGER',
        ...text('claim'),
        epoch: 'INTEGER',
        until: 'INTEGER',
        ...text('bond', 'wanted', 'held', 'award', 'status'),
      },
      [],
    ),
    adjustments: table(
      { adjustment: 'VARCHAR', epoch: 'INTEGER', ...text('account', 'token', 'kind', 'asset', 'delta', 'forfeited') },
      [],
    ),
    lines: table(
      text('account', 'token', 'kind', 'asset', 'amount'),
      lines.map((line) => ({ ...line, amount: line.amount.toString() })),
    ),
    sales: table(
      {
        ...text('offer', 'source', 'id', 'kind', 'asset', 'seller', 'buyer'),
        parts: 'INTEGER',
        ...text('token', 'price', 'status'),
      },
      [],
    ),
    scores: table(
      {
        ...text('model', 'token', 'account'),
        items: 'INTEGER',
        duplicates: 'INTEGER',
        ...text('s', 'pay', 'held_back'),
      },
      scores,
    ),
    vectors: table({ ...text('model', 'token'), v: 'BLOB', x: 'BLOB' }, [
      { model: 'reader', token: place.token, v: vectors.v, x: vectors.x },
    ]),
    correctedUses: table({ ...text('adjustment'), epoch: 'INTEGER', ...text('source', 'id', 'fee') }, []),
    records: table(
      {
        topic: 'VARCHAR',
        partition_id: 'INTEGER',
        record_offset: 'BIGINT',
        incarnation: 'INTEGER',
        effective_ms: 'BIGINT',
        outcome: 'INTEGER',
        reason: 'INTEGER',
        record_key: 'BLOB',
        headers: 'BLOB',
        record_value: 'BLOB',
        content: 'BLOB',
      },
      records.map(recordCells),
    ),
  }
}

function recordCells(record: WorldRecord): Record<string, Cell> {
  const { outcome } = record
  return {
    topic: record.topic,
    partition_id: record.partition,
    record_offset: record.offset,
    incarnation: 0,
    effective_ms: record.effectiveMs,
    outcome: outcome === 'accepted' ? 0 : outcome === 'duplicate' ? 1 : 2,
    reason: reasonOf(record),
    record_key: record.key,
    headers: headersBlob(record),
    record_value: record.value,
    content: null,
  }
}

function headersBlob({ headers }: WorldRecord): Uint8Array {
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const field = (value: Uint8Array | null) =>
    value === null ? u32(0xffff_ffff) : Buffer.concat([u32(value.length), value])
  return Buffer.concat([
    u32(headers.length),
    ...headers.flatMap(([name, value]) => [field(Buffer.from(name)), field(value)]),
  ])
}

/** Writes the epochs as epoch-000001, epoch-000002, … into a new temporary folder. */
export async function writeWorld(
  epochs: readonly EpochFiles[],
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-audit-'))
  for (const files of epochs) {
    await writeBundle(join(folder, `epoch-${String(files.manifest.epoch).padStart(6, '0')}`), files)
  }
  return { folder, remove: () => rm(folder, { recursive: true }) }
}
