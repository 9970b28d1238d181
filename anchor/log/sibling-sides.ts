/**
 * The way from node `index` of a level with `size` nodes up to the root: for each node of the proof, from the bottom, on
 * which side it stands. A level where the node has no sibling (it is last and even) gives nothing: the node moves up.
 *
 * Both verifiers walk this way, and its length is the only length that a proof may have. RFC 9162 §2.1.3.2 and §2.1.4.2.
 */
export function siblingSides(index: number, size: number): ('left' | 'right')[] {
  const sides: ('left' | 'right')[] = []
  // Divided, not shifted: shifts work on 32 bits, and sizes go to 2^53 − 1.
  for (let node = index, last = size - 1; last > 0; node = Math.floor(node / 2), last = Math.floor(last / 2)) {
    if (node % 2 === 1) sides.push('left')
    else if (node < last) sides.push('right')
  }
  return sides
}
