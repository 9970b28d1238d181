import { PIXELS, SIDE } from './dataset.ts'

/** Any size, row by row, 0 … 255. */
export interface GreyImage {
  width: number
  height: number
  grey: Float32Array
}

/** MNIST digits fill a box of this size in their 28×28 field. */
const BOX = 20
/** Less contrast than this between ink and paper is no ink. */
const CONTRAST_MIN = 32
/** Below one grey level there is only the rounding of luma and transparency. */
const GRAIN_MIN = 0.5

/**
 * Takes the paper away: its grey is the median of the border, ink is the distance from it. Light paper is so inverted.
 * What differs no more than the border itself does (grain, shadows) is paper too.
 *
 * @returns ink 0 … 255, or undefined when nothing stands out
 */
export function inkOnPaper({ width, height, grey }: GreyImage): GreyImage | undefined {
  const border = borderOf({ width, height, grey })
  const paper = median(border)
  const grain = Math.max(GRAIN_MIN, 6 * median(border.map((value) => Math.abs(value - paper))))
  const inkIsDark = paper > 127
  const ink = grey.map((value) => {
    const distance = inkIsDark ? paper - value : value - paper
    return distance > grain ? distance : 0
  })
  return ink.some((value) => value >= CONTRAST_MIN) ? { width, height, grey: ink } : undefined
}

/** @returns the smallest part that holds all ink, or undefined when there is none */
export function cropToInk({ width, height, grey }: GreyImage): GreyImage | undefined {
  let left = width
  let right = -1
  let top = height
  let bottom = -1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (grey[y * width + x]! === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = y
    }
  }
  if (right < 0) return undefined
  const cropped = new Float32Array((right - left + 1) * (bottom - top + 1))
  for (let y = top; y <= bottom; y++) {
    cropped.set(grey.subarray(y * width + left, y * width + right + 1), (y - top) * (right - left + 1))
  }
  return { width: right - left + 1, height: bottom - top + 1, grey: cropped }
}

/**
 * As MNIST was made (http://yann.lecun.com/exdb/mnist/): scaled into 20×20 keeping the ratio, then moved so that the
 * centre of mass is the centre of a 28×28 field. The strongest ink becomes 255, since thin lines fade when averaged.
 */
export function placeAsMnist(image: GreyImage): Uint8Array {
  const scale = BOX / Math.max(image.width, image.height)
  const box = scaleByAverage(
    image,
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  )
  const [massX, massY] = centreOfMass(box)
  const left = clamp(Math.round(SIDE / 2 - massX), SIDE - box.width)
  const top = clamp(Math.round(SIDE / 2 - massY), SIDE - box.height)
  const peak = box.grey.reduce((most, value) => Math.max(most, value), 0)
  const out = new Uint8Array(PIXELS)
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      out[(top + y) * SIDE + left + x] = Math.round((255 * box.grey[y * box.width + x]!) / peak)
    }
  }
  return out
}

/** Box averaging: each new pixel is the mean of the area it covers, first along rows, then along columns. */
function scaleByAverage(image: GreyImage, width: number, height: number): GreyImage {
  const rows = averageRows(image, width)
  const turned = averageRows(transpose(rows), height)
  return transpose(turned)
}

function averageRows({ width, height, grey }: GreyImage, newWidth: number): GreyImage {
  const out = new Float32Array(newWidth * height)
  const step = width / newWidth
  for (let x = 0; x < newWidth; x++) {
    const from = x * step
    const to = from + step
    for (let source = Math.floor(from); source < Math.min(width, Math.ceil(to)); source++) {
      const share = (Math.min(to, source + 1) - Math.max(from, source)) / step
      for (let y = 0; y < height; y++) out[y * newWidth + x]! += share * grey[y * width + source]!
    }
  }
  return { width: newWidth, height, grey: out }
}

function transpose({ width, height, grey }: GreyImage): GreyImage {
  const out = new Float32Array(grey.length)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = grey[y * width + x]!
  return { width: height, height: width, grey: out }
}

/** In pixels from the left and upper edge; the middle of the first pixel is at ½. */
function centreOfMass({ width, height, grey }: GreyImage): [number, number] {
  let sum = 0
  let sumX = 0
  let sumY = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = grey[y * width + x]!
      sum += value
      sumX += value * (x + 0.5)
      sumY += value * (y + 0.5)
    }
  }
  return [sumX / sum, sumY / sum]
}

function borderOf({ width, height, grey }: GreyImage): number[] {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(grey[x]!, grey[(height - 1) * width + x]!)
  for (let y = 0; y < height; y++) border.push(grey[y * width]!, grey[y * width + width - 1]!)
  return border
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value))
}
