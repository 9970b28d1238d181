import { PNG } from 'pngjs'
import { checkImage, SIDE } from './dataset.ts'

export interface Drawing {
  image: Uint8Array
  /** One line below the digit, cut to its width. */
  caption?: string
}

export interface DrawOptions {
  /** ASCII shades without escape codes: for logs, pipes and NO_COLOR. */
  plain?: boolean
  /** `256` for terminals without 24-bit colour. */
  greys?: 'truecolor' | '256'
  /** Columns of the terminal; more digits than fit go into further rows. Default 80. */
  width?: number
  /** Pixels left out on every side, an even number of rows stays: MNIST keeps about 4 free around a digit. Default 0. */
  margin?: number
}

const GAP = '  '
const SHADES = ' .:-=+*#%@'
const RESET = '\x1b[0m'

/**
 * Draws digits side by side, 28 columns and 14 lines each (less with a margin): every character shows two pixels, one above
 * the other.
 *
 * @returns lines joined by '\n', without a last one
 * @throws {@link DigitRangeError}
 */
export function drawDigits(drawings: readonly Drawing[], options: DrawOptions = {}): string {
  for (const { image } of drawings) checkImage(image)
  const { plain = false, greys = 'truecolor', width = 80, margin = 0 } = options
  const columns = columnsOf(margin)
  const perRow = Math.max(1, digitsInARow(width, margin))
  const lines: string[] = []
  for (let first = 0; first < drawings.length; first += perRow) {
    const row = drawings.slice(first, first + perRow)
    for (let y = margin; y < SIDE - margin; y += 2) {
      lines.push(
        row.map(({ image }) => (plain ? shadeLine(image, y, margin) : blockLine(image, y, margin, greys))).join(GAP),
      )
    }
    if (row.some(({ caption }) => caption))
      lines.push(
        row
          .map((drawing) => captionCell(drawing, columns))
          .join(GAP)
          .trimEnd(),
      )
  }
  return lines.join('\n')
}

/** How many digits fit side by side into `width` columns. */
export function digitsInARow(width: number, margin: number): number {
  return Math.floor((width + GAP.length) / (columnsOf(margin) + GAP.length))
}

function columnsOf(margin: number): number {
  return SIDE - 2 * margin
}

/** The image as PNG bytes: 28×28, 8-bit grey, ink white on black as in the data. */
export function pngBytes(image: Uint8Array): Uint8Array {
  checkImage(image)
  const png = new PNG({ width: SIDE, height: SIDE })
  png.data = Buffer.from(image)
  return PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false })
}

/** For `<img src>`; style it with `image-rendering: pixelated`. */
export function pngDataUri(image: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(pngBytes(image)).toString('base64')}`
}

function shadeLine(image: Uint8Array, y: number, margin: number): string {
  let line = ''
  for (let x = margin; x < SIDE - margin; x++) {
    const grey = (image[y * SIDE + x]! + image[(y + 1) * SIDE + x]!) / 2
    line += SHADES[Math.round((grey / 255) * (SHADES.length - 1))]
  }
  return line
}

/** The upper half block: its foreground is the upper pixel, its background the lower. Colours are set only where they change. */
function blockLine(image: Uint8Array, y: number, margin: number, greys: 'truecolor' | '256'): string {
  const colour = greys === '256' ? grey256 : greyTrue
  let line = ''
  let last = ''
  for (let x = margin; x < SIDE - margin; x++) {
    const codes = `\x1b[38;${colour(image[y * SIDE + x]!)};48;${colour(image[(y + 1) * SIDE + x]!)}m`
    line += codes === last ? '▀' : `${codes}▀`
    last = codes
  }
  return line + RESET
}

function greyTrue(grey: number): string {
  return `2;${grey};${grey};${grey}`
}

/** Black is colour 16; 232 … 255 are 24 greys from dark to light. */
function grey256(grey: number): string {
  return `5;${grey === 0 ? 16 : 232 + Math.round((grey / 255) * 23)}`
}

/** Control characters are dropped: a name must not be able to move the cursor. */
function captionCell({ caption = '' }: Drawing, columns: number): string {
  const text = [...caption.replace(/\p{C}/gu, '')].slice(0, columns).join('')
  return text.padEnd(columns)
}
