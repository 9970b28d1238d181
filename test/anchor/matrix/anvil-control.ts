import type { Hex } from 'viem'
import { UNTIL_FINAL } from './faulty-node.ts'
import type { Scene } from './scene.ts'

export const GWEI = 10n ** 9n

export const isBroadcast = (method: string) => method === 'eth_sendRawTransaction'
export const hex = (value: bigint): Hex => `0x${value.toString(16)}`

/** From now on a broadcast is included only when somebody mines. */
export async function holdBlocks(scene: Scene): Promise<void> {
  await scene.rpc('evm_setAutomine', false)
  scene.node.minesBehindBroadcasts = false
}

export async function releaseBlocks(scene: Scene): Promise<void> {
  await scene.rpc('evm_setAutomine', true)
  scene.node.minesBehindBroadcasts = true
  await scene.rpc('anvil_mine', UNTIL_FINAL)
}

/** Mines a block whose base fee is `fee`, in wei. */
export async function setBaseFee(scene: Scene, fee: bigint): Promise<void> {
  await scene.rpc('anvil_setNextBlockBaseFeePerGas', hex(fee))
  await scene.rpc('evm_mine')
}
