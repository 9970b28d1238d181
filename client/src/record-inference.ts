import { randomBytes, randomUUID } from 'node:crypto'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { SALT_BYTES, saltedHash } from './contribute.ts'

export interface InferenceOptions {
  /** The registered source that reports it. */
  readonly source: string
  readonly model: string
  readonly infrastructure: string
  /** Asset of kind agent that did the work. Default: none did. */
  readonly agent?: string
  /** Address that pays, with deposits to cover the fee. */
  readonly payer: string
  /** Address of the ERC-20. */
  readonly token: string
  /** In the token's smallest unit, 0 ≤ fee < 2^96. */
  readonly fee: bigint
  readonly input: Uint8Array
  readonly output: Uint8Array
  /** Keep it when you send the use again, so that it counts once. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
  /** 16 bytes that hide input and output. Default: the system's random bytes. */
  readonly salt?: Uint8Array
}

/** The record of one paid use of a model. Input and output stay with you; only their salted hashes are in it. */
export function recordInference(options: InferenceOptions): { id: string; record: OutgoingRecord; salt: Uint8Array } {
  const id = options.id ?? randomUUID()
  const salt = options.salt ?? randomBytes(SALT_BYTES)
  const record = encodeEvent(
    {
      type: 'InferenceRecorded',
      source: options.source,
      id,
      body: {
        model: options.model,
        infrastructure: options.infrastructure,
        agent: options.agent ?? '',
        payer: fromHex(toAddress(options.payer)),
        token: fromHex(toAddress(options.token)),
        fee: options.fee,
        inputHash: saltedHash(salt, options.input),
        outputHash: saltedHash(salt, options.output),
      },
    },
    (options.now ?? new Date()).toISOString(),
  )
  return { id, record, salt }
}
