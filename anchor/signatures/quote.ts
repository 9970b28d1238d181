import type { UnitQuantity } from '../../schemas/events.ts'
import { type Address, fromHex, toAddress, toHex } from '../../schemas/ids.ts'
import { canonicalJson } from '../canonical-json.ts'
import { sha256 } from '../hash.ts'
import { recoverTypedData, type TypedDataSigner } from './signer.ts'
import { ledgerDomain } from './typed-data.ts'

/** Whoever pays, as far as a quote is concerned. */
export const ANYONE = toAddress(`0x${'00'.repeat(20)}`)

/** What an operator promises a use to cost. */
export interface Quote {
  /** 16 bytes; a quote is taken up once. */
  readonly quoteId: Uint8Array
  /** {@link ANYONE}: whoever pays. */
  readonly payer: Address
  readonly model: string
  readonly token: Address
  /** In the token's smallest unit. */
  readonly fee: bigint
  /** Empty: none. */
  readonly priceList: string
  readonly units: readonly UnitQuantity[]
  readonly commercial: boolean
  /** Last effective time at which it counts, Unix milliseconds. */
  readonly expiresMs: bigint
}

/** SHA-256 of the canonical JSON of the units, quantities as decimal text. */
function unitsHash(units: readonly UnitQuantity[]): Uint8Array {
  return sha256(canonicalJson(units.map(({ unit, quantity }) => ({ quantity: quantity.toString(), unit }))))
}

/** EIP-712 typed data of a quote (docs/formats.md#signatures). */
export function quoteTypedData(ledgerId: Uint8Array, quote: Quote) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      Quote: [
        { name: 'quoteId', type: 'bytes16' },
        { name: 'payer', type: 'address' },
        { name: 'model', type: 'string' },
        { name: 'token', type: 'address' },
        { name: 'fee', type: 'uint256' },
        { name: 'priceList', type: 'string' },
        { name: 'unitsHash', type: 'bytes32' },
        { name: 'commercial', type: 'bool' },
        { name: 'expiresMs', type: 'uint64' },
      ],
    },
    primaryType: 'Quote',
    message: {
      quoteId: toHex(quote.quoteId),
      payer: quote.payer,
      model: quote.model,
      token: quote.token,
      fee: quote.fee,
      priceList: quote.priceList,
      unitsHash: toHex(unitsHash(quote.units)),
      commercial: quote.commercial,
      expiresMs: quote.expiresMs,
    },
  } as const
}

/** @returns the 65-byte signature of a quote */
export async function signQuote(ledgerId: Uint8Array, signer: TypedDataSigner, quote: Quote): Promise<Uint8Array> {
  return fromHex(await signer.signTypedData(quoteTypedData(ledgerId, quote) as never))
}

/** Who signed exactly this quote, or undefined when the signature is malformed. */
export function signerOfQuote(ledgerId: Uint8Array, quote: Quote, signature: Uint8Array): Promise<Address | undefined> {
  return recoverTypedData(quoteTypedData(ledgerId, quote), signature)
}
