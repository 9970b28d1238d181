import type { CanonicalJson } from '../anchor/canonical-json.ts'
import type { ManifestPeriod } from '../anchor/manifest.ts'
import { toHex } from '../schemas/ids.ts'
import { encodeFloat64, encodeInt32 } from './attribution/encode.ts'
import { type EpochBundle, TABLES, type VectorRow } from './bundle.ts'
import { assertSame, assertSameJson } from './difference.ts'
import { splitPair } from './funding.ts'
import { compareText } from './order.ts'
import type { SettledPeriod } from './periods.ts'
import { heldBackOf } from './reserves.ts'
import { type Books, type Settled, stateOf } from './settlement.ts'

/**
 * Holds what an epoch published to what was recomputed from its records.
 *
 * @throws DifferenceFound
 */
export function compareSettlement(bundle: EpochBundle, settled: Settled, books: Books): void {
  const { manifest } = bundle
  assertSame('policy', 'manifest.json policy', settled.policy?.policy ?? null, manifest.policy)
  comparePeriods(manifest.periods, settled.periods)
  compareScores(bundle, settled.periods)
  compareVectors(bundle, settled.periods)
  compareLines(bundle, settled)
  compareSales(bundle, settled)
  compareDisputes(bundle, settled)
  compareAccounts(bundle, books, settled)
  compareFlows(bundle, settled)
  compareState(bundle, books)
}

/** Holds state.json to what is carried. @throws DifferenceFound */
export function compareState({ epoch, state }: EpochBundle, books: Books): void {
  assertSameJson('state', 'state.json', stateOf(books, epoch) as CanonicalJson, state as CanonicalJson)
}

function comparePeriods(published: readonly ManifestPeriod[], settled: readonly SettledPeriod[]): void {
  assertSame('periods', 'manifest.json periods (number)', settled.length, published.length)
  for (const [index, { manifest: expected }] of settled.entries()) {
    const found = published[index]!
    for (const key of Object.keys(expected) as (keyof ManifestPeriod)[]) {
      assertSame('periods', `manifest.json periods[${index}].${key}`, expected[key], found[key])
    }
  }
}

function compareScores({ scores }: EpochBundle, periods: readonly SettledPeriod[]): void {
  const expected = periods.flatMap(({ manifest, result, holdBackParts }) =>
    (result?.accounts ?? []).map((account) => ({
      model: manifest.model,
      token: manifest.token,
      account: account.account,
      items: account.items,
      duplicates: account.duplicates,
      s: account.s.toString(),
      pay: (account.pay - heldBackOf(account.pay, holdBackParts)).toString(),
      held_back: heldBackOf(account.pay, holdBackParts).toString(),
    })),
  )
  compareRows('scores', TABLES.scores, expected, scores)
}

function compareVectors({ vectors }: EpochBundle, periods: readonly SettledPeriod[]): void {
  const expected = periods.flatMap(({ manifest, result }) =>
    result?.solved === undefined
      ? []
      : {
          model: manifest.model,
          token: manifest.token,
          v: toHex(encodeInt32(result.solved.v)),
          x: toHex(encodeFloat64(result.solved.x)),
        },
  )
  compareRows('vectors', TABLES.vectors, expected, vectors.map(showVector))
}

function showVector(row: VectorRow) {
  return { ...row, v: toHex(row.v), x: toHex(row.x) }
}

function compareLines({ lines }: EpochBundle, settled: Settled): void {
  const expected = settled.lines.map((line) => ({ ...line, amount: line.amount.toString() }))
  compareRows('lines', TABLES.lines, expected, lines)
}

function compareSales({ sales }: EpochBundle, settled: Settled): void {
  const expected = settled.sales.map(({ published }) => ({ ...published }))
  compareRows('sales', TABLES.sales, expected, sales)
}

function compareDisputes({ disputes }: EpochBundle, settled: Settled): void {
  const expected = settled.disputes.map(({ lineEpoch, bond, wanted, held, award, ...dispute }) => ({
    ...dispute,
    line_epoch: lineEpoch,
    ...{ bond: `${bond}`, wanted: `${wanted}`, held: `${held}`, award: `${award}` },
  }))
  compareRows('disputes', TABLES.disputes, expected, disputes)
}

function compareAccounts({ accounts }: EpochBundle, books: Books, { netted, disputed }: Settled): void {
  const expected = [...books.small]
    .map(([key, small]) => {
      const [account, token] = splitPair(key)
      return {
        account,
        token,
        cumulative: `${books.cumulative.get(key) ?? 0n}`,
        netted: `${netted.get(key) ?? 0n}`,
        disputed: `${disputed.get(key) ?? 0n}`,
        small: `${small}`,
      }
    })
    .sort((a, b) => compareText(a.account + a.token, b.account + b.token))
  const published = accounts.map(({ account, token, cumulative, netted: taken, disputed: held, small }) => {
    return { account, token, cumulative, netted: taken, disputed: held, small }
  })
  compareRows('accounts', TABLES.accounts, expected, published)
}

/** Every token of the totals, of an inference accepted in the epoch, of fees that went back in it and of what is owed, and no other. */
function compareFlows({ manifest }: EpochBundle, settled: Settled): void {
  const owed = settled.flows.filter((flow) => flow.owed > 0n || flow.owing > 0n).map(({ token }) => token)
  const tokens = new Set([
    ...manifest.payout.totals.map(({ token }) => token as string),
    ...settled.tokensUsed,
    ...owed,
  ])
  const amounts = new Map(settled.flows.map((flow) => [flow.token, flow]))
  const expected = [...tokens].sort(compareText).map((token) => {
    const flow = amounts.get(token)
    return {
      token,
      funded: `${flow?.funded ?? 0n}`,
      outside: `${flow?.outside ?? 0n}`,
      released: `${flow?.released ?? 0n}`,
      refunded: `${flow?.refunded ?? 0n}`,
      unfunded: `${flow?.unfunded ?? 0n}`,
      reported: `${flow?.reported ?? 0n}`,
      sold: `${flow?.sold ?? 0n}`,
      bonds: `${flow?.bonds ?? 0n}`,
      bondsReturned: `${flow?.bondsReturned ?? 0n}`,
      heldIn: `${flow?.heldIn ?? 0n}`,
      out: `${flow?.out ?? 0n}`,
      heldOut: `${flow?.heldOut ?? 0n}`,
      unattributed: `${flow?.unattributed ?? 0n}`,
      owed: `${flow?.owed ?? 0n}`,
      owing: `${flow?.owing ?? 0n}`,
      minimumPayout: `${flow?.minimumPayout ?? 0n}`,
    }
  })
  compareRows('conservation', 'manifest.json conservation', expected, manifest.conservation)
}

type Row = Readonly<Record<string, string | number | null>>

/** Names the first row and column that differ. */
export function compareRows(check: string, table: string, expected: readonly Row[], found: readonly Row[]): void {
  for (const [index, row] of expected.entries()) {
    const where = `${table} row ${index}`
    const other = found[index]
    if (other === undefined) assertSame(check, where, JSON.stringify(row), undefined)
    for (const name of Object.keys(row)) {
      assertSame(check, `${where} (${nameOf(row)}) ${name}`, row[name], other?.[name])
    }
  }
  if (found.length > expected.length) {
    assertSame(check, `${table} row ${expected.length}`, undefined, JSON.stringify(found[expected.length]))
  }
}

/** What a row is about, for a person who looks for it. */
function nameOf(row: Row): string {
  return ['offer', 'dispute', 'model', 'account', 'token', 'kind', 'asset']
    .filter((name) => row[name] !== undefined)
    .map((name) => row[name])
    .join(', ')
}
