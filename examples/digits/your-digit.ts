import { readFile, stat } from 'node:fs/promises'
import { PNG } from 'pngjs'
import { PIXELS, SIDE } from './dataset.ts'
import { YourDigitError } from './errors.ts'
import { cropToInk, type GreyImage, inkOnPaper, placeAsMnist } from './normalise.ts'

/** Largest file that is read. */
export const FILE_BYTES_MAX = 16 * 2 ** 20
/** Largest width and height of a PNG. */
const SIDE_MAX = 4096

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const HINT_PATH = 'Give the path of a file that you may read.'
const HINT_FORMATS = `Save one digit as a PNG, or write a text file of up to ${SIDE} lines in which blanks and dots are paper.`

/**
 * Reads a person's own handwritten digit and puts it into the form of the data: 28×28, ink 255 on 0.
 *
 * @param path a PNG (dark on light or light on dark), or a text of 28 lines in which ' ' and '.' are paper
 * @throws {@link YourDigitError}
 */
export async function readYourDigit(path: string): Promise<Uint8Array> {
  const bytes = await readLimited(path)
  return bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)
    ? digitFromPng(bytes)
    : digitFromText(asText(bytes))
}

/**
 * @param bytes a PNG file of any colour type, at most 4096 × 4096
 * @throws {@link YourDigitError}
 */
export function digitFromPng(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  checkHeader(file)
  let png: PNG
  try {
    png = PNG.sync.read(file)
  } catch (cause) {
    throw new YourDigitError('not-a-png', 'The PNG is damaged.', 'Save it again, or take another copy.', {}, cause)
  }
  // Pens of drawing programs write on transparent paper: white paper is tried first, then black for white ink.
  const ink = inkOnPaper(toGrey(png, 255)) ?? inkOnPaper(toGrey(png, 0))
  return toDigit(ink)
}

/**
 * @param text up to 28 lines of up to 28 characters; ' ' and '.' are paper, all others ink
 * @throws {@link YourDigitError}
 */
export function digitFromText(text: string): Uint8Array {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  while (lines.at(-1)?.trim() === '') lines.pop()
  const rows = lines.map((line) => [...line.trimEnd()])
  const width = Math.max(0, ...rows.map((row) => row.length))
  if (rows.length > SIDE || width > SIDE) {
    throw new YourDigitError(
      'too-large',
      `The text has ${rows.length} lines of up to ${width} characters.`,
      HINT_FORMATS,
      {
        lines: rows.length,
        columns: width,
        limit: SIDE,
      },
    )
  }
  const grey = new Float32Array(PIXELS)
  rows.forEach((row, y) => {
    row.forEach((character, x) => {
      if (character !== ' ' && character !== '.') grey[y * SIDE + x] = 255
    })
  })
  return toDigit({ width: SIDE, height: SIDE, grey })
}

function toDigit(ink: GreyImage | undefined): Uint8Array {
  const cropped = ink && cropToInk(ink)
  if (cropped) return placeAsMnist(cropped)
  throw new YourDigitError(
    'empty',
    'There is no ink in it.',
    'Draw one digit with a thick pen, dark on light or light on dark.',
  )
}

async function readLimited(path: string): Promise<Buffer> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new YourDigitError('unreadable', `${path} is not a file.`, HINT_PATH, { path })
    if (found.size > FILE_BYTES_MAX) throw tooLarge(`${found.size} bytes`, `${FILE_BYTES_MAX} bytes`)
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof YourDigitError) throw cause
    throw new YourDigitError('unreadable', `${path} cannot be read.`, HINT_PATH, { path }, cause)
  }
}

/** Sizes stand at fixed places in the first chunk: what would unpack into far more is refused before it is unpacked. */
function checkHeader(file: Buffer): void {
  if (file.length < 33 || !file.subarray(0, 8).equals(PNG_SIGNATURE) || file.toString('latin1', 12, 16) !== 'IHDR') {
    throw new YourDigitError('not-a-png', 'The file is not a PNG.', HINT_FORMATS, { bytes: file.length })
  }
  const width = file.readUInt32BE(16)
  const height = file.readUInt32BE(20)
  if (width > SIDE_MAX || height > SIDE_MAX) {
    throw tooLarge(`${width} × ${height} pixels`, `${SIDE_MAX} × ${SIDE_MAX} pixels`)
  }
  // pngjs unpacks interlaced pictures without a limit.
  if (file[28] !== 0) {
    throw new YourDigitError('not-a-png', 'The PNG is interlaced.', 'Save it again without interlacing.')
  }
}

function tooLarge(found: string, limit: string): YourDigitError {
  const hint = 'Scale it down: 200 × 200 pixels are plenty.'
  return new YourDigitError('too-large', `It is too large: ${found}.`, hint, { found, limit })
}

function asText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  // Control characters and what is not UTF-8 mean a picture in another format.
  if (!/[^\P{Cc}\r\n]/u.test(text) && !text.includes('\uFFFD')) return text
  throw new YourDigitError('not-a-drawing', 'The file is neither a PNG nor a text.', HINT_FORMATS, {
    bytes: bytes.length,
  })
}

/** Luma of ITU-R BT.601 over paper of the given grey. */
function toGrey(png: PNG, paper: number): GreyImage {
  const grey = new Float32Array(png.width * png.height)
  for (let i = 0; i < grey.length; i++) {
    const at = 4 * i
    const luma = 0.299 * png.data[at]! + 0.587 * png.data[at + 1]! + 0.114 * png.data[at + 2]!
    const alpha = png.data[at + 3]! / 255
    grey[i] = luma * alpha + paper * (1 - alpha)
  }
  return { width: png.width, height: png.height, grey }
}
