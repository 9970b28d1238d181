import { contribute, readReceipt, recordInference, voucher } from '@tallystick/client'
import { privateKeyToAccount } from 'viem/accounts'

const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const batch = await contribute({
  ledgerId: new Uint8Array(32),
  signer,
  source: 'urn:me',
  dataset: 'letters',
  licence: 'CC-BY-4.0',
  items: [
    { payload: Buffer.from('a'), label: 'vowel' },
    { payload: Buffer.from('b'), label: 'consonant' },
  ],
})
const paying = {
  ledgerId: new Uint8Array(32),
  signer,
  source: 'urn:me',
  model: 'letters-model',
  token: signer.address,
}
const first = await voucher({ ...paying, amount: 10n })
const second = await voucher({ ...paying, amount: 5n, after: first.promised })
const use = recordInference({
  source: 'urn:me',
  model: 'letters-model',
  infrastructure: 'my-server',
  payer: signer.address,
  token: signer.address,
  fee: 1n,
  voucher: second.promised.sequence,
  units: { letters: 1n },
  input: Buffer.from('c'),
  output: Buffer.from('consonant'),
})
let refused = ''
try {
  readReceipt({ format: 'something else' })
} catch (error) {
  refused = error.code
}
const toJson = ({ topic, key, headers, value }) => ({
  topic,
  key: Buffer.from(key).toString('hex'),
  headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
  value: Buffer.from(value).toString('hex'),
})
console.log(
  JSON.stringify({
    refused,
    account: signer.address,
    records: [batch, use, second].map(({ record }) => toJson(record)),
  }),
)
