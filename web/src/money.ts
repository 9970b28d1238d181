import { group } from './counting.ts'
import { ReportDataError } from './errors.ts'
import { clip, type Html, html } from './markup.ts'
import type { ReportData } from './report-data.ts'

export type Token = ReportData['token']

/** How a group of amounts is written: one number of decimal places, so that its columns align. */
export interface MoneyFormat {
  readonly token: Token
  readonly places: number
}

const PLACES_MIN = 2
const PLACES_MAX = 6
/** ERC-20 declares decimals as uint8. */
const DECIMALS_MAX = 255

/**
 * Reads an amount in the token's smallest unit.
 *
 * @throws {@link ReportDataError} when it is not a whole number in decimal
 */
export function parseAtoms(text: string, field: string): bigint {
  if (!/^-?\d+$/.test(text)) {
    throw new ReportDataError(`${field} is not a whole number in decimal.`, { field, found: clip(text, 60) })
  }
  return BigInt(text)
}

export function sumAtoms(texts: readonly string[], field: string): bigint {
  return texts.reduce((sum, text) => sum + parseAtoms(text, field), 0n)
}

/**
 * Chooses places so that the smallest amount above zero shows two significant digits, within 2 to 6 and the token's own.
 *
 * @throws {@link ReportDataError} when the token's decimals are not a uint8
 */
export function formatFor(amounts: readonly bigint[], token: Token): MoneyFormat {
  const { decimals } = token
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > DECIMALS_MAX) {
    throw new ReportDataError('The decimals of the token are not a whole number from 0 to 255.', { decimals })
  }
  let places = PLACES_MIN
  for (const amount of amounts) {
    if (amount === 0n) continue
    const digits = String(magnitude(amount)).length
    places = Math.max(places, decimals - digits + 2)
  }
  return { token, places: Math.min(places, PLACES_MAX, decimals) }
}

/** All digits the token has; zeros at the end are dropped down to two places. */
export function writeExact(atoms: bigint, token: Token): string {
  const [whole, fraction] = splitAtoms(atoms, token.decimals)
  const kept = fraction.replace(/0+$/, '').padEnd(Math.min(PLACES_MIN, token.decimals), '0')
  return sign(atoms) + group(whole) + (kept === '' ? '' : `.${kept}`)
}

/** Cut, never rounded up, so that nobody reads more than there is; below the last place but above zero: `<0.01`. */
export function writeShort(atoms: bigint, { token, places }: MoneyFormat): string {
  const [whole, fraction] = splitAtoms(atoms, token.decimals)
  const shown = fraction.slice(0, places)
  if (atoms !== 0n && /^0*$/.test(whole + shown)) {
    const least = places === 0 ? '1' : `0.${'1'.padStart(places, '0')}`
    return atoms > 0n ? `<${least}` : `>−${least}`
  }
  return sign(atoms) + group(whole) + (shown === '' ? '' : `.${shown}`)
}

/** The short amount without its unit; the exact one in `title`, the whole number of smallest units in `value`. */
export function amount(atoms: bigint, format: MoneyFormat): Html {
  const exact = exactTitle(atoms, format.token)
  return html`<data class="money" value="${String(atoms)}" title="${exact}">${writeShort(atoms, format)}</data>`
}

/** The same with its unit. */
export function amountWithUnit(atoms: bigint, format: MoneyFormat): Html {
  return html`<span class="sum">${amount(atoms, format)} ${symbolText(format.token)}</span>`
}

export function symbolText(token: Token): Html {
  return html`<bdi class="unit">${clip(token.symbol, 12)}</bdi>`
}

export function exactTitle(atoms: bigint, token: Token): string {
  return `exactly ${writeExact(atoms, token)} ${clip(token.symbol, 12)}`
}

function splitAtoms(atoms: bigint, decimals: number): [whole: string, fraction: string] {
  const digits = String(magnitude(atoms)).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return [digits.slice(0, point), digits.slice(point)]
}

function magnitude(atoms: bigint): bigint {
  return atoms < 0n ? -atoms : atoms
}

function sign(atoms: bigint): string {
  return atoms < 0n ? '−' : ''
}
