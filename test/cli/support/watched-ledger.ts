import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeFunctionData, type Hex, type LocalAccount } from 'viem'
import { attestationTypedData } from '../../../anchor/chain/attestation.ts'
import { connectChain } from '../../../anchor/chain/connect.ts'
import type { EpochContent } from '../../../anchor/chain/distributor.ts'
import { readEpoch } from '../../../anchor/chain/distributor.ts'
import { epochContentOf } from '../../../anchor/chain/epoch-content.ts'
import { finalizeEpoch, proposeEpoch } from '../../../anchor/chain/epochs.ts'
import { type LocalChain, localAccounts } from '../../../anchor/chain/local-chain.ts'
import { sendOnce } from '../../../anchor/chain/send.ts'
import { MemoryTransactionStore } from '../../../anchor/chain/transaction-store.ts'
import { tallyDistributorAbi } from '../../../anchor/contracts/artifacts/tally-distributor.ts'
import { ledgerIdOf } from '../../../anchor/ledger-id.ts'
import { type Manifest, toManifest } from '../../../anchor/manifest.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { toHex } from '../../../schemas/ids.ts'
import { rpc } from '../../anchor/chain-anvil.ts'
import { appendTo, externalChain, prepareLedger, type SmallLedger } from './small-ledger.ts'
import { type Ended, tally } from './tally.ts'
import { tallyHere } from './tally-here.ts'

const CHAIN_ID = 31337
export const WINDOW_S = 3_600
const QUICK = { poll_ms: 5, timeout_ms: 20_000 }

const accounts = localAccounts()
export const attesters = accounts.slice(5, 8)
const [proposer, anyone, guardian] = [accounts[1]!, accounts[4]!, accounts[8]!]
/** The private key of a local account, as ATTESTER_KEY wants it. */
export function keyOf(account: LocalAccount): string {
  const { privateKey } = accounts.find(({ address }) => address === account.address)!.getHdKey()
  return toHex(privateKey!)
}

/** A ledger whose first epochs are published and not proposed, its chain beside it, with 2 of 3 attesters. */
export class WatchedLedger {
  readonly ledger: SmallLedger
  readonly chain: LocalChain
  readonly pins: readonly string[]
  #snapshot: Hex

  private constructor(ledger: SmallLedger, chain: LocalChain, snapshot: Hex) {
    this.ledger = ledger
    this.chain = chain
    this.#snapshot = snapshot
    const genesis = JSON.parse(readFileSync(join(ledger.data, 'genesis.json'), 'utf8'))
    this.pins = ['--distributor', ledger.distributor, '--ledger', toHex(ledgerIdOf(genesis))]
  }

  /** @param more records of the last epoch that tell of the chain as it is now */
  static async open(
    data: string,
    epochs = 1,
    more: (chain: LocalChain, data: string) => Promise<OutgoingRecord[]> = async () => [],
  ): Promise<WatchedLedger> {
    const members = attesters.map(({ address }) => address)
    const ledger = await prepareLedger(data, epochs, { attesters: members, threshold: 2, guardian: guardian.address })
    const chain = await externalChain(ledger)
    await appendTo(ledger, epochs, await more(chain, data))
    for (let epoch = 1; epoch <= epochs; epoch++)
      for (const step of [['epoch', 'close'], ['attribute'], ['settle'], ['publish']]) {
        const { end, stderr } = await tallyHere([...step, '--data', data], { env: { RPC_URL: chain.rpcUrl } })
        if (end !== 0) throw new Error(`${step.join(' ')} ended with ${end}: ${stderr}`)
      }
    return new WatchedLedger(ledger, chain, await rpc<Hex>(chain.rpcUrl, 'evm_snapshot'))
  }

  /** The chain as it was when nothing was proposed: what a reorganisation does. */
  async goBack(): Promise<void> {
    await rpc(this.chain.rpcUrl, 'evm_revert', this.#snapshot)
    this.#snapshot = await rpc<Hex>(this.chain.rpcUrl, 'evm_snapshot')
  }

  /** A copy of the bundles, to change. */
  bundlesIn(folder: string): string {
    mkdirSync(folder, { recursive: true })
    cpSync(join(this.ledger.data, 'bundles'), folder, { recursive: true })
    return folder
  }

  manifest(epoch = 1): Manifest {
    const folder = join(this.ledger.data, 'bundles', `epoch-${String(epoch).padStart(6, '0')}`)
    return toManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  }

  /** Proposes what the manifest says, changed. @returns the proposal's hash */
  async propose(change: Partial<EpochContent> = {}, epoch = 1): Promise<Hex> {
    const content = { ...epochContentOf(this.manifest(epoch), `test:${epoch}`), ...change }
    const { record } = await proposeEpoch(await this.#as(proposer), content)
    return record.recordHash
  }

  async veto(epoch = 1n): Promise<void> {
    const data = encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'vetoEpoch', args: [epoch] })
    await sendOnce(await this.#as(guardian), { intent: 'veto', to: this.ledger.distributor, data })
  }

  /** Finalizes whatever is proposed, as attesters do that sign without looking. */
  async finalizeBlindly(epoch = 1n): Promise<void> {
    await this.chain.advanceTime(WINDOW_S)
    const context = await this.#as(anyone)
    const { content, recordHash } = (await readEpoch(context, epoch))!
    const place = { chainId: CHAIN_ID, distributor: this.ledger.distributor }
    const data = attestationTypedData(place, { epoch, attempt: content.attempt, proposalHash: recordHash })
    const ascending = [...attesters].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1)).slice(0, 2)
    const signatures = await Promise.all(ascending.map((each) => each.signTypedData(data)))
    await finalizeEpoch(context, epoch, signatures)
  }

  argv(bundles: string, out: string, ...flags: string[]): string[] {
    return ['anchor', 'watch', '--bundle', bundles, '--rpc', this.chain.rpcUrl, ...this.pins, '--out', out, ...flags]
  }

  /** `tally anchor watch --once --json` with an attester's key, in this process. */
  look(bundles: string, out: string, attester: LocalAccount | null = attesters[0]!): Promise<Ended> {
    const env: Record<string, string> = attester === null ? {} : { ATTESTER_KEY: keyOf(attester) }
    return tallyHere(this.argv(bundles, out, '--once', '--json'), { env })
  }

  /** A verb of the operator, with the built CLI. */
  tally(...args: string[]): Promise<Ended> {
    return tally([...args, '--data', this.ledger.data], { env: { RPC_URL: this.chain.rpcUrl } })
  }

  async close(): Promise<void> {
    await this.chain.stop()
  }

  async #as(account: LocalAccount) {
    const connection = await connectChain({ rpcUrl: this.chain.rpcUrl, chainId: CHAIN_ID })
    const { distributor } = this.ledger
    return { connection, store: new MemoryTransactionStore(), account, distributor, wait: QUICK }
  }
}
