import { IngestBusyError } from './errors.ts'

/** Lets so many in at once; others wait in the order in which they came, and no more of them than so many. */
export class Lane {
  readonly #waitingMax: number
  readonly #inside: string[] = []
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(limits: { readonly atOnce: number; readonly waitingMax: number }) {
    this.#free = limits.atOnce
    this.#waitingMax = limits.waitingMax
  }

  /**
   * @param onWait told who is inside, when there is no room now
   * @returns what to call when leaving
   * @throws IngestBusyError; the reason of `signal` when it aborts before there was room
   */
  async enter(name: string, signal: AbortSignal, onWait: (holders: string) => void): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free--
    else {
      if (this.#waiting.length >= this.#waitingMax) throw new IngestBusyError({ waiting: this.#waiting.length })
      onWait(this.#inside.join(', '))
      await this.#room(signal)
    }
    this.#inside.push(name)
    return once(() => {
      this.#inside.splice(this.#inside.indexOf(name), 1)
      // The room goes to the next one directly: nobody who comes now gets in before.
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    })
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      this.#waiting.push(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}
