import { recordInference } from '../client/src/record-inference.ts'
import type { OutgoingRecord } from '../schemas/encode-record.ts'

/** Bytes of the Avro value, Confluent's five bytes included. */
export const VALUE_BYTES = 200
const SALT = Buffer.alloc(16, 7)
const PAYER = `0x${'11'.repeat(20)}`
const TOKEN = `0x${'22'.repeat(20)}`
const MODEL = 'digits/convolutional/2026/eu-1'
const INFRASTRUCTURE = 'gateway-of-the-operator.eu-central-1.example'

/** An InferenceRecorded whose value has exactly {@link VALUE_BYTES}, with the CloudEvents headers that the client writes. */
export function benchEvent(index: number): OutgoingRecord {
  const { record } = recordInference({
    source: 'urn:gateway:eu-1',
    id: `use-${String(index).padStart(12, '0')}`,
    model: MODEL,
    infrastructure: INFRASTRUCTURE,
    payer: PAYER,
    token: TOKEN,
    fee: 250_000n,
    voucher: 1n,
    input: Buffer.from(`input ${index}`),
    output: Buffer.from('output'),
    salt: SALT,
    now: new Date(0),
  })
  if (record.value.length !== VALUE_BYTES)
    throw new Error(`The value has ${record.value.length} bytes, not ${VALUE_BYTES}.`)
  return record
}
