import type { CanonicalJson } from '../anchor/canonical-json.ts'
import { sha256 } from '../anchor/hash.ts'
import { buildPayoutTree } from '../anchor/payout/payout-tree.ts'
import { tableRoot } from '../anchor/table-root.ts'
import { type Address, toHex } from '../schemas/ids.ts'
import { type EpochBundle, TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { compareText } from './order.ts'
import { checkPayouts } from './payouts.ts'
import { checkAdjustments } from './published-adjustments.ts'
import { checkChannels } from './published-channels.ts'
import { checkDisputes } from './published-disputes.ts'
import { checkOutcomePools } from './published-outcomes.ts'
import { checkOutside } from './published-outside.ts'
import { checkPeriodBooks, checkWaiting, heldInState } from './published-periods.ts'
import { checkReserves } from './published-reserves.ts'
import { checkRetired } from './published-retired.ts'
import { checkSales } from './published-sales.ts'
import { assertAscending, checkShapes } from './published-shapes.ts'
import { heldBackOf } from './reserves.ts'
import { EMPTY_STATE, type State } from './state.ts'
import { addTo, sumOf } from './sums.ts'

/**
 * What the public tier of an epoch proves by itself: shapes and orders of its tables, their roots, the lines behind each
 * account's amount, the payout tree, the totals and the conservation of each token.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkPublished(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  checkShapes(bundle)
  checkTableRoots(bundle)
  checkAccounts(bundle, previous)
  checkPayouts(bundle, previous)
  checkSales(bundle)
  checkDisputes(bundle, previous)
  checkScores(bundle)
  checkVectors(bundle)
  checkPeriodBooks(bundle.manifest.periods, bundle.state)
  checkWaiting(bundle.state)
  checkReserves(bundle, stateBefore(bundle, previous), checkAdjustments(bundle, stateBefore(bundle, previous)))
  checkOutcomePools(bundle, previous)
  checkRetired(bundle, previous)
  checkPayout(bundle)
  checkConservation(bundle, previous)
  checkChannels(bundle, previous)
  checkOutside(bundle, previous)
}

function lineRows({ epoch, lines }: EpochBundle): CanonicalJson[] {
  return lines.map(({ account, amount, asset, kind, token }) => ({ account, amount, asset, epoch, kind, token }))
}

function checkTableRoots(bundle: EpochBundle): void {
  const { manifest, accounts, adjustments, disputes, sales, scores } = bundle
  const tables: [name: keyof typeof manifest.tables, file: string, rows: CanonicalJson[]][] = [
    ['lines', TABLES.lines, lineRows(bundle)],
    [
      'accounts',
      TABLES.accounts,
      accounts.map(
        ({ account, before, cumulative, disputed, earned, lines, lines_root, netted, small, small_before, token }) => ({
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
        }),
      ),
    ],
    ['disputes', TABLES.disputes, disputes.map(({ line_epoch: lineEpoch, ...row }) => ({ ...row, lineEpoch }))],
    ['adjustments', TABLES.adjustments, adjustments.map((row) => ({ ...row }))],
    ['sales', TABLES.sales, sales.map((row) => ({ ...row }))],
    [
      'scores',
      TABLES.scores,
      scores.map(({ account, duplicates, held_back, items, model, pay, s, token }) => ({
        account,
        duplicates,
        heldBack: held_back,
        items,
        model,
        pay,
        s,
        token,
      })),
    ],
  ]
  for (const [name, file, rows] of tables) {
    assertSame(
      'table roots',
      `${file} rows against manifest.json tables.${name}.rows`,
      rows.length,
      manifest.tables[name].rows,
    )
    const root = toHex(tableRoot(rows))
    assertSame('table roots', `manifest.json tables.${name}.root (from ${file})`, root, manifest.tables[name].root)
  }
}

/** Each account's lines lead to its root and to what it earned; nobody of the epoch before is missing. */
function checkAccounts(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  const linesOf = new Map<string, CanonicalJson[]>()
  const earned = new Map<string, bigint>()
  for (const [index, row] of lineRows(bundle).entries()) {
    const { account, token, amount } = bundle.lines[index]!
    linesOf.set(account + token, [...(linesOf.get(account + token) ?? []), row])
    addTo(earned, account + token, BigInt(amount))
  }
  const before = new Set(previous?.accounts.map((row) => row.account + row.token))
  for (const [index, row] of bundle.accounts.entries()) {
    const key = row.account + row.token
    const where = (column: string) => `${TABLES.accounts} row ${index} (${row.account}, ${row.token}) ${column}`
    const own = linesOf.get(key) ?? []
    assertSame('accounts', where('lines'), own.length, row.lines)
    assertSame('accounts', where('lines_root'), toHex(tableRoot(own)), row.lines_root)
    assertSame('accounts', where('earned'), (earned.get(key) ?? 0n).toString(), row.earned)
    before.delete(key)
    linesOf.delete(key)
  }
  const [missing] = [...before, ...linesOf.keys()]
  if (missing !== undefined)
    differ('accounts', TABLES.accounts, `a row of ${missing.slice(0, 42)}, ${missing.slice(42)}`, undefined)
}

/** What scores say is paid and held back is what the period and the lines say, and each account's is its part. */
function checkScores({ manifest, scores, lines }: EpochBundle): void {
  const paid = new Map<string, bigint>()
  const lineOf = new Map(
    lines
      .filter(({ kind }) => kind === 'data')
      .map((row) => [JSON.stringify([row.account, row.token, row.asset]), row.amount]),
  )
  const heldBack = new Map<string, bigint>()
  for (const [index, { model, token, account, pay, held_back }] of scores.entries()) {
    addTo(paid, JSON.stringify([model, token]), BigInt(pay))
    addTo(heldBack, JSON.stringify([model, token]), BigInt(held_back))
    const parts = manifest.periods.find((each) => each.model === model && each.token === token)?.holdBackParts ?? 0
    const held = heldBackOf(BigInt(pay) + BigInt(held_back), parts)
    assertSame('scores', `${TABLES.scores} row ${index} held_back`, held.toString(), held_back)
    const key = JSON.stringify([account, token, model])
    assertSame('scores', `${TABLES.scores} row ${index} pay against its line`, lineOf.get(key) ?? '0', pay)
    lineOf.delete(key)
  }
  const [without] = lineOf.keys()
  if (without !== undefined) differ('scores', TABLES.scores, `a row for the data line ${without}`, undefined)
  for (const [index, period] of manifest.periods.entries()) {
    const sum = paid.get(JSON.stringify([period.model, period.token])) ?? 0n
    assertSame('scores', `manifest.json periods[${index}].paid`, sum.toString(), period.paid)
    const held = heldBack.get(JSON.stringify([period.model, period.token])) ?? 0n
    assertSame('scores', `manifest.json periods[${index}].heldBack`, held.toString(), period.heldBack)
  }
}

function checkVectors({ manifest, vectors }: EpochBundle): void {
  for (const [index, { model, token, v, x }] of vectors.entries()) {
    const period = manifest.periods.find((each) => each.model === model && each.token === token)
    if (period === undefined)
      differ('vectors', `${TABLES.vectors} row ${index}`, 'a period of the manifest', `${model}, ${token}`)
    assertSame('vectors', `${TABLES.vectors} row ${index} v (SHA-256)`, period?.vHash, toHex(sha256(v)))
    assertSame('vectors', `${TABLES.vectors} row ${index} x (SHA-256)`, period?.xHash, toHex(sha256(x)))
  }
  const missing = manifest.periods.find(
    ({ model, token, vHash }) =>
      vHash !== null && !vectors.some((vector) => vector.model === model && vector.token === token),
  )
  if (missing !== undefined) differ('vectors', TABLES.vectors, `a row of ${missing.model}, ${missing.token}`, undefined)
}

/** Payout root, number of leaves and totals, from the accounts and the state. */
function checkPayout({ manifest, accounts, state }: EpochBundle): void {
  const { chainId, distributor, root, leaves, totals } = manifest.payout
  const paid = accounts.filter(({ cumulative }) => cumulative !== '0')
  const payouts = paid.map(({ account, token, cumulative }) => ({
    account: account as Address,
    token: token as Address,
    cumulative: BigInt(cumulative),
  }))
  const tree = buildPayoutTree({ chainId: BigInt(chainId), distributor, payouts })
  assertSame('payout', 'manifest.json payout.leaves', tree.size, leaves)
  assertSame('payout', 'manifest.json payout.root', tree.root, root)
  const cumulative = new Map<string, bigint>()
  for (const payout of payouts) addTo(cumulative, payout.token, payout.cumulative)
  const reserved = heldInState(state)
  for (const { token, small } of accounts) addTo(reserved, token, BigInt(small))
  for (const { token, amount } of state.unattributed) addTo(reserved, token, BigInt(amount))
  assertAscending('totals', 'manifest.json payout.totals', totals, (a, b) => compareText(a.token, b.token))
  for (const [index, total] of totals.entries()) {
    const where = (key: string) => `manifest.json payout.totals[${index}].${key} (${total.token})`
    assertSame('totals', where('cumulative'), (cumulative.get(total.token) ?? 0n).toString(), total.cumulative)
    assertSame('totals', where('reserved'), (reserved.get(total.token) ?? 0n).toString(), total.reserved)
    assertSame('totals', where('total'), (BigInt(total.cumulative) + BigInt(total.reserved)).toString(), total.total)
  }
  const tokens = [...new Set([...cumulative.keys(), ...reserved.keys()])].sort(compareText)
  const missing = tokens.find((token) => !totals.some((total) => total.token === token))
  if (missing !== undefined) differ('totals', `manifest.json payout.totals of ${missing}`, 'an entry', undefined)
  const extra = totals.find(({ token }) => !tokens.includes(token))
  if (extra !== undefined) differ('totals', `manifest.json payout.totals of ${extra.token}`, undefined, 'an entry')
}

/** The state that an epoch began with, where it is known. */
function stateBefore({ epoch }: EpochBundle, previous: EpochBundle | undefined): State | undefined {
  return previous?.state ?? (epoch === 1 ? EMPTY_STATE : undefined)
}

/** funded + outside + sold + bonds + held in = out + held out + unattributed + refunded + bonds given back, and each side is what the tables and the states say. */
function checkConservation({ epoch, manifest, accounts, state }: EpochBundle, previous: EpochBundle | undefined): void {
  const out = sumsByToken(accounts, ({ before, cumulative }) => BigInt(cumulative) - BigInt(before))
  const heldOut = heldInState(state)
  const heldIn = heldInState(previous?.state ?? EMPTY_STATE)
  for (const { token, small, small_before } of accounts) {
    addTo(heldOut, token, BigInt(small))
    addTo(heldIn, token, BigInt(small_before))
  }
  const isKnown = previous !== undefined || epoch === 1
  assertAscending('conservation', 'manifest.json conservation', manifest.conservation, (a, b) =>
    compareText(a.token, b.token),
  )
  for (const [index, flow] of manifest.conservation.entries()) {
    const where = (key: string) => `manifest.json conservation[${index}].${key} (${flow.token})`
    assertSame('conservation', where('out'), (out.get(flow.token) ?? 0n).toString(), flow.out)
    assertSame('conservation', where('heldOut'), (heldOut.get(flow.token) ?? 0n).toString(), flow.heldOut)
    if (isKnown) assertSame('conservation', where('heldIn'), (heldIn.get(flow.token) ?? 0n).toString(), flow.heldIn)
    const inflow = sumOf([flow.funded, flow.outside, flow.sold, flow.bonds, flow.heldIn].map(BigInt))
    const gone = [flow.out, flow.heldOut, flow.unattributed, flow.refunded, flow.bondsReturned]
    const outflow = sumOf(gone.map(BigInt))
    assertSame('conservation', where('funded + outside + sold + bonds + heldIn'), outflow, inflow)
  }
  for (const [token, amount] of [...out, ...heldOut, ...heldIn]) {
    if (amount > 0n && !manifest.conservation.some((flow) => flow.token === token)) {
      differ('conservation', `manifest.json conservation of ${token}`, 'an entry', undefined)
    }
  }
}

function sumsByToken<Row extends { token: string }>(
  rows: readonly Row[],
  amountOf: (row: Row) => bigint,
): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const row of rows) addTo(sums, row.token, amountOf(row))
  return sums
}
