import { parseAtoms } from './money.ts'
import type { ReportData } from './report-data.ts'

interface FlowPool {
  readonly kind: string
  readonly label: string
  readonly atoms: bigint
  readonly recipients: readonly FlowRecipient[]
}

export interface FlowRecipient {
  readonly name: string
  readonly atoms: bigint
}

export interface Flow {
  readonly fees: bigint
  readonly pools: readonly FlowPool[]
  /** Accounts that earned something no drawn pool has room for; said in words instead of drawn. */
  readonly undrawn: readonly FlowRecipient[]
}

/** More accounts than this become one node, so that the picture stays readable. */
const RECIPIENTS_MAX = 12
/** Money of these kinds waits and belongs to nobody yet. */
const WAITING = new Set(['unattributed', 'held', 'carried'])

interface Waiting {
  readonly name: string
  readonly role: string
  readonly atoms: bigint
}

/**
 * Says who is paid from which pool: contributors from the pool of kind `data`, everybody else from the pool whose kind
 * their role names. A pool never gives more than it has.
 */
export function traceFlow({ flow, accounts, others }: ReportData): Flow {
  const contributors = accounts.map(({ name, earned }) => ({ name, role: 'data', atoms: parseAtoms(earned, 'earned') }))
  const rest = others.map(({ name, role, earned }) => ({ name, role, atoms: parseAtoms(earned, 'earned') }))
  let waiting: Waiting[] = [...contributors, ...rest].filter(({ atoms }) => atoms > 0n)
  const pools = flow.pools.map(({ kind, label, amount }) => {
    const atoms = parseAtoms(amount, 'amount of a pool')
    const chosen = WAITING.has(kind) ? [] : waiting.filter(({ role }) => namesKind(role, kind))
    const paid = payFrom(atoms, chosen)
    waiting = waiting.filter((account) => !paid.includes(account))
    return { kind, label, atoms, recipients: gather(paid) }
  })
  return { fees: parseAtoms(flow.fees, 'fees'), pools, undrawn: waiting }
}

/** The largest first, as long as the pool lasts. */
function payFrom(pool: bigint, accounts: readonly Waiting[]): Waiting[] {
  let left = pool
  const paid: Waiting[] = []
  for (const account of [...accounts].sort(byAtoms)) {
    if (account.atoms > left) continue
    left -= account.atoms
    paid.push(account)
  }
  return paid
}

function gather(paid: readonly FlowRecipient[]): FlowRecipient[] {
  if (paid.length <= RECIPIENTS_MAX) return paid.map(({ name, atoms }) => ({ name, atoms }))
  const named = paid.slice(0, RECIPIENTS_MAX - 1)
  const rest = paid.slice(RECIPIENTS_MAX - 1)
  const atoms = rest.reduce((sum, account) => sum + account.atoms, 0n)
  return [...named.map(({ name, atoms }) => ({ name, atoms })), { name: `${rest.length} more`, atoms }]
}

/** `model`, `Model builder` and `model-owner` all name the kind `model`. */
function namesKind(role: string, kind: string): boolean {
  return (
    role.toLowerCase() === kind.toLowerCase() ||
    role
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .includes(kind.toLowerCase())
  )
}

function byAtoms(left: FlowRecipient, right: FlowRecipient): number {
  return left.atoms === right.atoms ? 0 : left.atoms > right.atoms ? -1 : 1
}
