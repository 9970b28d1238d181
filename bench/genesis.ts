import type { Genesis } from '../schemas/genesis.ts'
import { toAddress } from '../schemas/ids.ts'

/** Of the ledgers that benches make. */
export const GENESIS: Genesis = {
  format: 'tallystick-genesis/1',
  name: 'bench',
  chainId: 31_337,
  distributor: toAddress(`0x${'01'.repeat(20)}`),
  operator: toAddress(`0x${'02'.repeat(20)}`),
}
