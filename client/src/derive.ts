import { derivationTypedData } from '../../anchor/signatures/derivation.ts'
import type { TypedDataSigner } from '../../anchor/signatures/signer.ts'
import type { Parent } from '../../schemas/events.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'

export interface DeriveOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** An owner of the parent, at the time when the child is registered. */
  readonly signer: TypedDataSigner
  readonly parent: string
  /** The asset that will be registered as derived from it. */
  readonly child: string
  /** Who registers the child. */
  readonly registrant: string
  /** Royalty, millionths of what is paid upstream for uses of the child; of all its parents together at most 500,000. */
  readonly parts: number
}

/**
 * Agrees to a derivation, as an owner of the parent. The entry goes into `parents` of the child's AssetRegistered, which its
 * registrant signs; it counts for that child, that registrant and that royalty alone, and never ends.
 */
export async function derive(options: DeriveOptions): Promise<Parent> {
  const { ledgerId, signer, parent, child, parts } = options
  const registrant = fromHex(toAddress(options.registrant))
  const typedData = derivationTypedData(ledgerId, { child, parent, parts, registrant })
  const signature = fromHex(await signer.signTypedData(typedData as never))
  return { asset: parent, parts, signature }
}
