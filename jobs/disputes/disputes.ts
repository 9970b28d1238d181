import { VARCHAR } from '@duckdb/node-api'
import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { DisputeClaim } from '../../schemas/events.ts'
import { type Address, toHex } from '../../schemas/ids.ts'

const disputesSql = readSql(new URL('./disputes.sql', import.meta.url))

/** `waiting`: its epoch is closed and not settled yet. */
type DisputeState = 'waiting' | 'open' | 'void' | 'unfunded' | 'upheld' | 'rejected' | 'lapsed'

/** With whom a bond is: `none` was asked for, or it was `not-taken`; `held`, `returned` to the opener, `forfeited` to the line's account. */
type BondState = 'none' | 'not-taken' | 'held' | 'returned' | 'forfeited'

const BOND_STATES: Readonly<Record<DisputeState, BondState>> = {
  ...{ waiting: 'not-taken', void: 'not-taken', unfunded: 'not-taken' },
  ...{ open: 'held', upheld: 'returned', lapsed: 'returned', rejected: 'forfeited' },
}

/** A contribution that a dispute is about. */
interface DisputedContribution {
  readonly batchSource: string
  readonly batchId: string
  readonly index: number
}

/** A dispute as of the last settled epoch. */
export interface DisputeView {
  readonly dispute: string
  readonly opener: Address
  readonly line: {
    readonly epoch: number
    readonly account: Address
    readonly token: Address
    readonly kind: string
    readonly asset: string
  }
  readonly claim: DisputeClaim
  readonly items: readonly DisputedContribution[]
  /** 0x-hex; null: none. */
  readonly evidence: string | null
  readonly bond: bigint
  readonly bondBecame: BondState
  /** In which it was accepted. */
  readonly epoch: number
  /** Last epoch in which it can be decided; null while it waits. */
  readonly until: number | null
  readonly state: DisputeState
  /** Of the line, in the token's smallest unit: what may be held, what is or was, and what the opener was awarded of it. */
  readonly wanted: bigint
  readonly held: bigint
  readonly award: bigint
  /** Of the operator; null: none so far. */
  readonly decision: {
    readonly epoch: number
    readonly upheld: boolean
    readonly awardParts: number
    readonly reason: string
  } | null
}

export class DisputeUnknownError extends TallyError {
  override readonly code = 'DISPUTE_UNKNOWN'
  constructor(facts: { dispute: string }) {
    super(`No dispute ${JSON.stringify(facts.dispute)} is known.`, {
      facts,
      hint: 'It counts once its epoch is closed: `tally dispute list --all` shows all, `tally epoch status` what waits for the next cut.',
    })
  }
}

/** Those of an account, or all; newest first. */
export function disputesOf(warehouse: Database, account: Address | undefined): Promise<DisputeView[]> {
  return load(warehouse, { account: account ?? null, dispute: null })
}

/** @throws DisputeUnknownError */
export async function disputeNamed(warehouse: Database, dispute: string): Promise<DisputeView> {
  const [found] = await load(warehouse, { account: null, dispute })
  if (found === undefined) throw new DisputeUnknownError({ dispute })
  return found
}

async function load(
  warehouse: Database,
  asked: { readonly account: string | null; readonly dispute: string | null },
): Promise<DisputeView[]> {
  const items = await itemsOf(warehouse)
  const rows = await warehouse.all(disputesSql, asked, { account: VARCHAR, dispute: VARCHAR })
  return rows.map((row) => viewOf(row, items.get(row.dispute as string) ?? []))
}

async function itemsOf(warehouse: Database): Promise<Map<string, DisputedContribution[]>> {
  const items = new Map<string, DisputedContribution[]>()
  for (const row of await warehouse.all('SELECT * FROM dispute_item ORDER BY dispute, item')) {
    const own = items.get(row.dispute as string) ?? []
    items.set(row.dispute as string, own)
    own.push({
      batchSource: row.batch_source as string,
      batchId: row.batch_id as string,
      index: row.item_index as number,
    })
  }
  return items
}

function viewOf(row: Row, items: readonly DisputedContribution[]): DisputeView {
  const evidence = fromBlob(row.evidence)
  const state = (row.status ?? 'waiting') as DisputeState
  return {
    dispute: row.dispute as string,
    opener: row.opener as Address,
    line: {
      epoch: row.line_epoch as number,
      account: row.account as Address,
      token: row.token as Address,
      kind: row.kind as string,
      asset: row.asset as string,
    },
    claim: row.claim as DisputeClaim,
    items,
    evidence: evidence.every((byte) => byte === 0) ? null : toHex(evidence),
    bond: row.bond as bigint,
    bondBecame: row.bond === 0n ? 'none' : BOND_STATES[state],
    epoch: row.epoch as number,
    until: row.until_epoch as number | null,
    state,
    wanted: (row.wanted ?? 0n) as bigint,
    held: (row.held ?? 0n) as bigint,
    award: (row.award ?? 0n) as bigint,
    decision:
      row.decided_in === null
        ? null
        : {
            epoch: row.decided_in as number,
            upheld: row.upheld as boolean,
            awardParts: row.award_parts as number,
            reason: row.reason as string,
          },
  }
}
