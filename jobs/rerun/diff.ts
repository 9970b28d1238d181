import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import { compareText } from '../funding/channels.ts'

const diffLines = readSql(new URL('./diff-lines.sql', import.meta.url))
const correctedUses = readSql(new URL('./corrected-uses.sql', import.meta.url))

export class UnknownRerunError extends TallyError {
  override readonly code = 'UNKNOWN_RERUN'
  constructor(facts: { rerun: string; known: string }) {
    super(`There is no rerun ${facts.rerun} that is done.`, {
      facts,
      hint: `Known: ${facts.known}. \`tally rerun --epochs A..B\` makes one, and goes on with one that was stopped.`,
    })
  }
}

/** Atoms that stand, those of the rerun, and what it adds. */
export interface Change {
  readonly before: bigint
  readonly after: bigint
  readonly delta: bigint
}

export interface AccountChange extends Change {
  readonly account: string
  readonly token: string
  /** By epoch or by asset and kind, where it was asked for. */
  readonly parts: readonly (Change & { readonly of: string })[]
}

/** A use whose fee was corrected after it was funded; delta: below 0, what its payer is given back. */
export interface CorrectedUse extends Change {
  readonly source: string
  readonly id: string
  readonly epoch: number
  readonly model: string
  readonly payer: string
  readonly token: string
}

export interface RerunDiff {
  readonly rerun: string
  /** Null: nobody ordered it. */
  readonly adjustment: string | null
  readonly from: number
  readonly to: number
  /** Of the rerun; null: that of the policies that were in force. */
  readonly method: string | null
  /** Who changes most first; without those for whom nothing changes. */
  readonly accounts: readonly AccountChange[]
  /** Accounts for whom nothing changes. */
  readonly unchanged: number
  /** Ascending by token. Their deltas do not sum to 0 where pools keep another part, or nobody earned it. */
  readonly tokens: readonly (Change & { readonly token: string })[]
  readonly corrected: readonly CorrectedUse[]
}

interface DiffLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly before: bigint
  readonly after: bigint
}

/**
 * What a rerun has above the lines that stand: those of the last adjustment of an epoch, else the original ones; of the rerun of an
 * adjustment, those that stood before it.
 *
 * @throws {@link UnknownRerunError}
 */
export async function rerunDiff(warehouse: Database, rerun: string, by?: 'epoch' | 'asset'): Promise<RerunDiff> {
  const row = await warehouse.one<{
    adjustment: string | null
    from_epoch: number
    to_epoch: number
    method: string
    corrections_to: number
  }>('SELECT * FROM rerun WHERE rerun = $rerun AND done_to = to_epoch', { rerun })
  if (row === undefined) throw new UnknownRerunError({ rerun, known: await knownReruns(warehouse) })
  const lines = await warehouse.all<DiffLine>(diffLines, { rerun })
  const accounts = changesBy(lines, ({ account, token }) => [account, token])
  const { from_epoch: from, to_epoch: to, corrections_to: corrected } = row
  const uses = await warehouse.all<Omit<CorrectedUse, 'delta'>>(correctedUses, { from, to, corrected })
  return {
    ...{ rerun, adjustment: row.adjustment, from, to, method: row.method === '' ? null : row.method },
    accounts: accounts
      .filter(({ delta }) => delta !== 0n)
      .map(({ name: [account, token], lines: own, ...change }) => {
        return { account: account!, token: token!, ...change, parts: partsOf(own, by) }
      }),
    unchanged: accounts.filter(({ delta }) => delta === 0n).length,
    tokens: changesBy(lines, ({ token }) => [token])
      .map(({ name: [token], lines: _own, ...change }) => ({ token: token!, ...change }))
      .sort((a, b) => compareText(a.token, b.token)),
    corrected: uses.map((use) => ({ ...use, delta: use.after - use.before })),
  }
}

/** In the order in which they were begun. */
async function knownReruns(warehouse: Database): Promise<string> {
  const rows = await warehouse.all<{ rerun: string }>('SELECT rerun FROM rerun WHERE done_to = to_epoch ORDER BY rerun')
  return rows.map(({ rerun }) => rerun).join(', ') || 'none'
}

function partsOf(lines: readonly DiffLine[], by: 'epoch' | 'asset' | undefined): AccountChange['parts'] {
  if (by === undefined) return []
  const nameOf = ({ epoch, kind, asset }: DiffLine) => [by === 'epoch' ? `epoch ${epoch}` : `${kind} ${asset}`]
  return changesBy(lines, nameOf)
    .filter(({ delta }) => delta !== 0n)
    .map(({ name: [of], lines: _own, ...change }) => ({ of: of!, ...change }))
}

/** Sums, the largest changes first whichever way they go. */
function changesBy(
  lines: readonly DiffLine[],
  nameOf: (line: DiffLine) => readonly string[],
): (Change & { readonly name: readonly string[]; readonly lines: readonly DiffLine[] })[] {
  const groups = new Map<string, { name: readonly string[]; lines: DiffLine[] }>()
  for (const line of lines) {
    const name = nameOf(line)
    const group = groups.get(name.join('\n')) ?? { name, lines: [] }
    groups.set(name.join('\n'), group)
    group.lines.push(line)
  }
  const magnitude = (delta: bigint) => (delta < 0n ? -delta : delta)
  return [...groups.values()]
    .map(({ name, lines: own }) => {
      const before = own.reduce((sum, line) => sum + line.before, 0n)
      const after = own.reduce((sum, line) => sum + line.after, 0n)
      return { name, lines: own, before, after, delta: after - before }
    })
    .sort(
      (a, b) =>
        Number(magnitude(b.delta) > magnitude(a.delta)) - Number(magnitude(b.delta) < magnitude(a.delta)) ||
        compareText(a.name.join('\n'), b.name.join('\n')),
    )
}
