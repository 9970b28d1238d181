import { expect, test } from '@jest/globals'
import { apportion } from '../../jobs/settlement/apportion.ts'
import { readVectors } from '../anchor/vectors.ts'

const { cases } = readVectors<{ cases: { name: string; pool: string; weights: string[]; amounts: string[] }[] }>(
  'apportion.json',
)

test.each(cases)('apportionment, golden vectors: $name', ({ pool, weights, amounts }) => {
  expect(apportion(BigInt(pool), weights.map(BigInt)).map(String)).toEqual(amounts)
})
