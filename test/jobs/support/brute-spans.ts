/** The maximal spans of an output, with all their places, by looking everywhere: the definition. */
export function bruteSpans(documents: ReadonlyMap<number, readonly number[]>, output: readonly number[]) {
  const places = (start: number, end: number) =>
    [...documents].flatMap(([document, tokens]) => {
      const positions = [...tokens.keys()].filter(
        (at) =>
          at + end - start <= tokens.length && output.slice(start, end).every((each, i) => each === tokens[at + i]),
      )
      return positions.length === 0 ? [] : [{ document, positions }]
    })
  const written = (tokens: readonly number[]) => ` ${tokens.join(' ')} `
  const texts = [...documents.values()].map(written)
  const isFound = (start: number, end: number) => {
    const part = written(output.slice(start, end))
    return start >= 0 && end <= output.length && texts.some((text) => text.includes(part))
  }
  const spans = []
  for (let start = 0; start < output.length; start++)
    for (let end = start + 2; end <= output.length; end++)
      if (isFound(start, end) && !isFound(start - 1, end) && !isFound(start, end + 1)) {
        const found = places(start, end)
        const count = found.reduce((sum, { positions }) => sum + positions.length, 0)
        spans.push({ start, end, count, documents: found })
      }
  return spans
}
