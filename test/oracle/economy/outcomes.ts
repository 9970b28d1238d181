import { divide } from './hamilton.ts'

/**
 * What agents are paid by outcome as docs/formats.md#settlement tells it, in the plainest way there is: everything that ever
 * happened lies in arrays, and every epoch looks through all of it. It shares no code with what it is held against.
 */

export interface NaiveUse {
  readonly epoch: number
  readonly payer: string
  readonly token: string
  /** Empty: none. */
  readonly agent: string
  readonly fee: bigint
  /** Who owned the agent when it worked: account → millionths. One object for one table of owners. */
  readonly owners: ReadonlyMap<string, number>
  readonly isFunded: boolean
  readonly hasVoucher: boolean
  /** From whom, and in which epoch. */
  rating?: { readonly score: number; readonly epoch: number }
}

export interface NaivePolicy {
  /** In the order in which a fee is divided: data, model, upstream, agent, outcome, infrastructure, treasury. */
  readonly parts: readonly number[]
  readonly outcomeWaitEpochs: number
}

const OUTCOME = 4

/** `account token asset` → amount, of one epoch. */
type NaiveLines = Map<string, bigint>

export interface NaiveEpoch {
  readonly lines: NaiveLines
  /** By token. */
  readonly unattributed: ReadonlyMap<string, bigint>
  /** `epoch payer token until` → what waits. */
  readonly waiting: ReadonlyMap<string, bigint>
}

export class OutcomesOracle {
  readonly uses = new Map<string, NaiveUse>()
  readonly #policy: NaivePolicy

  constructor(policy: NaivePolicy) {
    this.#policy = policy
  }

  /** What becomes of a rating of the use of that id. */
  rate(epoch: number, id: string, rater: string, signer: string, score: number): string {
    const use = this.uses.get(id)
    if (use === undefined) return 'INFERENCE_UNKNOWN'
    if (use.agent === '') return 'AGENT_UNKNOWN'
    if (use.payer !== rater) return 'NOT_THE_PAYER'
    if (signer !== rater) return 'SIGNATURE_INVALID'
    if (use.rating !== undefined) return 'OUTCOME_EXISTS'
    if (!use.hasVoucher || use.fee === 0n) return 'INFERENCE_UNPAID'
    if (epoch - use.epoch > this.#policy.outcomeWaitEpochs) return 'OUTCOME_TOO_LATE'
    use.rating = { score, epoch }
    return 'accepted'
  }

  /** The epoch as it is settled. */
  settle(epoch: number): NaiveEpoch {
    const lines: NaiveLines = new Map()
    const unattributed = new Map<string, bigint>()
    const waiting = new Map<string, bigint>()
    const add = (sums: Map<string, bigint>, key: string, amount: bigint) => {
      if (amount > 0n) sums.set(key, (sums.get(key) ?? 0n) + amount)
    }
    for (let used = 1; used <= epoch; used++) {
      const until = used + this.#policy.outcomeWaitEpochs
      for (const [key, part] of this.#parts(used)) {
        const [payer, token] = key.split(' ') as [string, string]
        if (until > epoch) add(waiting, `${used} ${payer} ${token} ${until}`, part)
        if (until !== epoch) continue
        const rated = this.#worked(used).filter(
          (use) => use.payer === payer && use.token === token && weightOf(use) > 0n,
        )
        if (rated.length === 0) add(unattributed, token, part)
        else
          for (const [account, agent, amount] of share(part, rated)) add(lines, `${account} ${token} ${agent}`, amount)
      }
    }
    return { lines, unattributed, waiting }
  }

  /** Funded uses of agents of one epoch, as they came. */
  #worked(epoch: number): NaiveUse[] {
    return [...this.uses.values()].filter((use) => use.epoch === epoch && use.isFunded && use.agent !== '')
  }

  /** `payer token` → outcome parts: of each sum of one agent and token first, then of it each payer's. */
  #parts(epoch: number): Map<string, bigint> {
    const parts = new Map<string, bigint>()
    const worked = this.#worked(epoch)
    for (const sum of new Set(worked.map(({ agent, token }) => `${agent} ${token}`))) {
      const own = worked.filter(({ agent, token }) => `${agent} ${token}` === sum)
      const fees = own.reduce((total, { fee }) => total + fee, 0n)
      const outcome = divide(fees, this.#policy.parts.map(BigInt))[OUTCOME]!
      const payers = [...new Set(own.map(({ payer }) => payer))].sort()
      const paid = payers.map((payer) => own.reduce((total, use) => total + (use.payer === payer ? use.fee : 0n), 0n))
      for (const [index, amount] of divide(outcome, paid).entries()) {
        const key = `${payers[index]} ${own[0]!.token}`
        parts.set(key, (parts.get(key) ?? 0n) + amount)
      }
    }
    return parts
  }
}

function weightOf({ fee, rating }: NaiveUse): bigint {
  return fee * BigInt(rating?.score ?? 0)
}

/** Over agents, then over the tables of an agent's owners as they followed, then over each table. */
function* share(part: bigint, rated: readonly NaiveUse[]): Generator<[account: string, agent: string, amount: bigint]> {
  const sum = (uses: readonly NaiveUse[]) => uses.reduce((total, use) => total + weightOf(use), 0n)
  const agents = [...new Set(rated.map(({ agent }) => agent))].sort()
  const of = (agent: string) => rated.filter((use) => use.agent === agent)
  const amounts = divide(
    part,
    agents.map((agent) => sum(of(agent))),
  )
  for (const [index, agent] of agents.entries()) {
    const tables = [...new Set(of(agent).map(({ owners }) => owners))]
    const shares = divide(
      amounts[index]!,
      tables.map((table) => sum(of(agent).filter(({ owners }) => owners === table))),
    )
    for (const [at, table] of tables.entries()) {
      const owners = [...table].sort(([a], [b]) => (a < b ? -1 : 1))
      const paid = divide(
        shares[at]!,
        owners.map(([, parts]) => BigInt(parts)),
      )
      for (const [own, [account]] of owners.entries()) yield [account, agent, paid[own]!]
    }
  }
}
