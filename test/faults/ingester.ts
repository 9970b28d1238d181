import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerFolder } from './ledger-folder.ts'
import type { Started } from './processes.ts'

const RESTART_MS = 100
const SAID_CHARACTERS_MAX = 500
const STOP_MS_MAX = 30_000

/** `tally ingest --follow` under a supervisor: whatever ends it, it is started again. */
export class Ingester {
  readonly #ledger: LedgerFolder
  #group = randomUUID() as string
  #wanted = false
  #said = ''
  #process: Started | null = null
  #supervised: Promise<void> = Promise.resolve()
  /** How the next starts are made; see {@link LedgerFolder.tally}. */
  prefix: readonly string[] = []
  /** What it ended with when nobody had told it to. */
  readonly ends: (number | NodeJS.Signals)[] = []

  constructor(ledger: LedgerFolder) {
    this.#ledger = ledger
  }

  /** Its consumer group now. */
  get group(): string {
    return this.#group
  }

  /** The last words of the one that ended last. */
  get said(): string {
    return this.#said
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#supervised = this.#supervise()
  }

  /** Ends as a person would end it; it has to go cleanly. */
  async stop(): Promise<void> {
    this.#wanted = false
    const running = this.#process
    running?.child.kill('SIGTERM')
    const late = setTimeout(() => running?.child.kill('SIGKILL'), STOP_MS_MAX)
    await this.#supervised
    clearTimeout(late)
    const end = await running?.ended
    // SIGTERM: told before it could listen.
    if (running !== null && end !== 0 && end !== 'SIGTERM')
      throw new Error(`The ingester was told to stop, and ended with ${end}.`)
  }

  /** Resolves when it is gone; by then the supervisor starts the next one. */
  async kill(): Promise<void> {
    const running = this.#process
    running?.child.kill('SIGKILL')
    await running?.ended
  }

  pause(): void {
    this.#process?.child.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.child.kill('SIGCONT')
  }

  /** The next start joins another group: no member of that is dead, so it need not wait for one. */
  changeGroup(): void {
    this.#group = randomUUID()
  }

  async #supervise(): Promise<void> {
    while (this.#wanted) {
      this.#process = this.#ledger.tally('ingest --follow', this.#group, this.prefix)
      const end = await this.#process.ended
      if (!this.#wanted) return
      this.ends.push(end)
      this.#said = (this.#process.output() + this.#process.complaint()).slice(-SAID_CHARACTERS_MAX)
      this.#process = null
      await sleep(RESTART_MS)
    }
  }
}
