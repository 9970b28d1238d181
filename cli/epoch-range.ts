import { InvalidArgumentError } from 'commander'

/** Reads `3..9`. @throws InvalidArgumentError, which names the flag and ends with exit code 2 */
export function toEpochs(text: string): { from: number; to: number } {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || from < 1 || to < from)
    throw new InvalidArgumentError('It must be two epochs, the first from 1 on: 3..9.')
  return { from, to }
}
