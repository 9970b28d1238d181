/**
 * The partition of a record as Kafka's Java client chooses it, so that every log puts the same key into the same partition.
 *
 * @param key        the record's key; null for none
 * @param partitions how many partitions the topic has, ≥ 1
 * @param counter    for records without a key: a number ≥ 0 that the caller raises for each of them, so that they go round
 *                   the partitions (the Java client sticks to one partition for a while instead; only the spread differs)
 * @returns          0 ≤ partition < partitions
 *
 * With a key: `toPositive(murmur2(key)) % partitions` of Kafka's DefaultPartitioner and BuiltInPartitioner.
 */
export function partitionOf(key: Uint8Array | null, partitions: number, counter: number): number {
  if (key === null) return counter % partitions
  return (murmur2(key) & 0x7fffffff) % partitions
}

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * 32-bit murmur2 with Kafka's seed, as a signed integer.
 * Austin Appleby's MurmurHash2; `org.apache.kafka.common.utils.Utils.murmur2` is the reference.
 */
export function murmur2(data: Uint8Array): number {
  const words = data.length >> 2
  let hash = SEED ^ data.length
  for (let i = 0; i < words * 4; i += 4) {
    let word = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }

  const tail = words * 4
  const rest = data.length - tail
  if (rest > 2) hash ^= data[tail + 2]! << 16
  if (rest > 1) hash ^= data[tail + 1]! << 8
  if (rest > 0) hash = Math.imul(hash ^ data[tail]!, MULTIPLIER)

  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}
