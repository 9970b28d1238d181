import { type DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { OpenDispute } from '../carry-state.ts'
import { addTo, type LineKey, type Lines } from './lines.ts'

const disputesOfEpoch = readSql(new URL('./disputes-of-epoch.sql', import.meta.url))

const MILLIONTHS = 1_000_000n

/** How a dispute stands: opened and good, or not; or how it ended. */
type DisputeStatus = 'open' | 'unfunded' | 'void' | Ending
/** Decided for or against its opener, or by nobody. */
type Ending = 'upheld' | 'rejected' | 'lapsed'

interface Standing {
  readonly dispute: string
  readonly status: DisputeStatus
  readonly wanted: string
  readonly held: string
  readonly award: bigint
}

/** What the ends of disputes and new ones came to, before anything more is held. */
export interface EndedDisputes {
  /** In the order in which they were opened. */
  readonly open: readonly OpenDispute[]
  /** All that were open or opened in the epoch, in that order. */
  readonly standings: readonly Standing[]
  /** token → what awards left of what was held. */
  readonly unattributed: ReadonlyMap<string, bigint>
  /** token → bonds taken in the epoch. */
  readonly bonds: ReadonlyMap<string, bigint>
  /** payer ‖ token → bonds that are theirs again. */
  readonly returned: ReadonlyMap<string, bigint>
  /** By {@link lineOf}: what disputes that were upheld took. */
  readonly taken: ReadonlyMap<string, bigint>
}

/** Where disputes take no part. */
export const NO_ENDS: EndedDisputes = {
  ...{ open: [], standings: [], unattributed: new Map(), bonds: new Map(), returned: new Map(), taken: new Map() },
}

interface Resolution {
  readonly dispute: string
  readonly upheld: boolean
  readonly award_parts: number
}

/**
 * Ends the disputes that were decided in the epoch, and those whose time to be decided ends with it (docs/formats.md#disputes).
 * Lines are added to `lines`: what is released, awarded, and forfeited.
 */
export async function endDisputes(
  warehouse: Database,
  epoch: number,
  before: readonly OpenDispute[],
  lines: Lines,
): Promise<EndedDisputes> {
  const opened = await warehouse.all(disputesOfEpoch, { epoch })
  const resolutions = new Map(
    (
      await warehouse.all<Resolution & Row>(
        'SELECT dispute, upheld, award_parts FROM dispute_resolution WHERE epoch = $epoch',
        { epoch },
      )
    ).map((row) => [row.dispute, row]),
  )
  const fresh = opened.filter(({ status }) => status === 'open').map((row) => toOpen(row, epoch))
  const books = { open: [] as OpenDispute[], unattributed: new Map(), returned: new Map(), taken: new Map() }
  const endings = [...before, ...fresh].map((dispute) =>
    end(dispute, endingOf(dispute, epoch, resolutions.get(dispute.dispute)), books, lines),
  )
  const refused = opened.filter(({ status }) => status !== 'open').map(toRefused)
  const bonds = new Map<string, bigint>()
  for (const { token, bond } of fresh) addTo(bonds, token, BigInt(bond))
  return {
    open: books.open.map((dispute) => lessTaken(dispute, books.taken)),
    standings: inOrder([...endings, ...refused], before, opened),
    ...{ unattributed: books.unattributed, returned: books.returned, taken: books.taken, bonds },
  }
}

interface Books {
  readonly open: OpenDispute[]
  readonly unattributed: Map<string, bigint>
  readonly returned: Map<string, bigint>
  /** Line → what disputes that were upheld took of it. */
  readonly taken: Map<string, bigint>
}

type HowItEnded = { readonly ending: Ending; readonly awardParts: number }

function endingOf({ until }: OpenDispute, epoch: number, resolution: Resolution | undefined): HowItEnded | undefined {
  if (resolution !== undefined)
    return { ending: resolution.upheld ? 'upheld' : 'rejected', awardParts: resolution.award_parts }
  return until <= epoch ? { ending: 'lapsed', awardParts: 0 } : undefined
}

/** What is held goes on, to the opener, back to the account, or to nobody; the bond to the opener or to the account. */
function end(dispute: OpenDispute, how: HowItEnded | undefined, books: Books, lines: Lines): Standing {
  const { dispute: name, opener, account, token, asset, wanted } = dispute
  const standing = { dispute: name, wanted, held: dispute.held, award: 0n }
  if (how === undefined) {
    books.open.push(dispute)
    return { ...standing, status: 'open' }
  }
  const [held, bond] = [BigInt(dispute.held), BigInt(dispute.bond)]
  const line = (of: string, kind: LineKey['kind'], amount: bigint) =>
    lines.add({ account: of, token, kind, asset }, amount)
  const award = (held * BigInt(how.awardParts)) / MILLIONTHS
  if (how.ending === 'upheld') {
    line(opener, 'award', award)
    if (held > award) addTo(books.unattributed, token, held - award)
    addTo(books.taken, lineOf(dispute), held)
  } else line(account, 'released', held)
  if (how.ending === 'rejected') line(account, 'bond', bond)
  else if (bond > 0n) addTo(books.returned, opener + token, bond)
  return { ...standing, status: how.ending, award }
}

/** What was taken of a line for good, no other dispute of it can hold. */
function lessTaken(dispute: OpenDispute, taken: ReadonlyMap<string, bigint>): OpenDispute {
  const gone = dispute.wanted === '0' ? 0n : (taken.get(lineOf(dispute)) ?? 0n)
  return { ...dispute, wanted: (BigInt(dispute.wanted) - gone).toString() }
}

/** The name of a line, as one text. */
export function lineOf(line: Pick<OpenDispute, 'lineEpoch' | 'account' | 'token' | 'kind' | 'asset'>): string {
  const { lineEpoch, account, token, kind, asset } = line
  return JSON.stringify([lineEpoch, account, token, kind, asset])
}

function inOrder(standings: Standing[], before: readonly OpenDispute[], opened: readonly Row[]): Standing[] {
  const byName = new Map(standings.map((standing) => [standing.dispute, standing]))
  return [...before, ...opened].map(({ dispute }) => byName.get(dispute as string)!)
}

function toOpen(row: Row, epoch: number): OpenDispute {
  return {
    account: row.account as string,
    asset: row.asset as string,
    bond: String(row.bond),
    dispute: row.dispute as string,
    epoch,
    held: '0',
    kind: row.kind as string,
    lineEpoch: row.line_epoch as number,
    opener: row.opener as string,
    token: row.token as string,
    until: row.until_epoch as number,
    wanted: String(row.wanted),
  }
}

function toRefused({ dispute, status }: Row): Standing {
  return { dispute: dispute as string, status: status as DisputeStatus, wanted: '0', held: '0', award: 0n }
}

/**
 * Takes into disputes what their accounts would be paid, the oldest dispute first (docs/formats.md#settlement rule 7): of all
 * disputes of one line together no more than its amount.
 *
 * @param due account ‖ token → what could be paid out
 * @returns   the disputes with what they hold now, and account ‖ token → what was taken
 */
export function holdDisputed(
  open: readonly OpenDispute[],
  due: ReadonlyMap<string, bigint>,
): { readonly disputes: OpenDispute[]; readonly disputed: ReadonlyMap<string, bigint> } {
  const heldOfLine = new Map<string, bigint>()
  for (const dispute of open) addTo(heldOfLine, lineOf(dispute), BigInt(dispute.held))
  const disputed = new Map<string, bigint>()
  const disputes = open.map((dispute) => {
    const [key, line] = [dispute.account + dispute.token, lineOf(dispute)]
    const left = (due.get(key) ?? 0n) - (disputed.get(key) ?? 0n)
    const room = BigInt(dispute.wanted) - heldOfLine.get(line)!
    const more = left < room ? left : room
    if (more <= 0n) return dispute
    addTo(disputed, key, more)
    addTo(heldOfLine, line, more)
    return { ...dispute, held: (BigInt(dispute.held) + more).toString() }
  })
  return { disputes, disputed }
}

/** One row for each dispute that was open or opened in the epoch. */
export async function writeStandings(
  warehouse: Database,
  epoch: number,
  standings: readonly Standing[],
  disputes: readonly OpenDispute[],
): Promise<void> {
  const open = new Map(disputes.map((dispute) => [dispute.dispute, dispute]))
  const rows = standings.map((standing, place): DuckDBValue[] => {
    const { dispute, status, award } = standing
    const { wanted, held } = open.get(dispute) ?? standing
    return [epoch, place, dispute, status, BigInt(wanted), BigInt(held), award]
  })
  await warehouse.append('dispute_standing', [INTEGER, INTEGER, VARCHAR, VARCHAR, HUGEINT, HUGEINT, HUGEINT], rows)
}
