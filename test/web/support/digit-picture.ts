import { PNG } from 'pngjs'

const SIDE = 28
/** Segments of each digit on a seven-segment display: top, upper left, upper right, middle, lower left, lower right, bottom. */
const SEGMENTS = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
]
const PLACES = [
  [8, 4, 20, 7],
  [8, 4, 11, 15],
  [17, 4, 20, 15],
  [8, 12, 20, 15],
  [8, 13, 11, 24],
  [17, 13, 20, 24],
  [8, 21, 20, 24],
] as const

/** A 28 × 28 grey PNG that looks like a badly drawn digit, or like noise, as a data URI. */
export function digitPicture(digit: number | 'noise', random: () => number): string {
  const png = new PNG({ width: SIDE, height: SIDE })
  const data = Buffer.alloc(SIDE * SIDE)
  const [dx, dy] = [Math.floor(random() * 5) - 2, Math.floor(random() * 5) - 2]
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [(at % SIDE) - dx, Math.floor(at / SIDE) - dy]
    data[at] = digit === 'noise' ? random() * 256 : isInked(digit, x, y) ? 150 + random() * 105 : random() * 30
  }
  png.data = data
  const bytes = PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false })
  return `data:image/png;base64,${bytes.toString('base64')}`
}

function isInked(digit: number, x: number, y: number): boolean {
  const segments = SEGMENTS[digit % 10]!
  return PLACES.some(([left, top, right, bottom], index) => {
    return segments[index] === '1' && x >= left && x < right && y >= top && y < bottom
  })
}
