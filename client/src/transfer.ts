import { randomUUID } from 'node:crypto'
import { signEvent, signingDigest, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex, type Hash32, toAddress } from '../../schemas/ids.ts'

const SIGNATURE_BYTES = 65

interface TransferDetails {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The registered source that sends it; it needs the permission for AssetTransferred. */
  readonly source: string
  readonly asset: string
  /** Who receives. */
  readonly to: string
  /** Share in millionths, 1 to 1,000,000. */
  readonly parts: number
  /** Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

export type TransferOptions = TransferDetails &
  (
    | {
        /** The owner who gives. */
        readonly signer: TypedDataSigner
      }
    | {
        /** Address of the owner who gives, when it is a contract. */
        readonly contract: string
      }
  )

/**
 * Gives a share of an asset away: fees of uses behind the record's place in the ledger are the receiver's. It cannot be taken
 * back by anybody but the receiver.
 *
 * A contract cannot sign the record: get `digest` signed as the contract wants it, and have a SignatureChecked of its answer
 * recorded by a source that may, in the same epoch or up to ten before.
 *
 * @returns `digest`: what was signed, or what a contract has to answer for (ERC-1271)
 */
export async function transfer(
  options: TransferOptions,
): Promise<{ id: string; record: OutgoingRecord; digest: Hash32 }> {
  const id = options.id ?? randomUUID()
  const from = 'signer' in options ? options.signer.address : options.contract
  const unsigned = {
    type: 'AssetTransferred' as const,
    source: options.source,
    id,
    body: {
      asset: options.asset,
      from: fromHex(toAddress(from)),
      to: fromHex(toAddress(options.to)),
      parts: options.parts,
    },
  }
  const event =
    'signer' in options
      ? await signEvent(options.ledgerId, options.signer, unsigned)
      : { ...unsigned, body: { ...unsigned.body, signature: new Uint8Array(SIGNATURE_BYTES) } }
  return {
    id,
    record: encodeEvent(event, (options.now ?? new Date()).toISOString()),
    digest: signingDigest(options.ledgerId, event),
  }
}
