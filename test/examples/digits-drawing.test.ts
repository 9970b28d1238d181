import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PNG } from 'pngjs'
import { type LabelledImages, loadDigits } from '../../examples/digits/dataset.ts'
import { drawDigits, pngBytes, pngDataUri } from '../../examples/digits/draw.ts'
import { DigitRangeError, YourDigitError } from '../../examples/digits/errors.ts'
import { digitFromPng, digitFromText, FILE_BYTES_MAX, readYourDigit } from '../../examples/digits/your-digit.ts'

let digits: LabelledImages
let folder: string
beforeAll(async () => {
  digits = await loadDigits()
  folder = await mkdtemp(join(tmpdir(), 'your-digit-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('your own digit', () => {
  test('a digit of the data, written as PNG and read again, is nearly itself', () => {
    for (const index of [3, 1500, 2500, 5000, 7777, 9999]) {
      const image = digits.images[index]!
      expect(bestCosine(digitFromPng(pngBytes(image)), image)).toBeGreaterThan(0.99)
    }
  })

  test('size, paper, transparency and place do not matter', () => {
    const image = digits.images[2500]!
    const expected = digitFromPng(pngBytes(image))
    const variants = {
      large: enlarge(image, 9, { ink: 255, paper: 0 }),
      inverted: enlarge(image, 1, { ink: 0, paper: 255 }),
      'grey on grey': enlarge(image, 4, { ink: 60, paper: 190 }),
      'in a corner': enlarge(image, 3, { ink: 0, paper: 255, marginLeft: 100, marginTop: 7 }),
      'black on transparent': enlarge(image, 3, { ink: 0, paper: 0, transparent: true }),
      'white on transparent': enlarge(image, 3, { ink: 255, paper: 255, transparent: true }),
    }
    for (const [name, bytes] of Object.entries(variants)) {
      expect({ name, close: bestCosine(digitFromPng(bytes), expected) > 0.99 }).toEqual({ name, close: true })
    }
  })

  test('grain of the paper is not ink', () => {
    const png = new PNG({ width: 60, height: 60 })
    for (let y = 0; y < 60; y++) {
      for (let x = 0; x < 60; x++) {
        const isInk = x >= 25 && x < 35 && y >= 10 && y < 50
        const grey = isInk ? 30 : 220 + ((x * 7 + y * 13) % 9)
        png.data.set([grey, grey, grey, 255], 4 * (y * 60 + x))
      }
    }
    // A bar of 10 × 40 becomes 5 × 20 in the middle.
    const digit = digitFromPng(PNG.sync.write(png))
    expect(digit.filter((value) => value > 0)).toHaveLength(100)
  })

  test('it fills 20 pixels, its centre of mass is the middle, its strongest ink is 255', () => {
    for (const text of ['#', '####\n#', '.\n  ##\n  ##########', Array(28).fill('#').join('\r\n')]) {
      const digit = digitFromText(text)
      const { width, height, centreX, centreY } = shapeOf(digit)
      expect(Math.max(width, height)).toBe(20)
      expect(Math.abs(centreX - 14)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(centreY - 14)).toBeLessThanOrEqual(0.5)
      expect(Math.max(...digit)).toBe(255)
    }
  })

  test('a line too thin for 20 pixels keeps its strength', () => {
    const png = new PNG({ width: 200, height: 200 })
    png.data.fill(255)
    for (let y = 20; y < 180; y++) png.data.set([0, 0, 0, 255], 4 * (y * 200 + 40 + Math.floor(y / 2)))
    expect(Math.max(...digitFromPng(PNG.sync.write(png)))).toBe(255)
  })

  test('an interlaced PNG is refused before it is unpacked', () => {
    expect(() => digitFromPng(flipByte(pngBytes(digits.images[0]!), 28))).toThrow('The PNG is interlaced.')
  })

  test('a text of characters is read, blanks and dots being paper', () => {
    const art = (ink: string, paper: string) =>
      Array.from({ length: 20 }, () => paper.repeat(4) + ink.repeat(6) + paper.repeat(2)).join('\n')
    const digit = digitFromText(art('#', '.'))
    expect(digit.filter((value) => value === 255)).toHaveLength(120)
    expect(digit.filter((value) => value === 0)).toHaveLength(784 - 120)
    expect(digitFromText(`${art('8', ' ')}\n\n`)).toEqual(digit)
    expect(digitFromText(`\uFEFF${art('█', '.').replaceAll('\n', '\r\n')}`)).toEqual(digit)
  })

  test('files of both kinds are told apart by content', async () => {
    const image = digits.images[42]!
    await writeFile(join(folder, 'digit.txt'), pngBytes(image))
    await writeFile(join(folder, 'digit.png'), '.##.\n.##.\n')
    expect(await readYourDigit(join(folder, 'digit.txt'))).toEqual(digitFromPng(pngBytes(image)))
    expect(await readYourDigit(join(folder, 'digit.png'))).toEqual(digitFromText('##\n##'))
  })

  test.each<[YourDigitError['reason'], string, () => unknown]>([
    ['empty', 'white PNG', () => digitFromPng(plainPng(50, 50, 255))],
    ['empty', 'black PNG', () => digitFromPng(plainPng(50, 50, 0))],
    ['empty', 'pale ink', () => digitFromPng(enlarge(digits.images[0]!, 2, { ink: 235, paper: 255 }))],
    ['empty', 'blank text', () => digitFromText(' .. \n ..')],
    ['empty', 'no text', () => digitFromText('')],
    ['too-large', 'text of 29 lines', () => digitFromText('#\n'.repeat(29))],
    ['too-large', 'text of 29 columns', () => digitFromText('#'.repeat(29))],
    ['too-large', 'PNG of 4097 pixels', () => digitFromPng(plainPng(4097, 1, 0))],
    [
      'too-large',
      'PNG that only claims a size',
      () => digitFromPng(claimSize(pngBytes(digits.images[0]!), 2 ** 31 - 1)),
    ],
    ['not-a-png', 'GIF', () => digitFromPng(Buffer.from('GIF89a'.padEnd(100, '\0')))],
    ['not-a-png', 'only a signature', () => digitFromPng(pngBytes(digits.images[0]!).subarray(0, 8))],
    ['not-a-png', 'half a PNG', () => digitFromPng(pngBytes(digits.images[0]!).subarray(0, 100))],
    ['not-a-png', 'damaged PNG', () => digitFromPng(flipByte(pngBytes(digits.images[0]!), 60))],
    ['not-a-png', 'zero width', () => digitFromPng(claimSize(pngBytes(digits.images[0]!), 0))],
    ['unreadable', 'absent file', () => readYourDigit(join(folder, 'absent.png'))],
    ['unreadable', 'folder', () => readYourDigit(folder)],
    ['not-a-drawing', 'other picture', () => fileOf('a.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]))],
    ['not-a-drawing', 'text with a tab', () => fileOf('tab.txt', Buffer.from('#\t#'))],
    ['empty', 'empty file', () => fileOf('empty.txt', Buffer.alloc(0))],
    ['too-large', 'file of too many bytes', () => fileOf('big.png', Buffer.alloc(0), FILE_BYTES_MAX + 1)],
  ])('%s: %s is refused with a hint', async (reason, _name, read) => {
    const error = await Promise.resolve()
      .then(read)
      .then(() => undefined)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(YourDigitError)
    expect(error).toMatchObject({ code: 'YOUR_DIGIT', reason, hint: expect.stringMatching(/\w+.*\.$/) })
  })
})

describe('drawing', () => {
  const left = new Uint8Array(784)
  left[0] = 255 // upper half of the first character
  left[28 + 1] = 255 // lower half of the second

  test('plain: shades in 14 lines of 28, digits side by side, captions below', () => {
    const text = drawDigits([{ image: left, caption: 'Ada' }, { image: new Uint8Array(784).fill(255) }], {
      plain: true,
    })
    const lines = text.split('\n')
    expect(lines).toHaveLength(15)
    expect(lines[0]).toBe(`++${' '.repeat(26)}  ${'@'.repeat(28)}`)
    expect(lines[14]).toBe('Ada')
  })

  test('colour: the half block shows the upper pixel before the lower, and ends with a reset', () => {
    const [first] = drawDigits([{ image: left }]).split('\n')
    expect(first?.startsWith('\x1b[38;2;255;255;255;48;2;0;0;0m▀\x1b[38;2;0;0;0;48;2;255;255;255m▀')).toBe(true)
    expect(first?.endsWith('▀\x1b[0m')).toBe(true)
    const [indexed] = drawDigits([{ image: left }], { greys: '256' }).split('\n')
    expect(indexed?.startsWith('\x1b[38;5;255;48;5;16m▀\x1b[38;5;16;48;5;255m▀')).toBe(true)
    for (const line of drawDigits([{ image: digits.images[8]! }]).split('\n')) {
      expect(stripVTControlCharacters(line)).toBe('▀'.repeat(28))
    }
  })

  test('what does not fit beside goes below', () => {
    const four = Array.from({ length: 4 }, () => ({ image: left }))
    expect(drawDigits(four, { plain: true, width: 58 }).split('\n')).toHaveLength(28)
    expect(drawDigits(four, { plain: true, width: 57 }).split('\n')).toHaveLength(56)
    expect(drawDigits(four, { plain: true, width: 1 }).split('\n')).toHaveLength(56)
    expect(drawDigits([])).toBe('')
  })

  test('captions are cut and cannot send codes to the terminal', () => {
    const caption = `\x1b[2J${'n'.repeat(60)}`
    const line = drawDigits([{ image: left, caption }], { plain: true })
      .split('\n')
      .at(-1)
    expect(line).toBe(`[2J${'n'.repeat(25)}`)
  })

  test('a data URI holds the very pixels', () => {
    const uri = pngDataUri(digits.images[5]!)
    expect(uri).toMatch(/^data:image\/png;base64,/)
    const png = PNG.sync.read(Buffer.from(uri.slice('data:image/png;base64,'.length), 'base64'))
    expect([png.width, png.height]).toEqual([28, 28])
    expect(png.data.filter((_, at) => at % 4 === 0)).toEqual(Buffer.from(digits.images[5]!))
  })

  test('images of another size are refused by type', () => {
    expect(() => drawDigits([{ image: new Uint8Array(10) }])).toThrow(DigitRangeError)
    expect(() => pngDataUri(new Uint8Array(0))).toThrow(DigitRangeError)
  })
})

async function fileOf(name: string, bytes: Buffer, size = bytes.length): Promise<Uint8Array> {
  await writeFile(join(folder, name), bytes)
  await truncate(join(folder, name), size)
  return readYourDigit(join(folder, name))
}

interface Paper {
  ink: number
  paper: number
  marginLeft?: number
  marginTop?: number
  transparent?: boolean
}

function enlarge(image: Uint8Array, factor: number, look: Paper): Buffer {
  const { ink, paper, marginLeft = 0, marginTop = 0, transparent = false } = look
  const png = new PNG({ width: 28 * factor + marginLeft, height: 28 * factor + marginTop })
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const inside = x >= marginLeft && y >= marginTop
      const from = Math.floor((y - marginTop) / factor) * 28 + Math.floor((x - marginLeft) / factor)
      const share = inside ? image[from]! / 255 : 0
      const grey = Math.round(paper + (ink - paper) * share)
      const alpha = transparent ? Math.round(255 * share) : 255
      png.data.set([grey, grey, grey, alpha], 4 * (y * png.width + x))
    }
  }
  return PNG.sync.write(png)
}

function plainPng(width: number, height: number, grey: number): Buffer {
  const png = new PNG({ width, height })
  for (let at = 0; at < png.data.length; at += 4) png.data.set([grey, grey, grey, 255], at)
  return PNG.sync.write(png)
}

function claimSize(png: Uint8Array, width: number): Buffer {
  const bytes = Buffer.from(png)
  bytes.writeUInt32BE(width, 16)
  return bytes
}

function flipByte(png: Uint8Array, at: number): Buffer {
  const bytes = Buffer.from(png)
  bytes[at] = bytes[at]! ^ 1
  return bytes
}

/** Greatest cosine over shifts of up to two pixels. */
function bestCosine(a: Uint8Array, b: Uint8Array): number {
  let best = -1
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) best = Math.max(best, cosine(a, shift(b, dx, dy)))
  }
  return best
}

function shift(image: Uint8Array, dx: number, dy: number): Uint8Array {
  return Uint8Array.from(image, (_, at) => {
    const x = (at % 28) - dx
    const y = Math.floor(at / 28) - dy
    return x >= 0 && x < 28 && y >= 0 && y < 28 ? image[y * 28 + x]! : 0
  })
}

function cosine(a: Uint8Array, b: Uint8Array): number {
  let [ab, aa, bb] = [0, 0, 0]
  a.forEach((value, at) => {
    ab += value * b[at]!
    aa += value * value
    bb += b[at]! ** 2
  })
  return ab / Math.sqrt(aa * bb)
}

function shapeOf(digit: Uint8Array) {
  const lit = [...digit.keys()].filter((at) => digit[at]! > 0)
  const xs = lit.map((at) => at % 28)
  const ys = lit.map((at) => Math.floor(at / 28))
  const sum = lit.reduce((total, at) => total + digit[at]!, 0)
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
    centreX: lit.reduce((total, at, i) => total + digit[at]! * (xs[i]! + 0.5), 0) / sum,
    centreY: lit.reduce((total, at, i) => total + digit[at]! * (ys[i]! + 0.5), 0) / sum,
  }
}
