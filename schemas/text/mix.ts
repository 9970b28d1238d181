const { imul } = Math

/** A bijection of 32 bits in which every input bit moves every output bit (the finaliser of MurmurHash3, Appleby 2011). */
export function mix(key: number): number {
  let h = key
  h = imul(h ^ (h >>> 16), 0x85ebca6b)
  h = imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
