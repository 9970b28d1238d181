import { type Address, erc20Abi, type LocalAccount, type Transport } from 'viem'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { connectChain } from '../../anchor/chain/connect.ts'
import { deployLocal, type LocalParts, mintTestTokens } from '../../anchor/chain/deploy-local.ts'
import type { EpochContent } from '../../anchor/chain/distributor.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { MemoryTransactionStore, type TransactionStore } from '../../anchor/chain/transaction-store.ts'
import { buildPayoutTree, type PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { GENESIS_S } from './chain-anvil.ts'

export const LOCAL = 31337
const QUICK = { poll_ms: 5, timeout_ms: 20_000 }
export const DELAY_S = 3_600

/** A local chain with a token and a distributor on it, and one account for each part. */
export interface House {
  chain: LocalChain
  token: Address
  distributor: Address
  fromBlock: bigint
  deployer: LocalAccount
  proposer: LocalAccount
  payer: LocalAccount
  earner: LocalAccount
  anyone: LocalAccount
  /** What `account` acts with, over a connection of its own. */
  as(account: LocalAccount, store?: TransactionStore, transport?: Transport): Promise<ActContext>
}

/** @param parts who guards and attests; default: nobody attests */
export async function startHouse(parts: Partial<LocalParts> = {}): Promise<House> {
  const chain = await startLocalChain({ genesisTime_s: GENESIS_S })
  try {
    return await furnish(chain, parts)
  } catch (error) {
    await chain.stop()
    throw error
  }
}

async function furnish(chain: LocalChain, parts: Partial<LocalParts>): Promise<House> {
  const [deployer, proposer, payer, earner, anyone] = firstFive(chain)
  const connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: LOCAL })
  const context = { connection, store: new MemoryTransactionStore(), account: deployer, wait: QUICK }
  const { token, distributor, fromBlock } = await deployLocal(context, { proposer: proposer.address, ...parts })
  await mintTestTokens(context, { intent: 'mint', token, to: payer.address, amount_atoms: 1_000_000n })
  return {
    chain,
    token,
    distributor,
    fromBlock,
    deployer,
    proposer,
    payer,
    earner,
    anyone,
    async as(account, store = new MemoryTransactionStore(), transport) {
      const own = await connectChain({
        rpcUrl: chain.rpcUrl,
        chainId: LOCAL,
        ...(transport === undefined ? {} : { transport }),
      })
      return { connection: own, store, account, distributor, wait: QUICK }
    },
  }
}

/** The payout tree that owes the earner and the payer, in the house's token. */
export function treeOf(house: House, earned_atoms: bigint, other_atoms = 1n): PayoutTree {
  return buildPayoutTree({
    chainId: BigInt(LOCAL),
    distributor: house.distributor,
    payouts: [
      { account: house.earner.address, token: house.token, cumulative: earned_atoms },
      { account: house.payer.address, token: house.token, cumulative: other_atoms },
    ],
  })
}

/** Content of an epoch that owes what the tree says. */
export function contentOf(house: House, epoch: bigint, tree: PayoutTree, total_atoms: bigint): EpochContent {
  return {
    epoch,
    attempt: 1,
    ledgerRoot: `0x${'11'.repeat(32)}`,
    treeSize: 10n * epoch,
    payoutRoot: tree.root,
    totals: [{ token: house.token, total_atoms, reserved_atoms: 0n }],
    manifestHash: `0x${'22'.repeat(32)}`,
    uri: `file:epoch-${epoch}`,
  }
}

function firstFive({ accounts }: LocalChain): [LocalAccount, LocalAccount, LocalAccount, LocalAccount, LocalAccount] {
  return [accounts[0]!, accounts[1]!, accounts[2]!, accounts[3]!, accounts[4]!]
}

/** What the earner has, in the house's token. */
export async function earnedOf(house: House): Promise<bigint> {
  const { connection } = await house.as(house.anyone)
  return connection.client.readContract({
    abi: erc20Abi,
    address: house.token,
    functionName: 'balanceOf',
    args: [house.earner.address],
  })
}

/** The same house, on a chain where a block is final some 64 blocks later. */
export function onFinalized(context: ActContext): ActContext {
  const entry = { ...context.connection.entry, finalityTag: 'finalized' } as const
  return { ...context, connection: { ...context.connection, entry }, wait: { poll_ms: 5, timeout_ms: 1_000 } }
}
