import type { LocalAccount } from 'viem'
import type { ActContext } from '../../../anchor/chain/act-once.ts'
import { claim } from '../../../anchor/chain/claim.ts'
import { deposit } from '../../../anchor/chain/deposit.ts'
import { finalizeEpoch, proposeEpoch } from '../../../anchor/chain/epochs.ts'
import { tallyDistributorAbi } from '../../../anchor/contracts/artifacts/tally-distributor.ts'
import { contentOf, DELAY_S, type House, treeOf } from '../chain-house.ts'

export type ActName = 'propose' | 'finalize' | 'claim' | 'deposit'

/** Something that is sent, and what the chain has to show for it afterwards. */
export interface ActUnderTest {
  readonly name: ActName
  sender(house: House): LocalAccount
  /** Somebody else who may do the same. */
  other(house: House): LocalAccount
  /** What has to have happened before. */
  prepare(house: House): Promise<void>
  /** @param attempt raised when an operator names a new intent, for acts that the contract does not keep from happening twice */
  act(house: House, context: ActContext, attempt?: number): Promise<unknown>
  /** How often it happened, by the contract's own events. */
  effects(house: House): Promise<number>
}

const PAID = 1_000n
const EARNED = 7n

async function countOf(house: House, eventName: 'EpochProposed' | 'EpochFinalized' | 'Claimed' | 'Deposited') {
  const { connection } = await house.as(house.anyone)
  const { distributor: address } = house
  const logs = { abi: tallyDistributorAbi, address, eventName, fromBlock: 0n, toBlock: 'latest' } as const
  return (await connection.client.getContractEvents(logs)).length
}

async function propose(house: House, context: ActContext) {
  return proposeEpoch(context, contentOf(house, 1n, treeOf(house, EARNED), EARNED + 1n))
}

async function prepareProposed(house: House) {
  await propose(house, await house.as(house.proposer))
  await house.chain.advanceTime(DELAY_S)
}

async function prepareFinalized(house: House) {
  const { token, payer } = house
  await deposit(await house.as(payer), { intent: 'funds', token, amount_atoms: PAID, payer: payer.address })
  await prepareProposed(house)
  await finalizeEpoch(await house.as(house.deployer), 1n)
}

export const ACTS: readonly ActUnderTest[] = [
  {
    name: 'propose',
    sender: (house) => house.proposer,
    other: (house) => house.earner,
    prepare: async () => {},
    act: propose,
    effects: (house) => countOf(house, 'EpochProposed'),
  },
  {
    name: 'finalize',
    sender: (house) => house.anyone,
    other: (house) => house.earner,
    prepare: prepareProposed,
    act: (_, context) => finalizeEpoch(context, 1n),
    effects: (house) => countOf(house, 'EpochFinalized'),
  },
  {
    name: 'claim',
    sender: (house) => house.anyone,
    other: (house) => house.payer,
    prepare: prepareFinalized,
    act: (house, context) => {
      const [account, token] = [house.earner.address, house.token]
      const proof = treeOf(house, EARNED).proofOf(account, token)
      return claim(context, { epoch: 1n, account, token, cumulative_atoms: EARNED, proof })
    },
    effects: (house) => countOf(house, 'Claimed'),
  },
  {
    name: 'deposit',
    sender: (house) => house.payer,
    other: (house) => house.payer,
    prepare: async () => {},
    act: (house, context, attempt = 1) => {
      const { token, payer } = house
      return deposit(context, { intent: `deposit/${attempt}`, token, amount_atoms: PAID, payer: payer.address })
    },
    effects: (house) => countOf(house, 'Deposited'),
  },
]
