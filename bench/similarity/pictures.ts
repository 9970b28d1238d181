import { SIDE } from '../../examples/digits/dataset.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import type { Change } from './workload.ts'

const TURN_MAX = 0.25
const SCALE_SPREAD = 0.15
const SHEAR_MAX = 0.2
/** Pixels by which the knots of a 4 × 4 grid are pulled (Simard, Steinkraus and Platt 2003, elastic distortions, coarsely). */
const PULL = 1.5
const KNOTS = 4
const SHIFT_MAX = 2

function moved(grey: Uint8Array, dx: number, dy: number): Uint8Array {
  return sampled(grey, (x, y) => [x - dx, y - dy])
}

export function noisy(grey: Uint8Array, sigma: number, random: Xoshiro128): Uint8Array {
  return grey.map((value) => Math.max(0, Math.min(255, Math.round(value + 255 * sigma * random.gaussian()))))
}

/** As another hand might write it: turned, scaled, sheared and pulled about. */
export function rewritten(grey: Uint8Array, random: Xoshiro128): Uint8Array {
  const uniform = (most: number) => most * (2 * random.nextFloat() - 1)
  const turn = uniform(TURN_MAX)
  const [scaleX, scaleY, shear] = [1 + uniform(SCALE_SPREAD), 1 + uniform(SCALE_SPREAD), uniform(SHEAR_MAX)]
  const pulls = Array.from({ length: 2 * KNOTS * KNOTS }, () => PULL * random.gaussian())
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const middle = (SIDE - 1) / 2
  return sampled(grey, (x, y) => {
    const [u, v] = [(x - middle) / scaleX, (y - middle) / scaleY]
    const pullX = between(pulls, 0, x, y)
    const pullY = between(pulls, KNOTS * KNOTS, x, y)
    return [middle + cos * u + sin * v + shear * v + pullX, middle - sin * u + cos * v + pullY]
  })
}

export const PICTURE_CHANGES: readonly Change<Uint8Array>[] = [
  { name: 'copy', apply: (grey) => grey },
  {
    name: 'shift of up to 2 pixels',
    apply: (grey, random) => moved(grey, random.nextInt(5) - SHIFT_MAX, random.nextInt(5) - SHIFT_MAX),
  },
  { name: 'noise .05', apply: (grey, random) => noisy(grey, 0.05, random) },
  {
    name: 'shift and noise .05',
    apply: (grey, random) =>
      noisy(moved(grey, random.nextInt(5) - SHIFT_MAX, random.nextInt(5) - SHIFT_MAX), 0.05, random),
  },
  { name: 'noise .1', apply: (grey, random) => noisy(grey, 0.1, random) },
  { name: 'half as bright', apply: (grey) => grey.map((value) => value >> 1) },
  { name: 'turned by 5 degrees', apply: (grey) => turned(grey, Math.PI / 36) },
  { name: 'mirrored', apply: (grey) => sampled(grey, (x, y) => [SIDE - 1 - x, y]) },
]

function turned(grey: Uint8Array, angle: number): Uint8Array {
  const middle = (SIDE - 1) / 2
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return sampled(grey, (x, y) => [
    middle + cos * (x - middle) + sin * (y - middle),
    middle - sin * (x - middle) + cos * (y - middle),
  ])
}

/** Each pixel from where `from` says, between the four nearest; paper outside. */
function sampled(grey: Uint8Array, from: (x: number, y: number) => readonly [number, number]): Uint8Array {
  const at = (x: number, y: number) => (x >= 0 && x < SIDE && y >= 0 && y < SIDE ? grey[y * SIDE + x]! : 0)
  const out = new Uint8Array(SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = from(x, y)
      const [left, top] = [Math.floor(u), Math.floor(v)]
      const [right, low] = [u - left, v - top]
      const above = (1 - right) * at(left, top) + right * at(left + 1, top)
      const below = (1 - right) * at(left, top + 1) + right * at(left + 1, top + 1)
      out[y * SIDE + x] = Math.round((1 - low) * above + low * below)
    }
  }
  return out
}

/** Linear between the knots of a grid over the picture. */
function between(knots: readonly number[], start: number, x: number, y: number): number {
  const [u, v] = [(x / (SIDE - 1)) * (KNOTS - 1.001), (y / (SIDE - 1)) * (KNOTS - 1.001)]
  const [left, top] = [Math.floor(u), Math.floor(v)]
  const [right, low] = [u - left, v - top]
  const knot = (dx: number, dy: number) => knots[start + (top + dy) * KNOTS + left + dx]!
  return (
    (1 - low) * ((1 - right) * knot(0, 0) + right * knot(1, 0)) + low * ((1 - right) * knot(0, 1) + right * knot(1, 1))
  )
}
