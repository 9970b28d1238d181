/** The first page is left alone. */
const START = 65_536

/** Where in the memory of a machine the parts of a piece of work lie: one behind the other, each aligned to a vector. */
export class Layout {
  #end: number

  constructor(end = START) {
    this.#end = end
  }

  /** @returns the address of so many bytes, behind which a vector may be read */
  place(bytes: number): number {
    const at = this.#end
    this.#end = (at + bytes + 31) & ~15
    return at
  }

  /** Goes on behind what is placed already. */
  copy(): Layout {
    return new Layout(this.#end)
  }

  /** Memory needed. */
  get bytes(): number {
    return this.#end
  }
}
