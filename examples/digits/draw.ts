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
}

const GAP = '  '
const SHADES = ' .:-=+*#%@'
const RESET = '\x1b[0m'

/**
 * Draws digits side by side, 28 columns and 14 lines each: every character shows two pixels, one above the other.
 *
 * @returns lines joined by '\n', without a last one
 * @throws {@link DigitRangeError}
 */
export function drawDigits(drawings: readonly Drawing[], options: DrawOptions = {}): string {
  for (const { image } of drawings) checkImage(image)
  const { plain = false, greys = 'truecolor', width = 80 } = options
  const perRow = Math.max(1, Math.floor((width + GAP.length) / (SIDE + GAP.length)))
  const lines: string[] = []
  for (let first = 0; first < drawings.length; first += perRow) {
    const row = drawings.slice(first, first + perRow)
    for (let y = 0; y < SIDE; y += 2) {
      lines.push(row.map(({ image }) => (plain ? shadeLine(image, y) : blockLine(image, y, greys))).join(GAP))
    }
    if (row.some(({ caption }) => caption)) lines.push(row.map(captionCell).join(GAP).trimEnd())
  }
  return lines.join('\n')
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

function shadeLine(image: Uint8Array, y: number): string {
  let line = ''
  for (let x = 0; x < SIDE; x++) {
    const grey = (image[y * SIDE + x]! + image[(y + 1) * SIDE + x]!) / 2
    line += SHADES[Math.round((grey / 255) * (SHADES.length - 1))]
  }
  return line
}

/** The upper half block: its foreground is the upper pixel, its background the lower. Colours are set only where they change. */
function blockLine(image: Uint8Array, y: number, greys: 'truecolor' | '256'): string {
  const colour = greys === '256' ? grey256 : greyTrue
  let line = ''
  let last = ''
  for (let x = 0; x < SIDE; x++) {
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
function captionCell({ caption = '' }: Drawing): string {
  const text = [...caption.replace(/\p{C}/gu, '')].slice(0, SIDE).join('')
  return text.padEnd(SIDE)
}
