import { type DisputeRow, type EpochBundle, TABLES } from './bundle.ts'
import { owesOf, releaseLowered } from './contested-lines.ts'
import { assertSame, assertSameJson, differ } from './difference.ts'
import { lineKey } from './disputes.ts'
import { weighedOf } from './published-adjustments.ts'
import { EMPTY_STATE, type State } from './state.ts'
import { addTo } from './sums.ts'

const ADDRESS = /^0x[0-9a-f]{40}$/
const AMOUNT = /^(0|[1-9]\d{0,38})$/
const REFUSED = /^(void|unfunded)$/
const ENDED = /^(upheld|rejected|lapsed)$/

type Known = State['disputes'][number]

/**
 * What the disputes table proves by itself: every dispute of the epoch before goes on or ends, what ends is in lines and bonds, what
 * is open is in the state, and accounts are taken no more for it than the rule says.
 *
 * @param previous the epoch before; undefined when it was not given or there is none
 * @throws DifferenceFound
 */
export function checkDisputes(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  const { epoch, disputes, state } = bundle
  for (const [index, row] of disputes.entries()) checkRow(row, index, epoch)
  const open = disputes.filter(({ status }) => status === 'open')
  assertSameJson('disputes', 'state.json disputes', open.map(toKnown), state.disputes)
  checkBonds(bundle)
  if (previous === undefined && epoch > 1) {
    // What adjustments release is known by what was held before.
    if (bundle.adjustments.length === 0) checkLines(bundle, [])
    return
  }
  const before = (previous?.state ?? EMPTY_STATE).disputes
  checkGoingOn(disputes, before, epoch)
  const wanting = wantingOf(bundle, open, before)
  checkLines(bundle, releaseLowered(wanting, owesOf(weighedOf(bundle.adjustments))))
  checkHeld(bundle, wanting)
}

function checkRow(row: DisputeRow, index: number, epoch: number): void {
  const where = (column: string) => `${TABLES.disputes} row ${index} (${row.dispute}) ${column}`
  for (const column of ['opener', 'account', 'token'] as const)
    if (!ADDRESS.test(row[column])) differ('disputes', where(column), 'an address', row[column])
  for (const column of ['bond', 'wanted', 'held', 'award'] as const)
    if (!AMOUNT.test(row[column])) differ('disputes', where(column), 'an amount', row[column])
  const { status, until } = row
  const isRefused = REFUSED.test(status)
  if (status !== 'open' && !isRefused && !ENDED.test(status))
    differ('disputes', where('status'), 'open, void, unfunded, upheld, rejected or lapsed', status)
  if (row.line_epoch >= row.epoch) differ('disputes', where('line_epoch'), `below ${row.epoch}`, row.line_epoch)
  if (row.epoch > epoch || (isRefused && row.epoch !== epoch))
    differ('disputes', where('epoch'), `${epoch}${isRefused ? '' : ' or before'}`, row.epoch)
  if (status === 'open' && until <= epoch) differ('disputes', where('until'), `above ${epoch}`, until)
  if (status === 'lapsed' && until > epoch) differ('disputes', where('until'), `at most ${epoch}`, until)
  const [wanted, held, award] = [row.wanted, row.held, row.award].map(BigInt)
  const wantedMost = isRefused || row.opener === row.account ? 0n : wanted!
  if (wanted! > wantedMost) differ('disputes', where('wanted'), `${wantedMost}`, row.wanted)
  if (held! > wantedMost) differ('disputes', where('held'), `at most ${wantedMost}`, row.held)
  if (award! > (status === 'upheld' ? held! : 0n)) differ('disputes', where('award'), 'a part of held', row.award)
}

function toKnown(row: DisputeRow): Known {
  const { dispute, opener, account, token, kind, asset, line_epoch: lineEpoch, epoch, until, bond, wanted, held } = row
  return { dispute, opener, account, token, kind, asset, lineEpoch, epoch, until, bond, wanted, held }
}

/** What ended is what accounts were paid for it, and what adjustments released of disputes that go on. */
function checkLines({ disputes, lines }: EpochBundle, released: ReturnType<typeof releaseLowered>): void {
  const owed = new Map<string, bigint>()
  const owe = (account: string, token: string, kind: string, asset: string, amount: string) => {
    if (amount !== '0') addTo(owed, JSON.stringify([account, token, kind, asset]), BigInt(amount))
  }
  for (const { status, opener, account, token, asset, held, award, bond } of disputes) {
    if (status === 'upheld') owe(opener, token, 'award', asset, award)
    if (status === 'rejected' || status === 'lapsed') owe(account, token, 'released', asset, held)
    if (status === 'rejected') owe(account, token, 'bond', asset, bond)
  }
  for (const { account, token, kind, asset, amount } of released) owe(account, token, kind, asset, `${amount}`)
  for (const [index, { account, token, kind, asset, amount }] of lines.entries()) {
    if (!/^(released|award|bond)$/.test(kind)) continue
    const key = JSON.stringify([account, token, kind, asset])
    assertSame('disputes', `${TABLES.lines} row ${index} amount`, (owed.get(key) ?? 0n).toString(), amount)
    owed.delete(key)
  }
  const [unpaid] = owed.keys()
  if (unpaid !== undefined) differ('disputes', TABLES.lines, `a line for the dispute of ${unpaid}`, undefined)
}

function checkBonds({ epoch, disputes, manifest }: EpochBundle): void {
  const [bonds, returned] = [new Map<string, bigint>(), new Map<string, bigint>()]
  for (const { status, token, bond, epoch: since } of disputes) {
    if (since === epoch && !REFUSED.test(status)) addTo(bonds, token, BigInt(bond))
    if (status === 'upheld' || status === 'lapsed') addTo(returned, token, BigInt(bond))
  }
  for (const [index, flow] of manifest.conservation.entries()) {
    const where = (key: string) => `manifest.json conservation[${index}].${key} (${flow.token})`
    assertSame('disputes', where('bonds'), `${bonds.get(flow.token) ?? 0n}`, flow.bonds)
    assertSame('disputes', where('bondsReturned'), `${returned.get(flow.token) ?? 0n}`, flow.bondsReturned)
    bonds.delete(flow.token)
    returned.delete(flow.token)
  }
  const [without] = [...bonds, ...returned].filter(([, amount]) => amount > 0n)
  if (without !== undefined) differ('disputes', `manifest.json conservation of ${without[0]}`, 'an entry', undefined)
}

/** Those that were open come first, in their order, and are what they were; behind them come those of the epoch. */
function checkGoingOn(disputes: readonly DisputeRow[], before: readonly Known[], epoch: number): void {
  const names = new Set<string>()
  for (const [index, row] of disputes.entries()) {
    const where = (column: string) => `${TABLES.disputes} row ${index} (${row.dispute}) ${column}`
    if (names.has(row.dispute)) differ('disputes', where('dispute'), 'a name of its own', row.dispute)
    names.add(row.dispute)
    const known = before[index]
    if (known === undefined) {
      if (row.epoch !== epoch) differ('disputes', where('epoch'), `${epoch}`, row.epoch)
      continue
    }
    const found = toKnown(row)
    const isOpen = row.status === 'open'
    assertSameJson('disputes', where(''), known, isOpen ? { ...found, wanted: known.wanted, held: known.held } : found)
  }
  if (before.length > disputes.length)
    differ('disputes', `${TABLES.disputes} row ${disputes.length}`, before[disputes.length]!.dispute, undefined)
}

/** A dispute that goes on, before adjustments lower its line and more is held. */
interface Wanting {
  readonly row: DisputeRow
  readonly lineEpoch: number
  readonly opener: string
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  wanted: bigint
  held: bigint
}

/** What it wanted before, less what disputes that were upheld in the epoch took; of new ones what they say, before it was lowered. */
function wantingOf(
  { disputes, adjustments }: EpochBundle,
  open: readonly DisputeRow[],
  before: readonly Known[],
): Wanting[] {
  const upheld = new Map<string, bigint>()
  for (const row of disputes) if (row.status === 'upheld') addTo(upheld, lineOf(row), BigInt(row.held))
  const owes = owesOf(weighedOf(adjustments))
  const known = new Map(before.map((each) => [each.dispute, each]))
  return open.map((row) => {
    const { opener, account, token, kind, asset, line_epoch: lineEpoch } = row
    const was = known.get(row.dispute)
    const isOwn = opener === account
    const line = lineOf(row)
    const wanted =
      was === undefined
        ? BigInt(row.wanted) + (isOwn ? 0n : (owes.get(line) ?? 0n))
        : BigInt(was.wanted) - (isOwn ? 0n : (upheld.get(line) ?? 0n))
    return { row, lineEpoch, opener, account, token, kind, asset, wanted, held: BigInt(was?.held ?? 0) }
  })
}

/** Of what an account could be paid, the oldest dispute takes first, and all of a line no more than its amount. */
function checkHeld({ accounts }: EpochBundle, wanting: readonly Wanting[]): void {
  const left = new Map(
    accounts.map(({ account, token, small_before, earned, netted }) => [
      account + token,
      BigInt(small_before) + BigInt(earned) - BigInt(netted),
    ]),
  )
  const heldOf = new Map<string, bigint>()
  for (const { row, held } of wanting) addTo(heldOf, lineOf(row), held)
  const disputed = new Map<string, bigint>()
  for (const { row, wanted, held } of wanting) {
    const [key, line] = [row.account + row.token, lineOf(row)]
    assertSame('disputes', `${TABLES.disputes} wanted of ${row.dispute}`, `${wanted}`, row.wanted)
    const room = wanted - heldOf.get(line)!
    const there = (left.get(key) ?? 0n) - (disputed.get(key) ?? 0n)
    const taken = room < there ? room : there
    const more = taken > 0n ? taken : 0n
    assertSame('disputes', `${TABLES.disputes} held of ${row.dispute}`, `${held + more}`, row.held)
    addTo(disputed, key, more)
    addTo(heldOf, line, more)
  }
  for (const [index, row] of accounts.entries()) {
    const taken = `${disputed.get(row.account + row.token) ?? 0n}`
    assertSame('disputes', `${TABLES.accounts} row ${index} disputed`, taken, row.disputed)
  }
}

function lineOf({ line_epoch: lineEpoch, account, token, kind, asset }: DisputeRow): string {
  return lineKey({ lineEpoch, account, token, kind, asset })
}
