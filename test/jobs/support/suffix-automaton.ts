/**
 * The suffix automaton of a text (Blumer et al. 1985): its states are the classes of parts that end at the same places. It finds
 * the longest part of the text that ends at each place of another one, in one pass, and shares nothing with a suffix array.
 */
export class SuffixAutomaton {
  readonly #length: number[] = [0]
  readonly #link: number[] = [-1]
  readonly #next: Map<number, number>[] = [new Map()]
  #last = 0

  constructor(text: Iterable<number>) {
    for (const token of text) this.#add(token)
  }

  /** @returns for each place of `stream` the length of the longest part of the text that ends with it */
  longestEnding(stream: Int32Array): Int32Array {
    let state = 0
    let length = 0
    return stream.map((token) => {
      while (state > 0 && !this.#next[state]!.has(token)) {
        state = this.#link[state]!
        length = this.#length[state]!
      }
      const next = this.#next[state]!.get(token)
      if (next === undefined) length = 0
      else {
        state = next
        length++
      }
      return length
    })
  }

  #add(token: number): void {
    const state = this.#state(this.#length[this.#last]! + 1, new Map(), 0)
    let from = this.#last
    this.#last = state
    for (; from >= 0 && !this.#next[from]!.has(token); from = this.#link[from]!) this.#next[from]!.set(token, state)
    if (from < 0) return
    const target = this.#next[from]!.get(token)!
    if (this.#length[target] === this.#length[from]! + 1) {
      this.#link[state] = target
      return
    }
    const copy = this.#state(this.#length[from]! + 1, new Map(this.#next[target]!), this.#link[target]!)
    for (; from >= 0 && this.#next[from]!.get(token) === target; from = this.#link[from]!)
      this.#next[from]!.set(token, copy)
    this.#link[target] = copy
    this.#link[state] = copy
  }

  #state(length: number, next: Map<number, number>, link: number): number {
    this.#length.push(length)
    this.#next.push(next)
    return this.#link.push(link) - 1
  }
}
