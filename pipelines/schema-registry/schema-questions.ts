import { SerialQueue } from '../serial-queue.ts'

/** Questions under way at once, so that one slow answer does not hold up every other. */
const PARALLEL = 4
/**
 * Questions within a minute that led to no registration. Whoever may append can write any number of ids that nobody ever
 * registered, and each would cost a question.
 */
const VAIN_MAX = 100
const WINDOW_MS = 60_000
/** After that an id is asked for again: its schema may have come to the registry meanwhile. */
const REMEMBERED_MS = 10 * WINDOW_MS
/** Ids remembered as asked for in vain: what the limit a minute lets through while one is remembered. */
const REMEMBERED_MAX = (VAIN_MAX * REMEMBERED_MS) / WINDOW_MS

export interface SchemaQuestionsOptions {
  /** Ids that nothing needs to be asked about. */
  readonly registered: Iterable<number>
  /**
   * Asks for one id. 'registered': never again. 'vain': the registry has nothing that can be registered here now. A question
   * that was not answered throws.
   */
  readonly ask: (schemaId: number) => Promise<'registered' | 'vain'>
  /** Once a minute at most: ids are left without a question, because VAIN_MAX were asked for in vain. */
  readonly onLeft: (limit: number) => void
  /** Any clock that never goes back. */
  readonly now_ms?: () => number
}

/**
 * Which schema ids a schema registry is asked for, and when. An id that is left without a question is not remembered: its
 * next batch asks. Until then its records wait for the cut like those of an id that the registry does not have.
 */
export class SchemaQuestions {
  readonly #options: SchemaQuestionsOptions
  readonly #now: () => number
  readonly #registered: Set<number>
  /** Id → when it is forgotten; the oldest first. */
  readonly #vain = new Map<number, number>()
  /** An id is always asked for in the same queue, so never twice at the same time. */
  readonly #queues = Array.from({ length: PARALLEL }, () => new SerialQueue())
  #window = { end: 0, vain: 0, isLeftSaid: false }

  constructor(options: SchemaQuestionsOptions) {
    this.#options = options
    this.#now = options.now_ms ?? (() => performance.now())
    this.#registered = new Set(options.registered)
  }

  /**
   * Resolves when each id is registered, was asked for in vain, or is left.
   *
   * @throws what `ask` throws, when no question of this call is under way any more
   */
  async askFor(schemaIds: Iterable<number>): Promise<void> {
    const shares = this.#queues.map((): number[] => [])
    for (const schemaId of schemaIds) if (this.#isOpen(schemaId)) shares[schemaId % PARALLEL]!.push(schemaId)
    const ended = await Promise.allSettled(
      shares.map((share, index) => (share.length === 0 ? undefined : this.#queues[index]!.run(() => this.#ask(share)))),
    )
    const failed = ended.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #ask(schemaIds: readonly number[]): Promise<void> {
    for (const schemaId of schemaIds) {
      // Whoever was before in the queue may have asked.
      if (!this.#isOpen(schemaId)) continue
      if (!this.#mayAsk()) continue
      if ((await this.#options.ask(schemaId)) === 'registered') {
        this.#window.vain = Math.max(0, this.#window.vain - 1)
        this.#registered.add(schemaId)
      } else this.#remember(schemaId)
    }
  }

  #isOpen(schemaId: number): boolean {
    return !this.#registered.has(schemaId) && !((this.#vain.get(schemaId) ?? 0) > this.#now())
  }

  /** Counts the question as one in vain until its answer says otherwise. */
  #mayAsk(): boolean {
    const now = this.#now()
    if (now >= this.#window.end) this.#window = { end: now + WINDOW_MS, vain: 0, isLeftSaid: false }
    if (this.#window.vain < VAIN_MAX) {
      this.#window.vain++
      return true
    }
    if (!this.#window.isLeftSaid) this.#options.onLeft(VAIN_MAX)
    this.#window.isLeftSaid = true
    return false
  }

  #remember(schemaId: number): void {
    this.#vain.delete(schemaId)
    this.#vain.set(schemaId, this.#now() + REMEMBERED_MS)
    if (this.#vain.size > REMEMBERED_MAX) this.#vain.delete(this.#vain.keys().next().value!)
  }
}
