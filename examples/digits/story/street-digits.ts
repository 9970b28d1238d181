import type { Xoshiro128 } from '../../../extractors/random.ts'

const WHITE = 255
const NOISE = 60
/** Ink is so much fainter than on paper. */
const FADED = 0.7

/** A digit as a camera sees it on a house: fainter, on a rough wall. */
export function toStreetDigit(image: Uint8Array, random: Xoshiro128): Uint8Array {
  return image.map((ink) => Math.min(WHITE, Math.round(ink * FADED) + random.nextInt(NOISE)))
}
