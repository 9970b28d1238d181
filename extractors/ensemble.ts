/** Weights averaged over models of one layer that were trained from several seeds: one model again, that depends less on each. */
export function averagedWeights(members: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(members[0]!.length)
  for (const member of members) for (let w = 0; w < out.length; w++) out[w]! += member[w]!
  for (let w = 0; w < out.length; w++) out[w]! /= members.length
  return out
}
