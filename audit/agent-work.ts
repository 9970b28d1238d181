/** Of a use in which an agent worked, what decides whether its payer may rate it. */
interface Work {
  /** Number of the account. */
  readonly payer: number
  readonly epoch: number
  /** Its payer signed for a fee: it cites a voucher, and costs something. */
  readonly isPromised: boolean
  readonly isRated: boolean
}

const FIRST_ENTRIES = 1_024
const RATED = 1
const PROMISED = 2
const EPOCH_SHIFT = 2

/** How far a run of an agent has come. */
interface RunEnd {
  readonly step: number
  /** Digest that was signed of that step, 0x-hex. */
  readonly hash: string
}

/** What agents did: eight bytes for each id that a ledger without agents never allocates, and the end of each run. */
export class AgentWork {
  /** By agent and run. */
  readonly #runs = new Map<string, RunEnd>()
  /** By entry in the ids of the history; number of the account and one, so that 0 is none. */
  #payers = new Uint32Array(0)
  #terms = new Uint32Array(0)

  add(entry: number, { payer, epoch, isPromised }: Omit<Work, 'isRated'>): void {
    this.#reach(entry)
    this.#payers[entry] = payer + 1
    this.#terms[entry] = (epoch << EPOCH_SHIFT) | (isPromised ? PROMISED : 0)
  }

  /** Undefined for a use without an agent. */
  of(entry: number): Work | undefined {
    const payer = this.#payers[entry] ?? 0
    if (payer === 0) return undefined
    const terms = this.#terms[entry]!
    const [isPromised, isRated] = [(terms & PROMISED) !== 0, (terms & RATED) !== 0]
    return { payer: payer - 1, epoch: terms >>> EPOCH_SHIFT, isPromised, isRated }
  }

  rate(entry: number): void {
    this.#terms[entry]! |= RATED
  }

  /** The last accepted step of a run. */
  endOf(agent: string, run: string): RunEnd | undefined {
    return this.#runs.get(run + agent)
  }

  goOn(agent: string, run: string, end: RunEnd): void {
    this.#runs.set(run + agent, end)
  }

  #reach(entry: number): void {
    if (entry < this.#payers.length) return
    const length = Math.max(FIRST_ENTRIES, this.#payers.length * 2, entry + 1)
    const [payers, terms] = [new Uint32Array(length), new Uint32Array(length)]
    payers.set(this.#payers)
    terms.set(this.#terms)
    this.#payers = payers
    this.#terms = terms
  }
}
