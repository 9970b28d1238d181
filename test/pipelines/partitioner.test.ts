import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { murmur2, partitionOf } from '../../pipelines/partitioner.ts'

/**
 * From the Java client of Kafka 4.3.1: `Utils.murmur2(key)`, and `BuiltInPartitioner.partitionForKey(key, n)` for n of 4, 7
 * and 1000. Keys in hex.
 */
const GOLDEN: readonly (readonly [key: string, hash: number, partitions: readonly [number, number, number]])[] = [
  ['', 275646681, [1, 2, 681]],
  ['61', -1563381124, [0, 5, 524]],
  ['616263', 479470107, [3, 4, 107]],
  ['3231', -973932308, [0, 3, 340]],
  ['666f6f626172', -790332482, [2, 0, 166]],
  ['612d6c6974746c652d6269742d6c6f6e672d737472696e67', -985981536, [0, 1, 112]],
  ['612d6c6974746c652d6269742d6c6f6e6765722d737472696e67', -1486304829, [3, 0, 819]],
  [
    '6c6b6a683233346c68396669756839307932336f697568736166756a6861646f66323239706872396831396838396838',
    -58897971,
    [1, 3, 677],
  ],
  ['4772c3b6c39f6520e9878f', 1114795437, [1, 0, 437]],
  ['ff8000', -616959190, [2, 1, 458]],
  [Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex'), -1948347274, [2, 3, 374]],
]

test.each(GOLDEN)('key %s goes where Kafka’s Java client puts it', (hex, hash, partitions) => {
  const key = Uint8Array.from(Buffer.from(hex, 'hex'))
  expect(murmur2(key)).toBe(hash)
  expect([4, 7, 1000].map((n) => partitionOf(key, n, 0))).toEqual(partitions)
  expect(partitionOf(key, 1, 5)).toBe(0)
})

test('records without a key go round the partitions', () => {
  expect([0, 1, 2, 3, 4].map((counter) => partitionOf(null, 3, counter))).toEqual([0, 1, 2, 0, 1])
})

test('every key has a partition, whatever the counter', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), fc.nat(), (key, partitions, counter) => {
      const partition = partitionOf(key, partitions, counter)
      expect(partition >= 0 && partition < partitions).toBe(true)
      expect(partition).toBe(partitionOf(key, partitions, 0))
    }),
  )
})
