/** Runs tasks one after the other; a failed one does not hold up the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  run<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#tail.then(task)
    this.#tail = result.catch(() => undefined) // the caller of this task sees its error
    return result
  }
}
