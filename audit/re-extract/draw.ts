import { sha256 } from '../../anchor/hash.ts'
import { fromHex } from '../../schemas/ids.ts'

/** What one sample is drawn for; every part of it is in every draw. */
export interface DrawPlace {
  /** 32 bytes. */
  readonly randomness: Uint8Array
  readonly epoch: number
  readonly model: string
  /** 0x-hex, 20 bytes. */
  readonly token: string
}

const DOMAIN = 'tallystick-re-extract/1'

/**
 * Draws `count` times, with replacement, an index with probability proportional to |value| (docs/features.md#draws): for draw i
 * the 256-bit number d = SHA-256(domain ‖ randomness ‖ u32 epoch ‖ u32 length ‖ model ‖ token ‖ u32 i), t = ⌊d·Σ|v| / 2^256⌋, and
 * the first index whose running sum of |v| is above t. Integers alone, so everybody draws the same.
 *
 * @returns index → how often it was drawn, ascending by index; empty when all values are 0
 */
export function drawByValue(place: DrawPlace, values: readonly bigint[], count: number): Map<number, number> {
  const sums: bigint[] = []
  let total = 0n
  for (const value of values) {
    total += value < 0n ? -value : value
    sums.push(total)
  }
  const drawn: number[] = []
  const prefix = prefixOf(place)
  for (let i = 0; i < count && total > 0n; i++) {
    const digest = Buffer.from(sha256(Buffer.concat([prefix, uint32(i)]))).toString('hex')
    drawn.push(firstAbove(sums, (BigInt(`0x${digest}`) * total) >> 256n))
  }
  const times = new Map<number, number>()
  for (const index of drawn.sort((a, b) => a - b)) times.set(index, (times.get(index) ?? 0) + 1)
  return times
}

function prefixOf({ randomness, epoch, model, token }: DrawPlace): Uint8Array {
  const name = Buffer.from(model, 'utf8')
  return Buffer.concat([Buffer.from(DOMAIN), randomness, uint32(epoch), uint32(name.length), name, fromHex(token)])
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The first index with sums[index] > t; there is one, since t is below the last. */
function firstAbove(sums: readonly bigint[], t: bigint): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > t) high = middle
    else low = middle + 1
  }
  return low
}
