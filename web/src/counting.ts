/** Thousands apart: 1,234,567. */
export function group(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',')
}

export function writeCount(count: number): string {
  return group(String(count))
}

/** `1 answer`, `2,500 answers`. */
export function counted(count: number, noun: string): string {
  return `${writeCount(count)} ${noun}${count === 1 ? '' : 's'}`
}
