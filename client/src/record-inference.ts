import { randomBytes, randomUUID } from 'node:crypto'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import type { RetrievedItem } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { unitsOf } from '../../schemas/units.ts'
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
  /** Sequence of a voucher of the payer (see `voucher`) that covers the fee. Without one nobody is charged: the use is reported. */
  readonly voucher?: bigint
  /** What was used, by unit, for example `{ input_tokens: 1200n }`; each below 2^53. */
  readonly units?: Readonly<Record<string, bigint>>
  /** The price list by which the fee follows from the units. */
  readonly priceList?: string
  /** Whether the payer uses the answer commercially. Default: no. */
  readonly commercial?: boolean
  /** An operator's quote, which fixes the fee whatever the price list says by now. */
  readonly quote?: CitedQuote
  /** Contributions that were retrieved for it, the best first, each once, at most 64. Default: none. */
  readonly retrieved?: readonly RetrievedItem[]
  readonly input: Uint8Array
  readonly output: Uint8Array
  /** Keep it when you send the use again, so that it counts once. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
  /** 16 bytes that hide input and output. Default: the system's random bytes. */
  readonly salt?: Uint8Array
}

/** Of a signed quote, what the use that takes it up has to say. */
export interface CitedQuote {
  /** 16 bytes. */
  readonly quoteId: Uint8Array
  readonly expiresMs: bigint
  readonly signature: Uint8Array
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
        commercial: options.commercial ?? false,
        voucher: options.voucher ?? 0n,
        priceList: options.priceList ?? '',
        units: unitsOf(options.units ?? {}),
        quoteId: options.quote?.quoteId ?? new Uint8Array(0),
        quoteExpiresMs: options.quote?.expiresMs ?? 0n,
        quoteSignature: options.quote?.signature ?? new Uint8Array(0),
        retrieved: [...(options.retrieved ?? [])],
      },
    },
    (options.now ?? new Date()).toISOString(),
  )
  return { id, record, salt }
}
