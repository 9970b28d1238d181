import { contribute, readReceipt, recordInference } from '@tallystick/client'
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
const use = recordInference({
  source: 'urn:me',
  model: 'letters-model',
  infrastructure: 'my-server',
  payer: signer.address,
  token: signer.address,
  fee: 1n,
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
console.log(JSON.stringify({ refused, account: signer.address, records: [toJson(batch.record), toJson(use.record)] }))
