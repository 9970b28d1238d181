import type { EventBodies, MinimumPayout } from '../../../schemas/events.ts'
import { fromHex, toAddress } from '../../../schemas/ids.ts'
import { addressOf, NAMES, type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import { type Random, randomOf } from './random-features.ts'
import type { Guest } from './random-world.ts'
import type { SmallLedger } from './small-ledger.ts'

/** Some of them pay for uses too, some are paid for nothing. */
const OPENERS: readonly Name[] = ['stranger', 'payer', 'partner', 'bob']
/** Far from what worlds draw with, and from the neighbours' seeds. */
const OWN_STREAM = 7_000_003
const LINES = 24
const CORRECTED_OF = 20

interface PaidLine {
  readonly epoch: number
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
  readonly bond: bigint | null
}

/**
 * What sets past epochs right: disputes on others' lines and one's own, decided or left alone; corrections of what was settled long
 * ago; adjustments of one epoch or several, of some twice.
 */
export class RandomContests implements Guest {
  readonly #random: Random
  #made = 0
  #open: { readonly dispute: string; readonly since: number }[] = []
  /** Epochs of the last lines that were disputed. */
  #disputed: number[] = []

  constructor(seed: number) {
    this.#random = randomOf(seed + OWN_STREAM)
  }

  /** No disputes, or for one to four epochs; of one token or both. */
  terms(): Partial<EventBodies['PolicyPublished']> {
    const disputeWindowEpochs = this.#random(6) === 0 ? 0 : 1 + this.#random(4)
    const bonds: MinimumPayout[] = [TOKEN, OTHER_TOKEN]
      .filter(() => this.#random(4) > 0)
      .map((token) => ({ token: fromHex(token), amount: [1n, 40n, 900n][this.#random(3)]! }))
    return {
      disputeWindowEpochs,
      disputeWaitEpochs: disputeWindowEpochs === 0 ? 0 : 1 + this.#random(3),
      disputeBonds: disputeWindowEpochs === 0 ? [] : bonds,
    }
  }

  async act(ledger: SmallLedger): Promise<void> {
    const epoch = await lastEpoch(ledger)
    if (this.#random(3) === 0) await this.#deposit(ledger)
    if (epoch === 0) return
    if (this.#random(2) === 0) await this.#dispute(ledger, epoch)
    if (this.#random(3) === 0) await this.#decide(ledger, epoch)
    if (this.#random(3) === 0) await this.#correct(ledger)
    if (this.#random(14) === 0) await this.#adjust(ledger, epoch)
  }

  async #deposit(ledger: SmallLedger): Promise<void> {
    const token = fromHex(this.#random(3) === 0 ? OTHER_TOKEN : TOKEN)
    const amount = BigInt(this.#random(20_000))
    await ledger.send(ledger.records.deposit(this.#pick(OPENERS), amount, { body: { token } }))
  }

  /** One of the last lines, the large ones first, or almost one; now and then for a wrong bond. */
  async #dispute(ledger: SmallLedger, epoch: number): Promise<void> {
    const lines = await ledger.ledger.warehouse.all<PaidLine>(
      `SELECT l.epoch, l.account, l.token, l.kind, l.asset, b.amount AS bond
       FROM settlement_line AS l JOIN epoch AS e USING (epoch)
       LEFT JOIN dispute_bond AS b ON b.policy = e.policy AND b.token = l.token
       ORDER BY l.epoch DESC, l.amount DESC, l.account, l.token, l.kind, l.asset LIMIT ${LINES}`,
    )
    const line = lines[this.#random(lines.length)]
    if (line === undefined) return
    const account = NAMES.find((name) => addressOf(name) === line.account)!
    const opener = this.#random(5) === 0 ? account : this.#pick(OPENERS)
    const dispute = this.#name('dispute')
    const asset = this.#random(8) === 0 ? `no ${line.asset}`.trim() : line.asset
    const named = { epoch: line.epoch, account, token: toAddress(line.token), kind: line.kind, asset }
    const bond = opener === account ? 0n : (line.bond ?? 1n) + (this.#random(12) === 0 ? 1n : 0n)
    await ledger.send(await ledger.records.dispute(dispute, opener, named, bond))
    this.#open.push({ dispute, since: epoch })
    this.#disputed = [...this.#disputed, line.epoch].slice(-3)
  }

  /** Mostly of one that was opened in an epoch before, and may hold something by now. */
  async #decide(ledger: SmallLedger, epoch: number): Promise<void> {
    const from = this.#random(6) === 0 ? epoch : epoch - 1
    const some = this.#open.filter(({ since }) => since === from)
    const one = some[this.#random(some.length)]
    if (one === undefined) return
    this.#open = this.#open.filter((each) => each !== one)
    const { dispute } = one
    const parts = this.#pick([0, 333_333, 1_000_000, 'rejected', 'rejected'] as const)
    await ledger.send(await ledger.records.resolution(dispute, parts))
  }

  /** Of what was funded in the last epochs. */
  async #correct(ledger: SmallLedger): Promise<void> {
    const uses = await ledger.ledger.warehouse.all<{ id: string; fee: bigint }>(
      `SELECT i.event_id AS id, f.fee FROM funded AS f JOIN inference AS i USING (inference)
       ORDER BY f.epoch DESC, f.ordinal DESC LIMIT ${CORRECTED_OF}`,
    )
    const use = uses[this.#random(uses.length)]
    if (use === undefined) return
    const now = ([0n, use.fee / 2n, use.fee - use.fee / 3n, use.fee - 1n] as const)[this.#random(4)]!
    await ledger.send(ledger.records.correction(use.id, this.#random(4) === 0 ? 'void' : now))
  }

  /** Of the last epochs mostly, or of one of which lines are disputed: what lies before an order to erase is refused. */
  async #adjust(ledger: SmallLedger, epoch: number): Promise<void> {
    const recent = Math.max(1, epoch - this.#random(this.#random(3) === 0 ? epoch : 2))
    const from = this.#random(2) === 0 ? recent : (this.#disputed[0] ?? recent)
    const to = from + this.#random(epoch - from + 1)
    await ledger.send(await ledger.records.adjustment(this.#name('adjustment'), from, to))
  }

  #name(kind: string): string {
    return `contest ${kind} ${this.#made++}`
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random(values.length)]!
  }
}

async function lastEpoch({ ledger }: SmallLedger): Promise<number> {
  const row = await ledger.warehouse.one<{ epoch: number | null }>('SELECT max(epoch) AS epoch FROM epoch')
  return row?.epoch ?? 0
}
