import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const VECTORS = join(import.meta.dirname, '../vectors')

// Never change one of these. A new version of a format has vectors of its own, in a file of its own.
test.each([
  ['ledger-content.json', '3fe6eacdfbb9a8c01569165191daa2a27f59f709487b7bb5ab7580daeef89ac1'],
  ['ledger-entry.json', 'eae3fb4c3ceb6a72107115fadc832ec6ca0d4a4b52e59cbefd098e0af661eea5'],
  ['ledger-log.json', '771246b4170004864caddd7cde0148d8ddec0e108722e72fa0e68163249fcfed'],
  ['log-notes.json', '32e0f900fa4a1c22e4ea25a98834922acdf79b514bde7656223e1db3852bbc77'],
  ['payout-tree.json', '7a480ca6d2592bcb8d11691bd3ef317f1a91991ff1c4dd7fb0598e8a3c5895da'],
])('%s says what it said when its formats were frozen', (name, hash) => {
  expect(
    createHash('sha256')
      .update(readFileSync(join(VECTORS, name)))
      .digest('hex'),
  ).toBe(hash)
})
