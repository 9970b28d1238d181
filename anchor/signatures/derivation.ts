import { toHex } from '../../schemas/ids.ts'
import { ledgerDomain } from './typed-data.ts'

/** What an owner of a parent agrees to: that this child of this registrant is derived from it, for this royalty. */
export interface Derivation {
  readonly child: string
  readonly parent: string
  /** Of what is paid upstream for uses of the child, millionths. */
  readonly parts: number
  /** Who registers the child. 20 bytes. */
  readonly registrant: Uint8Array
}

/** EIP-712 typed data that an owner of the parent signs (docs/formats.md#signatures). */
export function derivationTypedData(ledgerId: Uint8Array, { child, parent, parts, registrant }: Derivation) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      Derivation: [
        { name: 'child', type: 'string' },
        { name: 'parent', type: 'string' },
        { name: 'parts', type: 'uint32' },
        { name: 'registrant', type: 'address' },
      ],
    },
    primaryType: 'Derivation',
    message: { child, parent, parts, registrant: toHex(registrant) },
  } as const
}
